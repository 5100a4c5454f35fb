"""Agreement in a study: readers of a sheet, units of a table, copies of an image, and blocks that compare nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_run_study import SHAPE, ball, patients, run, write, write_study

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

N = 24
BLOCKS = """
[[images]]
name = "t1"
path = "t1/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"
repeats = { copies = 2, noise = 1.0, rotation_deg = 5.0, growth = 0.1, contour = false }

[[images]]
name = "scan"
path = "t1/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"

[[feature_tables]]
name = "ct"
kind = "readings"
path = "reading.csv"
dictionary = "liver-ct"
reader = "reader"
consensus = { rule = "mean", classes = "first", readers = ["anna", "bert", "carl"] }

[[feature_tables]]
name = "caliper"
path = "caliper.csv"
per = "reader"

[[agreement]]
name = "reads"
of = "ct"
draws = 100

[[agreement]]
name = "diameters"
of = "caliper"
readers = ["bert", "anna"]

[[agreement]]
name = "copies"
of = "t1"
icc = ["ICC(1,1)"]
pairs = false
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement")
    rng = np.random.default_rng(4)
    names = patients(N)
    for patient, r in zip(names, rng.uniform(4.5, 8, N), strict=True):
        write(folder / f"t1/{patient}.nii.gz", rng.normal(0, 4, SHAPE) + 80 * ball(r))
        write(folder / f"mask/{patient}.nii.gz", ball(r))
    truth, halo, long = rng.random(N) < 0.5, rng.integers(0, 3, N), rng.gamma(9, 5, N)
    sheet, caliper = [], []
    for reader, wrong in (("anna", 0.0), ("bert", 0.1), ("carl", 0.5)):
        for i, patient in enumerate([*names, "STRANGER"]):
            k = i % N
            says = truth[k] if rng.random() >= wrong else not truth[k]
            seen = halo[k] if rng.random() >= wrong else rng.integers(0, 3)
            sheet.append(
                {
                    "patient": patient,
                    "reader": reader,
                    "Enhancing capsule": "present" if says else "absent",
                    "hypodense_halo": ("absent", "partial", "complete")[seen],
                }
            )
            if reader != "carl":
                caliper.append((patient, reader, long[k] + (3.0 if reader == "bert" else 0.0)))
    frame = pd.DataFrame(caliper, columns=["patient", "reader", "long_mm"]).set_index("patient")
    tables = {
        "patients.csv": pd.DataFrame(index=pd.Index(names, name="patient")),
        "reading.csv": pd.DataFrame(sheet).set_index("patient"),
        "caliper.csv": frame,
    }
    return write_study(folder, tables, BLOCKS)


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("run") / "out")


def test_readers_are_compared_before_any_consensus(folder):
    table = pd.read_parquet(folder / "agreement.parquet")
    own = table[table["analysis"] == "reads"]
    halo = own[own["feature"] == "ct.hypodense_halo"]
    assert set(halo["kind"]) == {"ordinal"}  # although the consensus makes a number of it
    assert len(halo[halo["first"] != ""]) == 3
    capsule = own[own["feature"] == "ct.capsule"].set_index(["statistic", "first", "second"])["estimate"]
    assert capsule["Cohen's kappa", "anna", "bert"] > 0.5 > capsule["Cohen's kappa", "anna", "carl"]
    assert (own["n_any"] == N).all()  # who is not in the study is not counted


def test_units_of_a_table_may_be_readers(folder):
    table = pd.read_parquet(folder / "agreement.parquet")
    own = table[table["analysis"] == "diameters"].set_index("statistic")
    assert own.loc["mean difference", ["first", "second", "estimate"]].tolist() == ["bert", "anna", 3.0]
    assert own.loc["ICC(3,1)", "estimate"] == pytest.approx(1.0)
    assert own.loc["ICC(2,1)", "estimate"] < 1.0


def test_copies_of_an_image_have_the_correlation_of_the_stability_table(folder):
    table = pd.read_parquet(folder / "agreement.parquet")
    own = table[(table["analysis"] == "copies") & (table["statistic"] == "ICC(1,1)")].set_index("feature")
    stable = pd.read_csv(folder / "stability.csv").set_index("feature")
    assert len(own)
    assert (own["readers"] == 3).all()
    np.testing.assert_allclose(own["estimate"], stable.loc[own.index, "icc"], rtol=1e-9)
    assert set(own["first"]) == {""}


def test_the_page_tells_who_agrees(folder):
    page = (folder / "report.html").read_text()
    assert 'id="agreement"' in page
    assert "Landis" in page
    assert "anna – carl" in page
    assert "Agreement on “ct” was described" in page


def test_check_says_what_is_compared(study):
    read = load_study(study)
    rows = {row["analysis"]: row for row in check_study(read.plan, read.root).analyses}
    assert (rows["reads"]["features"], rows["reads"]["readers"]) == (2, 3)
    assert rows["diameters"]["readers"] == 2
    assert rows["copies"]["readers"] == 3


def test_a_run_taken_up_again_changes_no_byte(study, folder):
    before = (folder / "agreement.parquet").read_bytes()
    run(study, folder, last="extract")
    assert (folder / "agreement.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("agreement.reads.of=nobody", "there is no"),
        ("agreement.copies.of=scan", "measured once"),
        ("agreement.reads.readers=['anna']", "agreement needs two"),
        ("agreement.reads.name=copies", "used twice"),
    ],
)
def test_blocks_that_compare_nothing_are_refused(study, override, why):
    with pytest.raises(InputError, match=why):
        load_study(study, overrides=[override])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('readers = ["bert", "anna"]', 'readers = ["bert", "ana"]', "IGX-ASSOC-120"),
        ('of = "ct"\n', 'of = "ct"\nfeatures = "ct.capsul"\n', "IGX-RUN-040"),
        ('of = "t1"\n', 'of = "t1"\nreaders = ["1", "4"]\n', "IGX-ASSOC-120"),
        ('of = "ct"\n', 'of = "ct"\nkinds = { "ct.halo" = "ordinal" }\n', "IGX-ASSOC-121"),
    ],
)
def test_names_that_are_not_there_are_refused_with_the_nearest(study, tmp_path, old, new, code):
    other = study.with_name("other.toml")
    other.write_text(study.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=code):
        run(other, tmp_path / "out", last="link")  # before anything is measured


def test_a_table_with_one_row_for_each_patient_is_refused(study, tmp_path):
    (tmp_path / "study.toml").write_text(study.read_text().replace('per = "reader"\n', ""))
    with pytest.raises(InputError, match="per ="):
        load_study(tmp_path / "study.toml")


def test_a_study_without_the_block_leaves_no_table_behind(study, tmp_path):
    out = run(study, tmp_path / "out", last="extract")
    assert (out / "agreement.parquet").exists()
    other = study.with_name("none.toml")
    other.write_text(study.read_text().split("[[agreement]]")[0])
    run(other, out, last="extract")
    assert not (out / "agreement.parquet").exists()
