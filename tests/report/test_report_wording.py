import re

import numpy as np
import pandas as pd
import pytest
from report_reading import read_page

from imagenomics.features.names import PLAIN, TEXTURE
from imagenomics.report.feature_words import WORDS, words_of
from imagenomics.report.folder import read_folder
from imagenomics.report.training_words import training_sentences
from imagenomics.report.wording import Wording, image_name, readable_names, with_scale, wording_of
from imagenomics.tables.patient_table import describe

OWN = re.compile(r"^(morph|stat|ih|ivh|loc)_")


@pytest.mark.parametrize(
    ("feature", "words", "across"),
    [
        ("cm_joint_entr_2D_comb", "GLCM joint entropy", "2D comb"),
        ("szm_szlge_2D", "GLSZM small zone low grey level emphasis", "2D"),
        ("ngl_dc_energy_2_5D", "NGLDM dependence count energy", "2.5D"),
        ("stat_p90", "intensity 90th percentile", ""),
        ("morph_vol_dens_conv_hull", "volume density (convex hull)", ""),
        ("log3_cm_contrast_3D_avg", "GLCM contrast, filter log3", "3D avg"),
        ("glcm_joint_entropy_2D_comb", "GLCM joint entropy", "2D comb"),
        ("original_glrlm_ShortRunEmphasis", "GLRLM short run emphasis", ""),
        ("original_firstorder_90Percentile", "intensity 90 percentile", ""),
        ("<script>", "", ""),
        ("cm_nothing_3D", "", ""),
    ],
)
def test_features_in_words(feature, words, across):
    assert words_of(feature) == (words, across)


def test_every_feature_of_the_package_has_words_and_no_two_the_same():
    tags = [f"{stem}_{tag}" for stem, own in TEXTURE.values() for tag in own]
    tags += [tag for family in PLAIN.values() for tag in family if OWN.match(tag)]
    tags = [t for t in tags if not t.startswith("morph_mask_")]  # diagnostics
    said = {t: words_of(t)[0] for t in dict.fromkeys(tags)}
    assert [t for t, words in said.items() if not words] == []
    assert len(set(said.values())) == len(said)
    assert len(said) > 150
    assert set(WORDS["szm"]) >= {"zsnu_norm", "zs_entr", "hgze"}


def columns(*names):
    parts = [n.split(".", 2) for n in names]
    return describe(
        names, source=[p[0] for p in parts], region=[p[1] for p in parts], feature=[p[2] for p in parts]
    )


def test_readable_names_stay_different():
    table = columns(
        "t1post.lesion.cm_joint_entr_2D_comb", "flair.lesion.cm_contrast_2D_avg", "flair.lesion.cm_contrast_3D_avg",
        "flair.lesion.own", "flair.lesion.cm_energy_2D_comb", "FLAIR.lesion.cm_energy_2D_comb",
    )  # fmt: skip
    names = readable_names(table)
    assert names["t1post.lesion.cm_joint_entr_2D_comb"] == "T1post · lesion · GLCM joint entropy"
    assert names["flair.lesion.cm_contrast_3D_avg"] == "FLAIR · lesion · GLCM contrast (3D avg)"
    assert names["flair.lesion.own"] == "FLAIR · lesion · own"
    assert (
        names["flair.lesion.cm_energy_2D_comb"] == "flair.lesion.cm_energy_2D_comb"
    )  # written alike otherwise
    assert len(set(names.values())) == len(names)
    assert [image_name(n) for n in ("t1pre", "adc", "liver")] == ["T1pre", "ADC", "liver"]


