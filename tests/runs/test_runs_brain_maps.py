"""Maps of the brain in a study: a table of effects or the study's own, against genes, to the page."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.features.brain.desikan import CORTEX
from imagenomics.runs.brain_map_effects import read_effects
from imagenomics.runs.check import check_study
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Maps"
seed = 2
[patients]
table = "patients.csv"
id = "patient"
[[feature_tables]]
name = "fs"
path = "thickness.csv"
[[molecules]]
name = "variants"
kind = "labels"
path = "labels.csv"
id = "patient"
[molecules.columns]
carrier = { column = "carrier", positive = "yes" }
[[associate]]
name = "thickness"
targets = "variants"
permutations = 19
[[brain_maps]]
name = "published"
table = "effects.csv"
parcel = "Structure"
value = "d"
expression = "genes.csv"
coordinates = "places.csv"
atlas = "desikan-killiany"
sets = "sets.gmt"
draws = 999
random_sets = 59
[[brain_maps]]
name = "own"
effects = { analysis = "thickness", target = "variants.carrier", feature = "fs.{parcel}_thickness" }
expression = "genes.csv"
coordinates = "places.csv"
atlas = "desikan-killiany"
hemisphere = "L"
draws = 999
"""
FILES = ("brain_map_genes.parquet", "brain_map_sets.parquet", "brain_map_parcels.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Carriers are thinner where genes G0 to G4 are high; each table spells the regions in its own way."""
    path = tmp_path_factory.mktemp("maps")
    random = np.random.default_rng(1)
    k = np.arange(34) + 0.5
    z, angle = 1 - k / 17, np.pi * (1 + 5**0.5) * k
    left = np.column_stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z])
    points = np.vstack([left, left * [-1, 1, 1]])
    sides = np.repeat(["L", "R"], 34)
    names = [*CORTEX, *CORTEX]
    places = pd.DataFrame(points, columns=["x", "y", "z"]).assign(parcel=names, hemisphere=sides)
    places.to_csv(path / "places.csv", index=False)
    genes = random.standard_normal((34, 30))
    genes[:, 1:5] = genes[:, :1] + 0.1 * genes[:, 1:5]
    table = pd.DataFrame(np.vstack([genes, genes]), columns=[f"G{i}" for i in range(30)])
    table.insert(0, "label", [f"{s}_{n}" for s, n in zip(sides, names, strict=True)])
    table.iloc[[66], 1:] = np.nan
    table.to_csv(path / "genes.csv", index=False)
    effects = -0.3 * np.tile(genes[:, 0], 2) + 0.05 * random.standard_normal(68)
    written = [f"ctx-{'lh' if s == 'L' else 'rh'}-{n}" for s, n in zip(sides, names, strict=True)]
    pd.DataFrame({"Structure": written, "d": effects}).to_csv(path / "effects.csv", index=False)
    ids = [f"P{i:02d}" for i in range(60)]
    carrier = np.repeat([0, 1], 30)
    thickness = 2.5 + 0.1 * random.standard_normal((60, 68)) + 0.5 * carrier[:, None] * effects
    columns = [f"{'lh' if s == 'L' else 'rh'}_{n}_thickness" for s, n in zip(sides, names, strict=True)]
    pd.DataFrame(thickness, columns=columns).assign(patient=ids).to_csv(path / "thickness.csv", index=False)
    pd.DataFrame({"patient": ids}).to_csv(path / "patients.csv", index=False)
    pd.DataFrame({"patient": ids, "carrier": np.where(carrier, "yes", "no")}).to_csv(
        path / "labels.csv", index=False
    )
    (path / "sets.gmt").write_text("FIRST\t\t" + "\t".join(f"G{i}" for i in range(12)) + "\nTINY\t\tG1\n")
    (path / "study.toml").write_text(STUDY, encoding="utf-8")
    return path


def job(folder, out, *, changes=(), last="report"):
    study = load_study(folder / "study.toml", overrides=changes)
    return run_plan(study.plan, study.root, JobOptions(out, progress=Progress(shown=False)), last=last)


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    return job(folder, tmp_path_factory.mktemp("run") / "out").folder


