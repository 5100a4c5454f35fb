"""Biopsies inside patients in a study: from the file to the page, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Biopsies"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[patients.clinical]
age = "age"
[[feature_tables]]
name = "mr"
path = "features.csv"
per = "biopsy"
[[molecules]]
name = "genes"
kind = "expression"
path = "genes.csv"
id = "patient"
per = "biopsy"
[[molecules]]
name = "germline"
kind = "labels"
path = "germline.csv"
id = "patient"
columns = ["carrier"]
[[associate]]
name = "regional"
unit = "biopsy"
targets = "genes"
adjust = ["age"]
"""
INHERITED = """
[[associate]]
name = "inherited"
unit = "biopsy"
units = "mixed"
targets = "germline.carrier"
[[associate]]
name = "naive"
unit = "biopsy"
units = "independent"
targets = ["genes.EGFR"]
"""
N = 30


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("nested")
    random = np.random.default_rng(5)
    rows = [(f"P{g:02d}", f"B{u}") for g in range(N) for u in range(1 + g % 4)]
    index = pd.MultiIndex.from_tuples(rows, names=["patient", "biopsy"])
    between = random.standard_normal((N, 5))[[int(p[1:]) for p, _ in rows]]
    values = between + 0.6 * random.standard_normal((len(rows), 5))
    values[:, 0] = values[:, 2] + 0.4 * random.standard_normal(len(rows))
    features = pd.DataFrame(values[:, :2], index=index, columns=["adc", "cbv"])
    genes = pd.DataFrame(values[:, 2:], index=index, columns=["EGFR", "TP53", "PTEN"])
    stranger = pd.MultiIndex.from_tuples([("X99", "B0")], names=index.names)
    extra = pd.DataFrame(0.0, index=stranger, columns=genes.columns)
    ids = pd.Index([f"P{g:02d}" for g in range(N)], name="patient")
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, N)}, index=ids),
        "germline": pd.DataFrame({"carrier": np.where(np.arange(N) % 2, "yes", "no")}, index=ids),
        "features": features.drop(index=[("P03", "B3")]),
        "genes": pd.concat([genes.drop(index=[("P07", "B0")]), extra]),
    }
    for name, frame in tables.items():
        frame.to_csv(path / f"{name}.csv")
    (path / "study.toml").write_text(STUDY + INHERITED)
    return path / "study.toml"


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    assert_workers_change_no_byte(study, tmp_path, "associations.parquet", "nested_units.parquet")


@pytest.mark.slow
def test_a_planted_pair_of_biopsies_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet")
    assert found.groupby("analysis", observed=True).size().to_dict() == {
        "inherited": 2,
        "naive": 2,
        "regional": 6,
    }
    own = found[found["analysis"] == "regional"]
    best = own.loc[own["p"].idxmin()]
    assert (best["feature"], best["target"], best["unit"], best["n"]) == (
        "mr.adc",
        "genes.EGFR",
        "biopsy",
        71,
    )
    assert best["q"] < 0.001
    counts = pd.read_parquet(out / "nested_units.parquet")
    assert set(counts.loc[counts["analysis"] == "regional", "patients"]) == {30}
    assert counts.loc[counts["analysis"] == "inherited", "icc"].between(0.3, 1.0).all()
    losses = pd.read_csv(out / "losses.csv")
    lost = losses[["patient", "id_as_written", "reason"]].to_numpy().tolist()
    assert ["P03", "B3", "this biopsy has molecules and no features"] in lost
    assert ["P07", "B0", "this biopsy has features and no molecules"] in lost
    assert "X99 B0" in set(losses["id_as_written"])
    assert len(pd.read_parquet(out / "unit_features.parquet")) == 72
    verdicts = json.loads((out / "verdicts.json").read_text())["verdicts"]
    said = {(v["analysis"], v["target"]): v for v in verdicts}
    assert said["regional", "genes.EGFR"]["verdict"] == "supported"
    assert "71 units (biopsy)" in said["regional", "genes.EGFR"]["reason"]
    assert said["inherited", "germline.carrier"]["verdict"] == "no evidence found"
    assert "as independent" in said["naive", "genes.EGFR"]["reason"]
    assert "take &#x27;biopsy&#x27; units of one patient as independent" in (out / "report.html").read_text()


