import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.features.brain.desikan import CORTEX, SUBCORTEX, region_name, region_names
from imagenomics.features.brain.effect_table import read_effect_table
from imagenomics.features.brain.label_table import read_label_table

NEURO = Path(os.environ.get("IMAGENOMICS_TEST_DATA", ""), "neuro")
needs_data = pytest.mark.skipif(
    not os.environ.get("IMAGENOMICS_TEST_DATA"), reason="IMAGENOMICS_TEST_DATA is not set"
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("L_bankssts", "left_bankssts"),
        ("rh_insula_thickness", "right_insula"),
        ("ctx-lh-lingual", "left_lingual"),
        ("lh.lateraloccipital", "left_lateraloccipital"),
        ("Left-Thalamus-Proper", "left_thalamus"),
        ("Right-Accumbens-area", "right_accumbens"),
        ("Left-Lateral-Ventricle", "left_lateralventricle"),
        ("Lhippo", "left_hippocampus"),
        ("LLatVent", "left_lateralventricle"),
        ("Rput", "right_putamen"),
        ("Brain-Stem", "brainstem"),
        ("right_precuneus", "right_precuneus"),
    ],
)
def test_spellings(written, expected):
    assert region_name(written) == expected


def test_names_stay_as_they_are():
    assert len(CORTEX) == 34
    assert [region_name(n) for n in region_names()] == list(region_names())
    assert all(region_name(n, "L") == f"left_{n}" for n in (*CORTEX, *SUBCORTEX))
    assert len(set(region_names())) == 2 * (34 + 8) + 1


@pytest.mark.parametrize("written", ["bankssts", "lingual", "L_G_front_sup", "", "left", "l", "Left-"])
def test_other_names_are_refused(written):
    with pytest.raises(InputError, match="IGX-FEAT-122"):
        region_name(written)


@pytest.mark.realdata
@needs_data
def test_no_name_of_the_real_atlas_is_lost():
    table = pd.read_csv(NEURO / "atlas_dk/atlas-desikankilliany.csv")
    names = [region_name(n, h) for n, h in zip(table["label"], table["hemisphere"], strict=True)]
    # 68 cortical, 7 subcortical on each side (no ventricles), the brain stem
    assert len(set(names)) == len(table) == 83
    assert set(region_names()) - set(names) == {"left_lateralventricle", "right_lateralventricle"}
    read = read_label_table(NEURO / "atlas_dk/atlas-desikankilliany.csv")
    assert [region_name(n) for n in read] == names
    assert list(read.index) == list(table["id"])


@pytest.mark.realdata
@needs_data
def test_every_real_effect_table_is_read_and_no_region_is_lost():
    files = sorted((NEURO / "enigma_summary_statistics").glob("*.csv"))
    assert len(files) == 95
    notes = Counter()
    sizes = {"thickness": 68, "surface_area": 68, "volume": 16}
    for file in files:
        table = read_effect_table(file)
        assert len(table) == sizes[table["measure"].iloc[0]], file.name
        assert set(table["region"]) <= set(region_names())
        raw = pd.read_csv(file)
        assert table["d"].notna().sum() == raw["d_icv"].notna().sum(), file.name
        notes.update(note.split("'")[0] for text in table["note"] for note in text.split("; ") if note)
    assert notes == {
        "d lies outside its interval": 3,
        "p is written ": 5,
        "n_1 is written ": 16,
        "n_2 is written ": 16,
    }


@pytest.mark.realdata
@needs_data
def test_published_numbers_of_schizophrenia():
    table = read_effect_table(NEURO / "enigma_summary_statistics/scz_case-controls_SubVol.csv").set_index(
        "region"
    )
    assert table.at["left_accumbens", "d"] == -0.19
    assert table.at["left_accumbens", "p"] == 5.08e-4
    assert np.isnan(table.at["left_accumbens", "n_1"])
    assert table["group_2"].unique().tolist() == ["patients"]


def effects(path, change=lambda text: text):
    text = (
        "CorticalThickness,Structure,d_icv,se_icv,low_ci_icv,up_ci_icv,n_controls,n_patients,pobs,fdr_p\n"
        "X,L_bankssts,-0.1,0.05,-0.2,0,100,90,0.04,0.1\nX,R_bankssts,,,,,,,,\n"
    )
    path.write_text(change(text))
    return path


def test_effect_table(tmp_path):
    table = read_effect_table(effects(tmp_path / "x.csv"))
    assert table["region"].tolist() == ["left_bankssts", "right_bankssts"]
    assert table.loc[0, ["analysis", "measure", "d", "n_1", "n_2", "group_1"]].tolist() == [
        "X", "thickness", -0.1, 100, 90, "controls",
    ]  # fmt: skip
    assert np.isnan(table.at[1, "d"])


def test_commas_and_bounds_of_published_tables(tmp_path):
    def change(text):
        return text.replace("-0.1,", '"-0,1",').replace("100,90", '"1,446",90').replace("0.04", "<0.001")

    first = read_effect_table(effects(tmp_path / "x.csv", change)).loc[0]
    assert first[["d", "n_1", "n_2", "q"]].tolist() == [-0.1, 1446, 90, 0.1]
    assert np.isnan(first["p"])
    assert first["note"] == "d is written '-0,1'; p is written '<0.001'; n_1 is written '1,446'"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.replace("Structure", "Region"), "IGX-FEAT-127"),
        (lambda t: t.replace("CorticalThickness", "Thing"), "IGX-FEAT-127"),
        (lambda t: t.replace("R_bankssts", "L_bankssts"), "IGX-FEAT-127"),
        (lambda t: t.replace("R_bankssts", "R_nowhere"), "IGX-FEAT-122"),
        (lambda t: t.replace("-0.1", "high"), "IGX-TAB-013"),
    ],
)
def test_other_effect_tables_are_refused(tmp_path, change, code):
    with pytest.raises(InputError, match=code):
        read_effect_table(effects(tmp_path / "x.csv", change))


def test_label_tables(tmp_path):
    (tmp_path / "a.csv").write_text(
        "id,label,hemisphere\n0,background,B\n1,insula,L\n36,insula,R\n83,stem,B\n"
    )
    assert read_label_table(tmp_path / "a.csv").to_dict() == {
        1: "left_insula",
        36: "right_insula",
        83: "stem",
    }
    (tmp_path / "dseg.tsv").write_text("index\tname\n7\tx\n3\ty\n")
    assert read_label_table(tmp_path / "dseg.tsv").to_dict() == {7: "x", 3: "y"}
    (tmp_path / "lut.txt").write_text("# colours\n0 Unknown 0 0 0 0\n\n17 Left-Hippocampus 220 216 20 0\n")
    assert read_label_table(tmp_path / "lut.txt").to_dict() == {17: "Left-Hippocampus"}


@pytest.mark.parametrize(
    "text",
    [
        "id,label\n1,a\n1,b\n",
        "id,label\n1,a\n2,a\n",
        "id,label\n1.5,a\n",
        "id,label\n0,a\n",
        "code,label\n1,a\n",
        "id,label\n,a\n",
    ],
)
def test_label_tables_that_do_not_name_labels(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match="IGX-FEAT-121"):
        read_label_table(tmp_path / "a.csv")


def test_a_label_table_that_is_not_there(tmp_path):
    with pytest.raises(FileProblem, match="IGX-TAB-010"):
        read_label_table(tmp_path / "a.csv")
