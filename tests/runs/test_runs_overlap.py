"""Two outlines of one lesion in a study: overlap and distances, flagged, on the page, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.report.page import write_report

SHAPE = (8, 20, 20)
BLOCKS = """
[[images]]
name = "t1"
path = "{patient}_t1.nii.gz"
mask = "{patient}_a.nii.gz"
regions = { core = 1, whole = [1, 2] }

[features]
families = ["volume"]

[[phenotypes]]
name = "outlines"
image = "t1"
measure = { kind = "overlap", outline = "{patient}_b.nii.gz", regions = { core = 5, whole = "any" } }
"""


def outline(shift=0):
    mask = np.zeros(SHAPE, int)
    mask[2:6, 5 : 15 + shift, 5:15] = 2
    mask[3:5, 7 + shift : 12 + shift, 7:12] = 1
    return mask


@pytest.fixture
def study(small):
    made = small(4)
    for shift, patient in enumerate(made.patients):
        made.picture(f"{patient}_t1.nii.gz", np.random.default_rng(shift).random(SHAPE))
        made.picture(f"{patient}_a.nii.gz", outline())
        second = outline(shift)
        made.picture(f"{patient}_b.nii.gz", np.where(second == 1, 5, second))
    return made


def test_overlap_and_distances_are_those_of_simpleitk(study):
    assert [row["features"] for row in study.check(BLOCKS).phenotypes] == [12]
    found = study.features(BLOCKS)
    for shift, patient in enumerate(study.patients):
        a, b = (sitk.GetImageFromArray((outline(k) == 1).astype(np.uint8)) for k in (0, shift))
        for image in (a, b):
            image.SetSpacing((2.0, 2.0, 3.0))
        peer = sitk.LabelOverlapMeasuresImageFilter()
        peer.Execute(a, b)
        far = sitk.HausdorffDistanceImageFilter()
        far.Execute(a, b)
        assert found.loc[patient, "outlines.core.dice"] == pytest.approx(peer.GetDiceCoefficient())
        assert found.loc[patient, "outlines.core.jaccard"] == pytest.approx(peer.GetJaccardCoefficient())
        assert found.loc[patient, "outlines.core.hausdorff_mm"] == pytest.approx(far.GetHausdorffDistance())
        assert found.loc[patient, "outlines.whole.volume_ratio"] == pytest.approx(
            (outline(shift) > 0).sum() / (outline() > 0).sum()
        )
    columns = study.table("features.columns.parquet")
    assert set(columns.loc[columns["family"] == "overlap", "flags"]) == {"diagnostic"}
    page = write_report(study.folder / "run").read_text()
    assert "Two outlines of one region" in page


def test_an_empty_second_outline_shares_nothing_and_has_no_distance(study):
    study.picture("P02_b.nii.gz", np.zeros(SHAPE, int))
    found = study.features(BLOCKS)
    assert found.loc["P02", "outlines.core.dice"] == 0
    assert np.isnan(found.loc["P02", "outlines.core.hausdorff_mm"])


def test_an_outline_that_is_missing_or_elsewhere_costs_its_patient(study):
    (study.folder / "P01_b.nii.gz").unlink()
    study.picture("P03_b.nii.gz", outline(), shift=5.0)
    found = study.features(BLOCKS)["outlines.core.dice"]
    assert found.notna().tolist() == [False, True, False, True]
    failures = study.table("failures.csv")
    assert {("P01", "IGX-RUN-090"), ("P03", "IGX-IMG-021")} <= set(
        zip(failures["patient"], failures["code"], strict=True)
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("{patient}_b.nii.gz", "second.nii.gz", "write {patient}"),
        ("core = 5", "core = 0", "0 is the background"),
        ("core = 5", "cor = 5", "IGX-FEAT-150"),
    ],
)
def test_blocks_that_cannot_be_measured_are_refused(study, old, new, why):
    with pytest.raises(InputError, match=why):
        study.check(BLOCKS.replace(old, new, 1))