def test_check_counts_units_and_patients(study):
    read = load_study(study)
    report = check_study(read.plan, read.root)
    row = next(row for row in report.analyses if row["analysis"] == "regional")
    assert (row["tests"], row["units"], row["n"], row["scheme"]) == (6, 71, 30, "cluster-robust")
    assert report.molecules[0]["units"] == 72


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('targets = "genes"', 'targets = "gene"', "IGX-RUN-041"),
        ('name = "regional"\nunit = "biopsy"', 'name = "regional"', "IGX-ASSOC-066"),
        ('name = "regional"\nunit = "biopsy"', 'name = "regional"\nunit = "focus"', "IGX-ASSOC-067"),
        (
            'path = "features.csv"\nper = "biopsy"',
            'path = "features.csv"\nper = "biopsies"',
            "IGX-ASSOC-064",
        ),
        ('id = "patient"\nper = "biopsy"', 'id = "biopsy"\nper = "patient"', "IGX-ASSOC-065"),
    ],
)
def test_names_that_do_not_fit_are_refused_before_anything_is_tested(study, old, new, code):
    assert old in STUDY
    path = study.with_name("other.toml")
    path.write_text(STUDY.replace(old, new))
    read = load_study(path)
    with pytest.raises(InputError, match=code):
        check_study(read.plan, read.root)


def test_a_biopsy_twice_is_refused(study):
    frame = pd.read_csv(study.with_name("genes.csv"), dtype=str)
    pd.concat([frame, frame.iloc[:1]]).to_csv(study.with_name("twice.csv"), index=False)
    path = study.with_name("twice.toml")
    path.write_text(STUDY.replace("genes.csv", "twice.csv"))
    read = load_study(path)
    with pytest.raises(InputError, match=r"IGX-ASSOC-060"):
        check_study(read.plan, read.root)


@pytest.mark.parametrize(
    "added",
    [
        'two_groups = "welch"',
        "permutations = 100",
        'side = "greater"',
        'post_hoc = "dunn"',
        'units = "pooled"',
    ],
)
def test_settings_of_patients_are_refused(study, added):
    path = study.with_name("bad.toml")
    path.write_text(STUDY + added + "\n")
    with pytest.raises(ImagenomicsError):
        load_study(path)


def test_units_need_a_unit(study):
    path = study.with_name("bad.toml")
    path.write_text(STUDY.replace('name = "regional"\nunit = "biopsy"', 'name = "regional"\nunits = "mixed"'))
    with pytest.raises(ImagenomicsError, match="declare `unit`"):
        load_study(path)


def test_units_can_stand_in_the_ids_of_samples(study):
    frame = pd.read_csv(study.with_name("genes.csv"), dtype=str)
    ids = frame["patient"] + "-" + frame["biopsy"]
    turned = frame.drop(columns=["patient", "biopsy"]).T
    turned.columns = ids
    turned.rename_axis("gene").to_csv(study.with_name("turned.csv"))
    path = study.with_name("turned.toml")
    block = (
        "orientation = 'genes-by-samples'\nper = 'biopsy'\n"
        "rule = { pattern = '(?P<patient>[A-Z]\\d+)-(?P<unit>B\\d+)' }\n"
    )
    old = 'path = "genes.csv"\nid = "patient"\nper = "biopsy"\n'
    path.write_text(STUDY.replace(old, 'path = "turned.csv"\n' + block))
    read = load_study(path)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["tests"], row["units"], row["n"]) == (6, 71, 30)
