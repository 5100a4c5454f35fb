"""FreeSurfer subjects in a study: regions are features, head size is a clinical variable to adjust for."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

ASEG = """# Title Segmentation Statistics
# subjectname {subject}
# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated Total Intracranial Volume, {etiv}, mm^3
# NTableCols 5
# ColHeaders  Index SegId NVoxels Volume_mm3 StructName
  1  17   4000     {left}  Left-Hippocampus
  2  53   4100     {right}  Right-Hippocampus
"""
STUDY = """
name = "Hippocampus"

[patients]
table = "participants.csv"
id = "patient"

[patients.clinical]
age = { column = "age", unit = "years" }

[[feature_tables]]
name = "fs"
kind = "freesurfer"
path = "subjects"
files = ["aseg"]

[[molecules]]
name = "gene"
kind = "labels"
path = "participants.csv"
id = "patient"
columns = { APOE4 = { column = "e4", map = { yes = "carrier", no = "none" }, positive = "carrier" } }

[[associate]]
name = "adjusted"
features = "all"
targets = ["gene"]
adjust = ["age", "fs.whole.eTIV"]
permutations = 19
"""


@pytest.fixture
def study(tmp_path):
    random = np.random.default_rng(4)
    ids = [f"B{k:02d}" for k in range(40)]
    carrier = np.arange(40) % 2
    etiv = random.normal(1.5e6, 1e5, 40)
    for i, patient in enumerate([*ids[:39], "NOBODY"]):
        stats = tmp_path / "subjects" / patient / "stats"
        stats.mkdir(parents=True)
        sizes = [round(etiv[i] * 2.6e-3 - 400 * carrier[i] + random.normal(0, 120), 1) for _ in range(2)]
        text = ASEG.format(subject=patient, etiv=round(etiv[i], 1), left=sizes[0], right=sizes[1])
        (stats / "aseg.stats").write_text(text)
    table = {"patient": ids, "age": random.normal(70, 6, 40).round(), "e4": np.where(carrier, "yes", "no")}
    pd.DataFrame(table).to_csv(tmp_path / "participants.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


def test_regions_are_features_and_head_size_adjusts(study, tmp_path):
    read = load_study(study)
    summary = run_plan(read.plan, read.root, JobOptions(tmp_path / "run", progress=Progress(shown=False)))
    features = pd.read_parquet(summary.folder / "features.parquet")
    assert {"fs.lh_Hippocampus.volume", "fs.rh_Hippocampus.volume"} <= set(features.columns)
    assert "fs.whole.eTIV" not in features.columns
    assert "fs.whole.eTIV" in pd.read_parquet(summary.folder / "clinical.parquet").columns
    found = pd.read_parquet(summary.folder / "associations.parquet").set_index("feature")
    assert found.loc["fs.lh_Hippocampus.volume", "q"] < 0.01
    assert found.loc["fs.lh_Hippocampus.volume", "n"] == 39
    losses = pd.read_csv(summary.folder / "losses.csv", dtype=str)
    assert "NOBODY" in set(losses["id_as_written"])
    assert "B39" in set(losses["patient"])


def test_subjects_of_another_study_are_refused(study, tmp_path):
    text = study.read_text().replace(
        'kind = "freesurfer"', 'kind = "freesurfer"\nrule = { pattern = "S(?P<patient>.*)" }'
    )
    study.write_text(text)
    read = load_study(study)
    with pytest.raises(InputError, match=r"IGX-RUN-030|IGX-IMG-210"):
        run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="link")


def test_damaged_files_are_failures_with_their_remedy_and_other_files_do_not_count(study, tmp_path):
    damaged = study.parent / "subjects" / "B03" / "stats" / "aseg.stats"
    damaged.write_text("no statistics")
    error = study.parent / "subjects" / "B05" / "scripts" / "recon-all.error"
    error.parent.mkdir()
    error.touch()
    read = load_study(study)
    out = tmp_path / "run"
    run_plan(read.plan, read.root, JobOptions(out, progress=Progress(shown=False)), last="link")
    failures = pd.read_csv(out / "failures.csv", dtype=str).set_index("patient")
    assert set(failures.index) == {"B03", "B05"}
    assert failures.at["B05", "code"] == "IGX-IMG-217"
    assert failures["remedy"].str.len().gt(5).all()
    key = read_record(out)
    (study.parent / "subjects" / "B07" / "mri").mkdir()
    (study.parent / "subjects" / "B07" / "mri" / "brain.mgz").write_bytes(b"large")
    run_plan(read.plan, read.root, JobOptions(out, progress=Progress(shown=False)), last="link")
    assert read_record(out) == key
    damaged.write_text("something else")
    run_plan(read.plan, read.root, JobOptions(out, progress=Progress(shown=False)), last="link")
    assert read_record(out) != key


def read_record(out):
    return json.loads((out / "record.json").read_text())["made_of"]["link"]


def test_no_value_at_all_says_why(study, tmp_path):
    for marker in (study.parent / "subjects").iterdir():
        (marker / "scripts").mkdir()
        (marker / "scripts" / "recon-all.error").touch()
    read = load_study(study)
    with pytest.raises(InputError, match=r"IGX-RUN-010[\s\S]*recon-all ended with an error"):
        run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="link")
