"""BIDS folders as the images of a study: which file counts, who lacks one, and what the sidecars say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imagenomics.images.find import find_images
from imagenomics.images.settings import ImageSettings
from imagenomics.study.load import load_study

SHAPE = (4, 10, 10)
BLOCKS = """
[[images]]
name = "t1"
bids = { folder = "raw", datatype = "anat", suffix = "T1w", sessions = "SESSIONS", mask = MASK }
regions = { lesion = 1 }

[features]
families = ["volume", "intensity"]
"""
MASK = '{ folder = "raw/derivatives/seg", suffix = "mask", entities = { desc = "lesion" } }'


def blocks(sessions: str = "only", mask: str = MASK) -> str:
    return BLOCKS.replace("SESSIONS", sessions).replace("MASK", mask)


@pytest.fixture
def study(small):
    made = small(5)
    mask = np.zeros(SHAPE, int)
    mask[1:4, 2:7, 2:7] = 1
    for k, patient in enumerate(made.patients[:4]):
        sessions = [""] if k else ["ses-a", "ses-b"]
        for i, session in enumerate(sessions):
            place, name = f"sub-{patient}/{session}/anat", "_".join(filter(None, [f"sub-{patient}", session]))
            made.picture(f"raw/{place}/{name}_T1w.nii.gz", np.full(SHAPE, 100.0 * (k + 1) + i))
            made.picture(f"raw/derivatives/seg/{place}/{name}_desc-lesion_mask.nii.gz", mask)
    made.picture("raw/sub-X9/anat/sub-X9_T1w.nii.gz", np.ones(SHAPE))
    (made.folder / "raw" / "T1w.json").write_text(json.dumps({"MagneticFieldStrength": 3, "EchoTime": 0.01}))
    (made.folder / "raw/sub-P02/anat/sub-P02_T1w.json").write_text(json.dumps({"EchoTime": 0.02}))
    (made.folder / "raw/derivatives/seg/sub-P04/anat/sub-P04_desc-lesion_mask.nii.gz").unlink()
    return made


def test_files_masks_and_losses(study):
    planned = study.check(blocks())
    assert (planned.images[0]["found"], planned.images[0]["missing"]) == (2, 0)
    found = study.features(blocks())
    assert found["t1.lesion.stat_mean"].tolist() == [200.0, 300.0]
    losses = study.table("losses.csv")
    reasons = dict(zip(losses["patient"], losses["reason"], strict=True))
    assert "2 sessions: a, b [IGX-IMG-203]" in set(losses["reason"])
    assert "no mask: no file fits [IGX-IMG-204]" in set(losses["reason"])
    assert "no folder sub-<label> leads to this patient" in set(losses["reason"])
    assert reasons["X9"] == "this id is not in the table of patients"


@pytest.mark.parametrize(("sessions", "value"), [("first", 100.0), ("last", 101.0), ("b", 101.0)])
def test_a_declared_session_takes_its_own_mask(study, sessions, value):
    found = study.features(blocks(sessions)).reset_index()
    row = found[found["patient"] == "P01"] if "patient" in found else found.iloc[:1]
    assert row["t1.lesion.stat_mean"].tolist() == [value]


def test_metadata_are_handed_on(study):
    read = load_study(study.study(blocks()))
    found = find_images(read.plan.images[0], study.patients, read.root)
    assert json.loads(found.cases["P02"].metadata) == {"MagneticFieldStrength": 3, "EchoTime": 0.02}
    assert json.loads(found.cases["P03"].metadata)["EchoTime"] == 0.01
    assert found.cases["P02"].mask is not None
    assert found.cases["P02"].mask.name == "sub-P02_desc-lesion_mask.nii.gz"


def test_damaged_metadata_are_a_warning_and_labels_follow_participants(study):
    (study.folder / "raw/sub-P02/anat/sub-P02_T1w.json").write_text("{")
    study.features(blocks())
    warned = study.table("warnings.csv")
    assert warned["message"].str.contains("IGX-IMG-206").any()
    (study.folder / "raw/participants.tsv").write_text("participant_id\tid\nsub-P02\tP03\nsub-P03\tP02\n")
    text = blocks().replace('datatype = "anat"', 'datatype = "anat", participants_id = "id"')
    mask = '{ suffix = "mask", folder = "raw" }'
    found = study.features(text.replace(MASK, mask).replace(f", mask = {mask}", ""), out="named")
    assert found["t1.whole.stat_mean"].tolist() == [300.0, 200.0, 400.0]
    columns = study.table("features.columns.parquet", out="named")
    assert set(columns["region"]) == {"whole"}


def test_series_take_their_times_from_the_sidecar(small):
    made = small(2)
    signal = np.ones((3, *SHAPE))
    for patient in made.patients:
        made.picture(
            f"raw/sub-{patient}/dwi/sub-{patient}_dwi.nii.gz",
            signal * np.exp([0, -0.8, -1.6])[:, None, None, None],
        )
        base = made.folder / f"raw/sub-{patient}/dwi/sub-{patient}_dwi"
        base.with_suffix(".bval").write_text("0 1000 2000\n")
        base.with_suffix(".bvec").write_text("0 1 0\n0 0 1\n0 0 0\n")
        made.picture(f"raw/sub-{patient}/func/sub-{patient}_task-rest_bold.nii.gz", signal)
    (made.folder / "raw" / "task-rest_bold.json").write_text(json.dumps({"RepetitionTime": 2.5}))
    text = """
[[images]]
name = "dwi"
form = "series"
bids = { folder = "raw", datatype = "dwi", suffix = "dwi" }

[[images]]
name = "rest"
form = "series"
bids = { folder = "raw", datatype = "func", suffix = "bold", entities = { task = "rest" } }

[[phenotypes]]
name = "adc"
image = "dwi"
measure = { kind = "diffusion", maps = ["adc"] }
"""
    found = made.features(text)
    np.testing.assert_allclose(found["adc.whole.adc_mean"], 0.8, rtol=1e-5)
    from imagenomics.images.load_series import load_series

    read = load_study(made.study(text))
    block = read.plan.images[1]
    files = find_images(block, made.patients, read.root).cases["P01"]
    series, _ = load_series(files, block)
    np.testing.assert_array_equal(series.times_s, [0, 2.5, 5.0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('suffix = "T1w"', 'suffix = "T1w", entities = { tsk = "rest" }', "did you mean 'task'"),
        ('sessions = "only"', 'sessions = "all"', "a patient has one image"),
        ('folder = "raw", datatype', 'folder = "nowhere", datatype', "IGX-IMG-200"),
        ('name = "t1"', 'name = "t1"\npath = "{patient}.nii"', "one of 'path'"),
        ('name = "t1"', 'name = "t1"\nmask = "{patient}.nii"', "declared in 'bids'"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(study, old, new, message):
    assert old in blocks()
    with pytest.raises(Exception, match=message):
        study.check(blocks().replace(old, new))


def test_numbers_may_be_labels_and_false_forbids():
    settings = ImageSettings.read(
        {
            "name": "x",
            "bids": {
                "folder": "f",
                "datatype": "anat",
                "suffix": "T2w",
                "entities": {"echo": 1, "acq": False},
            },
        },
        where="test",
    )
    assert settings.bids is not None
    assert settings.bids.entities == {"echo": "1", "acq": False}
    assert not settings.has_mask