def test_the_planted_gene_is_found_in_both_maps(done):
    genes = pd.read_parquet(done / "brain_map_genes.parquet")
    found = genes[genes["verdict"] == "supported"]
    planted = {f"G{k}" for k in range(5)}
    assert found.groupby("analysis")["gene"].apply(set).to_dict() == {"published": planted, "own": planted}
    best = found.groupby("analysis").head(1).set_index("analysis")
    assert (best["effect"] < 0).all()  # thinner where the gene is high
    assert best.loc["published", "n"] == 67
    assert best.loc["own", "n"] == 34
    sets = pd.read_parquet(done / "brain_map_sets.parquet")
    assert set(sets["analysis"]) == {"published"}
    assert sets.set_index("set").loc["TINY", "verdict"] == "not testable"
    parcels = pd.read_parquet(done / "brain_map_parcels.parquet")
    assert parcels.groupby("analysis").size().to_dict() == {"published": 68, "own": 68}


def test_the_page_and_the_methods_say_it(done):
    page = (done / "report.html").read_text(encoding="utf-8").replace("<wbr>", "")
    assert "Were regions independent" in page
    assert "turned maps (spin test" in page
    assert "Regions left out" in page


def test_a_resumed_run_has_the_same_bytes_and_what_is_gone_leaves(folder, done):
    before = {name: (done / name).read_bytes() for name in FILES}
    job(folder, done, last="enrich")
    assert {name: (done / name).read_bytes() for name in FILES} == before
    job(folder, done, changes=["brain_maps=[]"], last="enrich")
    assert not any((done / name).exists() for name in FILES)


def test_check_says_what_will_be_tested(folder):
    study = load_study(folder / "study.toml")
    rows = {row["analysis"]: row for row in check_study(study.plan, study.root).analyses}
    assert (rows["published"]["regions"], rows["published"]["genes"], rows["published"]["sets"]) == (
        67,
        30,
        2,
    )
    assert rows["own"]["kind"] == "brain map"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("brain_maps.published.value=effect", "IGX-TAB-012"),
        ("brain_maps.published.atlas=names", "IGX-RUN-066"),
        ("brain_maps.published.coordinates=effects.csv", "IGX-TAB-012"),
        ("brain_maps.published.only=['SECOND']", "IGX-SETS-012"),
        ("brain_maps.own.effects.analysis=nothing", "IGX-SET-001"),
        ("brain_maps.own.effects.feature=fs", "IGX-SET-001"),
        ("associate.thickness.keep_p=0.01", "IGX-SET-001"),
        ("brain_maps.own.table=effects.csv", "IGX-SET-001"),
    ],
)
def test_what_cannot_be_run_is_refused_by_check(folder, change, code):
    def check():
        study = load_study(folder / "study.toml", overrides=[change])
        check_study(study.plan, study.root)

    with pytest.raises(InputError, match=code):
        check()


def test_a_pattern_that_fits_no_feature_is_refused(folder, tmp_path):
    changes = ["brain_maps.own.effects.feature=fs.{parcel}_area"]
    with pytest.raises(InputError, match="IGX-RUN-065"):
        job(folder, tmp_path / "out", changes=changes, last="enrich")


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("stratum", ["s1", "s2"], "IGX-RUN-066"),
        ("effect_name", ["correlation", "AUC"], "IGX-RUN-065"),
        ("test", ["linear model (t)", "Mann-Whitney U"], "IGX-RUN-065"),
    ],
)
def test_effects_of_several_kinds_are_no_map(folder, done, tmp_path, column, values, code):
    rows = pd.read_parquet(done / "associations.parquet")
    rows[column] = np.resize(values, len(rows))
    rows.to_parquet(tmp_path / "associations.parquet")
    block = next(b for b in load_study(folder / "study.toml").plan.brain_maps if b.name == "own")
    with pytest.raises(InputError, match=code):
        read_effects(block, block.effects, RunFolder(tmp_path), "own")


def test_effects_that_were_not_computed_are_no_map(folder, tmp_path):
    block = next(b for b in load_study(folder / "study.toml").plan.brain_maps if b.name == "own")
    with pytest.raises(InputError, match="IGX-RUN-065"):
        read_effects(block, block.effects, RunFolder(tmp_path), "own")