@pytest.mark.parametrize(
    ("effect", "measure", "target", "said"),
    [
        (0.81, "AUC", "IDH", "higher in mutant"),
        (0.19, "AUC", "IDH", "lower in mutant"),
        (-0.9, "adjusted difference in SD", "IDH", "lower in mutant"),
        (2.0, "odds ratio", "IDH", "higher in mutant"),
        (np.inf, "odds ratio", "IDH", "higher in mutant"),
        (0.5, "AUC", "IDH", "no difference"),
        (-0.2, "partial correlation", "EGFR", "lower where the target is higher"),
        (0.9, "AUC", "classes.+7-10", "higher where +7-10 is present"),
        (0.2, "partial eta squared", "cluster", "differs between groups"),
        (0.7, "AUC", "unknown", ""),
        (np.nan, "AUC", "IDH", ""),
    ],
)
def test_direction_of_effects(effect, measure, target, said):
    levels = {"IDH": ("wild type", "mutant"), "classes.+7-10": ("absent", "present")}
    assert Wording(levels=levels).direction(effect, measure, "f", target) == said


def test_direction_is_that_of_the_patients():
    """What is said to be higher in a group has the higher mean rank there."""
    from imagenomics.stats.ranks import auc

    rng = np.random.default_rng(0)
    mutant = rng.random(200) < 0.4
    values = rng.normal(size=200) + mutant
    wording = Wording(levels={"IDH": ("wild type", "mutant")})
    found = auc(values, mutant.astype(float))
    assert wording.direction(found, "AUC", "f", "IDH") == "higher in mutant"
    assert wording.direction(auc(-values, mutant.astype(float)), "AUC", "f", "IDH") == "lower in mutant"
    assert np.median(values[mutant]) > np.median(values[~mutant])


def test_features_that_are_there_or_not_are_more_or_less_often_there():
    wording = Wording(levels={"IDH": ("wild type", "mutant")}, yes_no=frozenset({"reads.cyst"}))
    assert wording.direction(3.0, "odds ratio", "reads.cyst", "IDH") == "more often in mutant"


@pytest.mark.parametrize(
    ("effect", "measure", "said"),
    [
        (0.81, "AUC", "AUC 0.81"),
        (-0.9117, "adjusted difference in SD", "−0.91 SD"),
        (0.2, "partial eta squared", "partial η² 0.20"),
        (np.inf, "odds ratio", "odds ratio ∞"),
        (None, "AUC", "–"),
        (0.3, "something new", "0.30"),
    ],
)
def test_effects_carry_their_scale(effect, measure, said):
    assert with_scale(effect, measure) == said


def test_exact_names_stay_beside_the_readable_ones():
    wording = Wording(names={"t1.lesion.<b>": "T1 · lesion · <b>"})
    page = read_page(wording.feature("t1.lesion.<b>"))
    assert page.of("b") == []
    assert [e.attrs.get("title") for e in page.of("span")][1] == "t1.lesion.<b>"
    assert page.of("small")[0].text == "t1.lesion.<b>"


def test_wording_of_a_run_folder(small_folder, tmp_path):
    results = read_folder(small_folder)
    wording = wording_of(results)
    assert wording.levels["mutations.IDH1"] == ("WT", "Mutant")
    assert wording.levels["gender"] == ("female", "male")
    (tmp_path / "flow.json").write_text("{}")
    assert wording_of(read_folder(tmp_path)) == Wording()
    assert isinstance(results.table("features.parquet"), pd.DataFrame)


def test_expression_is_said_to_be_higher_or_lower():
    wording = Wording(yes_no=frozenset({"ct.node"}))
    assert wording.direction(0.4, "log2 fold change per SD", "ct.5", "expression.KLK3") == (
        "gene higher where the feature is higher"
    )
    assert wording.direction(-1, "difference between groups", "ct.node", "expression.KLK3") == (
        "gene lower where it is there"
    )
    assert with_scale(0.4, "difference per SD") == "difference 0.40 per SD"


@pytest.mark.parametrize("sites", [True, False])
def test_methods_say_that_sites_were_left_out_only_where_some_were(sites):
    block = {"name": "IDH", "target": "classes.IDH", "folds": 5, "leave_site_out": True}
    assert ("left out in turn" in training_sentences([block], sites=sites)[0]) is sites
