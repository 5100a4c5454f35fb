"""Steps and measures that many patients teach, from the study file to predictions and page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.phantom.make import make_phantom
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study

BLOCKS = """
[[learned]]
kind = "habitats"
name = "habitat"
images = ["t1post", "flair"]
voxels = 60

"""
PREPARE = 'prepare = { select = 10, harmonise = { by = "site", min_patients = 3 }, residualise = ["age"] }'


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    path = Path(make_phantom(tmp_path_factory.mktemp("learned"), n_patients=40, seed=5))
    text = path.read_text().replace("prepare = { select = 30 }", PREPARE)
    at = text.index("[[molecules]]")
    head, tail = text[:at], text[at : text.index("[[associate]]")]
    train = '[[train]]\nname = "TEXA"\ntarget = "mutations.TEXA"\npositive = "mutated"\nrepeats = 1\nmodels = []\n'
    tests = (
        '[[associate]]\nname = "shares"\nfeatures = "habitat.*"\ntargets = "mutations"\npermutations = 20\n\n'
    )
    path.write_text(head + BLOCKS + tail + tests + train)
    return path


@pytest.mark.slow
def test_a_study_with_habitats_and_harmonised_features(study, tmp_path):
    read = load_study(study)
    rows = check_study(read.plan, read.root).phenotypes
    assert [(r["phenotypes"], r["kind"], r["features"]) for r in rows] == [
        ("habitat", "habitats (learned)", 3)
    ]
    for workers in (1, 2):
        run_plan(read.plan, read.root, JobOptions(tmp_path / str(workers), workers), last="train")
    folder = tmp_path / "1"
    for name in ("features.parquet", "associations.parquet", "predictions.parquet"):
        assert (folder / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    columns = pd.read_parquet(folder / "features.columns.parquet")
    assert set(columns.index[columns["role"] == "learned"]) == {f"habitat.habitat_{k}" for k in (1, 2, 3)}
    features = pd.read_parquet(folder / "features.parquet")
    shares = features[[c for c in features if c.startswith("habitat.")]].dropna()
    assert len(shares) >= 35
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    tested = pd.read_parquet(folder / "associations.parquet")
    assert set(tested["feature"]) == {f"habitat.habitat_{k}" for k in (1, 2, 3)}
    predicted = pd.read_parquet(folder / "predictions.parquet")
    assert {"elastic-net", "clinical", "volume", "image+clinical"} <= set(predicted["model"])
    warned = pd.read_csv(folder / "warnings.csv", dtype=str)
    assert warned["message"].str.contains("no model card, because steps learned from the cohort").any()


@pytest.mark.slow
def test_the_steps_change_predictions_and_the_page_says_them(study, tmp_path):
    bare = tmp_path / "bare.toml"
    text = study.read_text().replace(PREPARE, "prepare = { select = 10 }").replace(BLOCKS, "")
    text = text[: text.index("[[associate]]")] + text[text.index("[[train]]") :]
    bare.write_text(text)
    scores = {}
    for name, file in (("steps", study), ("bare", bare)):
        read = load_study(file, data=study.parent)
        run_plan(read.plan, read.root, JobOptions(tmp_path / name), last="train")
        found = pd.read_parquet(tmp_path / name / "predictions.parquet").set_index(["model", "patient"])[
            "score"
        ]
        scores[name] = found
    assert not scores["steps"]["elastic-net"].equals(scores["bare"]["elastic-net"])
    # What sees no image does not go through the steps.
    pd.testing.assert_series_equal(scores["steps"]["clinical"], scores["bare"]["clinical"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    """One run folder, so that the images are measured once."""
    return tmp_path_factory.mktemp("shared") / "run"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('by = "site"', 'by = "scanner"', "IGX-RUN-042.*scanner"),
        ('residualise = ["age"]', 'residualise = ["ages"]', "IGX-RUN-042.*ages"),
        (
            'images = ["t1post", "flair"]',
            'images = ["t1post", "t2"]',
            "no \\[\\[images\\]\\] block named 't2'",
        ),
        ('kind = "habitats"', 'kind = "habitat"', "IGX-SET-001"),
        ("select = 10", 'select = 10, stability = { table = "icc.csv" }', "icc.csv"),
        ("select = 10", "select = 10, stability = { threshold = 0.9 }", "IGX-PREP-024"),
    ],
)
def test_what_cannot_be_done_says_so(study, shared, tmp_path, old, new, message):
    bad = tmp_path / "bad.toml"
    bad.write_text(study.read_text().replace(old, new, 1))
    with pytest.raises(ImagenomicsError, match=f"(?s){message}"):
        _train(bad, study.parent, shared)


def _train(path, root, out):
    read = load_study(path, data=root)
    run_plan(read.plan, read.root, JobOptions(out), last="train")
    failures = pd.read_csv(out / "failures.csv", dtype=str)
    lost = failures[failures["stage"] == "train"]
    if len(lost):  # a model that cannot be fitted is a failure of its analysis, and the others go on
        raise InputError(lost["code"].iloc[0], lost["error"].iloc[0])


def test_a_region_that_is_not_there_is_a_failure_of_each_patient(study, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(study.read_text().replace("voxels = 60", 'voxels = 60\nregion = "edema"'))
    read = load_study(bad, data=study.parent)
    summary = run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="extract")
    failures = pd.read_csv(tmp_path / "run" / "failures.csv", dtype=str)
    assert (failures["code"] == "IGX-RUN-111").sum() >= 35
    assert summary.too_many_failures


def test_components_of_maps_in_one_space(tmp_path):
    """Two planted sources in maps of 30 patients: their loadings come back as columns, from the study file."""
    import SimpleITK as sitk

    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(30, 2))
    sources = np.zeros((2, 6, 8, 10))
    sources[0, 1:3, 1:4, 1:5], sources[1, 3:5, 4:7, 5:9] = 1.0, 1.0
    ids = [f"P{i:02d}" for i in range(30)]
    for patient, own in zip(ids, loadings, strict=True):
        array = np.tensordot(own, sources, 1) + 0.05 * rng.normal(size=sources.shape[1:])
        sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / f"{patient}.nii.gz"))
    pd.DataFrame({"patient": ids}).to_csv(tmp_path / "patients.csv", index=False)
    (tmp_path / "study.toml").write_text(
        'name = "maps"\n[patients]\ntable = "patients.csv"\nid = "patient"\n[[images]]\nname = "grey"\n'
        'path = "{patient}.nii.gz"\n[features]\nfamilies = ["intensity"]\n[[learned]]\nkind = "group-ica"\n'
        'name = "source"\nimage = "grey"\nn_components = 2\n'
    )
    read = load_study(tmp_path / "study.toml")
    run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="extract")
    features = pd.read_parquet(tmp_path / "run" / "features.parquet")
    found = features[["source.component_1_loading", "source.component_2_loading"]].to_numpy()
    likeness = np.abs(np.corrcoef(found.T, loadings.T)[:2, 2:])
    assert likeness.max(axis=1).min() > 0.95
    assert set(likeness.argmax(axis=1)) == {0, 1}
