"""What readers saw, in a study: coded sheets and AIM folders, mapped, keyed, and no answer lost in silence."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Readings"

[patients]
table = "clinical.csv"
id = "patient"

[[feature_tables]]
name = "ct"
kind = "readings"
path = "reading.csv"
dictionary = "liver-ct"
reader = "reader"
{more}

[[molecules]]
name = "gene"
kind = "labels"
path = "clinical.csv"
id = "patient"
columns = {{ TP53 = {{ column = "TP53", map = {{ mut = "mutant", wt = "wild type" }}, positive = "mutant" }} }}

[[associate]]
name = "all"
features = "all"
targets = ["gene"]
permutations = 19
"""


@pytest.fixture
def study(tmp_path):
    random = np.random.default_rng(2)
    ids = [f"L{k:02d}" for k in range(30)]
    pd.DataFrame({"patient": ids, "TP53": ["mut", "wt"] * 15}).to_csv(tmp_path / "clinical.csv", index=False)
    rows = [
        {
            "patient": patient,
            "reader": reader,
            "Enhancing capsule": "present" if random.random() < 0.4 else "absent",
            "hypodense_halo": random.choice(["absent", "partial", "complete"]),
        }
        for patient in [*ids[1:], "STRANGER"]
        for reader in ("anna", "bert")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "reading.csv", index=False)

    def write(more='consensus = { rule = "first", readers = ["anna", "bert"] }'):
        (tmp_path / "study.toml").write_text(STUDY.format(more=more))
        return load_study(tmp_path / "study.toml")

    return write


def test_a_sheet_of_two_readers_becomes_features(study, tmp_path):
    read = study()
    summary = run_plan(read.plan, read.root, JobOptions(tmp_path / "run", progress=Progress(shown=False)))
    features = pd.read_parquet(summary.folder / "features.parquet")
    columns = pd.read_parquet(summary.folder / "features.columns.parquet")
    if "column" in columns:
        columns = columns.set_index("column")
    assert columns.loc["ct.capsule", "kind"] == "binary"
    assert columns.loc["ct.hypodense_halo", "kind"] == "ordinal"
    assert len(features) == 29
    conflicts = pd.read_csv(summary.folder / "conflicts.csv", dtype=str)
    taken = conflicts[(conflicts["source"] == "anna")]
    assert len(taken)
    assert (taken["value"] == taken["taken"]).all()
    assert set(conflicts["block"]) == {"ct"}
    mappings = pd.read_csv(summary.folder / "mappings.csv", dtype=str)
    assert "partial" in set(mappings.loc[mappings["source"] == "ct", "mapped"])
    losses = pd.read_csv(summary.folder / "losses.csv", dtype=str)
    assert "STRANGER" in set(losses["patient"])
    associations = pd.read_parquet(summary.folder / "associations.parquet")
    assert set(associations["feature"]) == {"ct.capsule", "ct.hypodense_halo"}
    assert (associations["status"] == "ok").all()
    page = (summary.folder / "report.html").read_text(encoding="utf-8")
    assert "2 features read" in page
    assert "with readings and molecules" in page
    assert "No picture was opened" in page
    assert "with pictures" not in page


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("", "IGX-FEAT-04"),  # readers differ, and no rule says what counts
        ('ignore = ["Enhancing capsule"]\nrule = { pattern = "Q(?P<patient>.*)" }', "IGX-RUN-030"),
    ],
)
def test_what_a_reading_needs_is_asked_for(study, tmp_path, more, code):
    read = study(more)
    with pytest.raises(ImagenomicsError, match=code):
        run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="link")


def test_an_unknown_kind_or_dictionary_names_the_known_ones(study, tmp_path):
    read = study()
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(text.replace('"readings"', '"reading"'))
    with pytest.raises(InputError, match="readings"):
        load_study(tmp_path / "study.toml")
    (tmp_path / "study.toml").write_text(text.replace('"liver-ct"', '"liver"'))
    read = load_study(tmp_path / "study.toml")
    with pytest.raises(InputError, match="liver-ct"):
        run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="link")


@pytest.mark.realdata
def test_the_190_annotations_are_features_of_their_patients(tmp_path):
    data = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not data or not (Path(data) / "nsclc-radiogenomics").is_dir():
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    example = Path(__file__).parents[2] / "examples" / "02_nsclc_semantic.toml"
    read = load_study(example, data=Path(data))
    run_plan(
        read.plan, read.root, JobOptions(tmp_path / "run", progress=Progress(shown=False)), last="associate"
    )
    flow = pd.read_json(tmp_path / "run" / "flow.json", typ="series")["steps"]
    assert [step["n"] for step in flow][:2] == [211, 190]
    associations = pd.read_parquet(tmp_path / "run" / "associations.parquet")
    adjusted = associations[associations["analysis"] == "adjusted"]
    assert adjusted["feature"].nunique() == 44


OWN = """
name = "own"
title = "Traits of one study"
source = "this test"

[[items]]
code = "capsule"
label = "Enhancing capsule"
kind = "binary"
levels = ["absent", "present"]

[[items]]
code = "halo"
label = "Hypodense halo"
kind = "ordinal"
levels = ["absent", ["partial", "partial", "some"], "complete"]
spellings = ["hypodense_halo"]
"""


def test_a_dictionary_of_ones_own_is_a_file(study, tmp_path):
    study()
    text = STUDY.format(more='consensus = { rule = "majority" }').replace('"liver-ct"', '"traits.toml"')
    (tmp_path / "study.toml").write_text(text)
    (tmp_path / "traits.toml").write_text(OWN)
    out = tmp_path / "run"
    loaded = load_study(tmp_path / "study.toml")
    assert "traits.toml" in loaded.plan.tables()
    run_plan(loaded.plan, loaded.root, JobOptions(out, progress=Progress(shown=False)), last="extract")
    columns = pd.read_parquet(out / "features.columns.parquet")
    assert columns.loc["ct.halo", "levels"] == "absent|partial|complete"
    assert columns.loc["ct.capsule", "kind"] == "binary"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "IGX-FEAT-048"),
        ("items = [", "IGX-FEAT-048"),
        (OWN.replace("kind", "kin"), "did you mean 'kind'"),
    ],
)
def test_a_dictionary_file_that_cannot_be_used_is_named(study, tmp_path, content, message):
    study()
    (tmp_path / "study.toml").write_text(STUDY.format(more="").replace('"liver-ct"', '"traits.toml"'))
    if content is not None:
        (tmp_path / "traits.toml").write_text(content)
    loaded = load_study(tmp_path / "study.toml")
    with pytest.raises(ImagenomicsError, match=message):
        run_plan(loaded.plan, loaded.root, JobOptions(tmp_path / "run", progress=Progress(shown=False)))
