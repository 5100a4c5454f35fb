"""Prepared images and their quality in a study: history, quality tables, failures, keys, check."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from imagenomics.errors import FileProblem
from imagenomics.phantom.make import make_phantom
from imagenomics.report.page import write_report
from imagenomics.runs.check import check_study
from imagenomics.runs.extract import find_cases
from imagenomics.runs.folder import Issues
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.learned import BagCase, read_bag
from imagenomics.runs.link import join_sides
from imagenomics.runs.measure import case_unit
from imagenomics.runs.plain import extract_images
from imagenomics.runs.quality import QUALITY_COLUMNS, quality_table, summary_table
from imagenomics.runs.store import Unit
from imagenomics.study.load import load_study

BLOCKS = """
[[images]]
name = "t1post"
modality = "MR"
path = "images/{patient}_t1post.nii.gz"
mask = "images/{patient}_mask.nii.gz"
prepare = [{ kind = "n4", iterations = [10] }, { kind = "crop", margin_mm = 6 }]

[[images]]
name = "flair"
modality = "MR"
path = "images/{patient}_flair.nii.gz"
mask = "images/{patient}_mask.nii.gz"
normalise = { method = "white-stripe", contrast = "T2", floor = 150 }
prepare = [{ kind = "register", to = "images/{patient}_t1post.nii.gz", iterations = 10 }]

[features]
families = ["volume", "intensity"]

[[phenotypes]]
name = "border"
image = "t1post"
measure = { kind = "regions", families = ["lesions"] }

"""

HABITATS = """
[[learned]]
kind = "habitats"
name = "habitats"
images = ["t1post", "flair"]
"""


def edit(path: Path, change, spacing=None) -> None:
    """Change the voxels of an image file, and its spacing."""
    image = sitk.ReadImage(str(path))
    changed = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(image)))
    changed.SetSpacing(spacing or image.GetSpacing())
    sitk.WriteImage(changed, str(path))


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    path = Path(make_phantom(tmp_path_factory.mktemp("prepared"), n_patients=24, seed=3))
    images = path.parent / "images"
    for name in ("t1post", "mask"):
        edit(images / f"PHANTOM-002_{name}.nii.gz", lambda a: a[:, 20:])  # the lesion is cut
    edit(images / "PHANTOM-003_t1post.nii.gz", lambda a: np.zeros_like(a))  # blank
    edit(images / "PHANTOM-004_t1post.nii.gz", lambda a: np.minimum(a, np.percentile(a, 75)).astype(a.dtype))
    for name in ("t1post", "mask"):
        edit(images / f"PHANTOM-005_{name}.nii.gz", lambda a: a, spacing=(2.0, 2.0, 3.0))
    for flair in sorted(images.glob("*_flair.nii.gz"))[6:]:
        flair.unlink()  # the search takes time
    text = path.read_text()
    path.write_text(
        text[: text.index("[[images]]")]
        + BLOCKS
        + text[text.index("[[molecules]]") : text.index("[[associate]]")]
    )
    return path


@pytest.fixture(scope="module")
def run(study, tmp_path_factory) -> Path:
    read = load_study(study)
    out = tmp_path_factory.mktemp("run")
    run_plan(read.plan, read.root, JobOptions(out, 1), last="extract")
    return out


def test_every_step_is_a_line_that_a_reader_finds(run):
    histories = pd.read_csv(run / "histories.csv", dtype=str)
    own = histories[(histories["patient"] == "PHANTOM-001") & (histories["image"] == "t1post")]
    assert [what.split()[0] for what in own["what"]] == ["read", "mask;", "N4", "cropped", "z-score"]
    moved = histories[histories["image"] == "flair"]["what"].str.contains("registered to PHANTOM")
    assert moved.sum() == 3
    panels = json.loads((run / "panels" / "index.json").read_text())["panels"]
    shown = next(p for p in panels if (p["patient"], p["image"]) == ("PHANTOM-001", "t1post"))
    assert shown["history"] == own["what"].tolist()
    page = write_report(run).read_text()
    assert own["what"].iloc[2] in page
    assert "t1post went through N4 bias field correction, cropping to its regions and z-score" in page


def test_quality_finds_what_was_planted_and_drops_nothing(run):
    quality = pd.read_csv(run / "quality.csv", dtype={"patient": str}).set_index(["patient", "image"])
    flags = quality["flags"].fillna("")
    assert flags["PHANTOM-002", "t1post"] == "cut"
    assert "clipped" in flags["PHANTOM-004", "t1post"]
    assert "spacing" in flags["PHANTOM-005", "t1post"]
    assert quality.loc[("PHANTOM-005", "t1post"), "spacing_ratio"] == pytest.approx(2)
    assert quality.loc[("PHANTOM-001", "t1post"), "spacing_z_mm"] == 3  # as read
    assert not flags["PHANTOM-001", "t1post"]
    features = pd.read_parquet(run / "features.parquet")
    assert features.loc["PHANTOM-002"].filter(like="t1post.").notna().any()
    summary = pd.read_csv(run / "quality_summary.csv")
    snr = summary[(summary["image"] == "t1post") & (summary["measure"] == "snr")].iloc[0]
    assert snr["lowest"] <= snr["median"] <= snr["highest"]
    page = write_report(run).read_text()
    assert "of the surface of lesion lies on the border of the image" in page
    assert "nothing was left out because of it" in page


def test_what_cannot_be_prepared_is_a_row_of_its_patient(run):
    failures = pd.read_csv(run / "failures.csv", dtype=str)
    blank = failures[failures["patient"] == "PHANTOM-003"]
    assert set(blank["code"]) == {"IGX-IMG-232", "IGX-IMG-235"}  # the FLAIR cannot be brought to a blank T1
    assert blank["remedy"].str.len().min() > 20


@pytest.mark.slow
def test_results_do_not_depend_on_the_workers(study, run, tmp_path):
    read = load_study(study)
    run_plan(read.plan, read.root, JobOptions(tmp_path / "two", 2), last="extract")
    for name in ("features.parquet", "quality.csv", "quality_summary.csv", "histories.csv"):
        assert (run / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_other_image_is_part_of_the_key(study, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(study.parent, copy)
    read = load_study(copy / study.name)
    cases = find_cases(read.plan, join_sides(read.plan, read.root, issues=Issues()))
    keys = {name: case_unit(cases[name]).key() for name in ("flair/PHANTOM-001", "t1post/PHANTOM-006")}
    edit(copy / "images" / "PHANTOM-001_t1post.nii.gz", lambda a: a + 1)
    assert case_unit(cases["flair/PHANTOM-001"]).key() != keys["flair/PHANTOM-001"]
    assert case_unit(cases["t1post/PHANTOM-006"]).key() == keys["t1post/PHANTOM-006"]


def test_registered_images_share_their_voxels_in_a_learned_block(study):
    text = study.read_text().replace("crop", "n4").replace(", margin_mm = 6", "")
    own = study.with_name("habitats.toml")
    own.write_text(text + HABITATS)
    read = load_study(own)
    linked = join_sides(read.plan, read.root, issues=Issues())
    images = {image.name: image for image in read.plan.images}
    files = tuple((images[n], linked.files[n].cases["PHANTOM-001"]) for n in ("t1post", "flair"))
    bag = read_bag(Unit("bag", 1, "", data=(BagCase("PHANTOM-001", read.plan.learned[0], files), 0)))["bag"]
    voxels = np.load(io.BytesIO(bag))
    assert voxels.shape[1] == 2
    assert np.isfinite(voxels).all()


def test_check_says_the_steps_and_a_missing_atlas(study, tmp_path):
    read = load_study(study)
    rows = {row["image"]: row for row in check_study(read.plan, read.root).images}
    assert rows["t1post"]["prepare"] == [
        "N4 bias field correction",
        "cropping to 6 mm around the regions",
    ]
    assert rows["flair"]["prepare"] == ["rigid registration to {patient}_t1post.nii.gz"]
    bad = tmp_path / "bad.toml"
    bad.write_text(study.read_text().replace('to = "images/{patient}_t1post.nii.gz"', 'to = "atlas.nii.gz"'))
    other = load_study(bad, data=study.parent)
    with pytest.raises(FileProblem, match="IGX-IMG-230"):
        check_study(other.plan, other.root)


def test_plain_tables_are_prepared_too(study):
    measured = extract_images(
        f"{study.parent}/images/{{patient}}_t1post.nii.gz",
        f"{study.parent}/images/{{patient}}_mask.nii.gz",
        patients=["PHANTOM-001", "PHANTOM-006"],
        image={"modality": "MR", "prepare": [{"kind": "resample", "spacing_mm": ["keep", 2, 2]}]},
    )
    assert measured.failures.empty
    assert len(measured.features.values) == 2


def about(snr=20.0, spacing=(3.0, 1.0, 1.0), stripes=0.01, edge=0.0):
    image = {"noise_sd": 5.0, "snr": snr, "foreground_share": 0.5, "clipped_share": 0.0}
    region = {
        "n_voxels": 90,
        "n_slices": 4,
        "edge_share": edge,
        "clipped_share": 0.0,
        "contrast_to_noise": None,
    }
    return {
        "image": {**image, "empty_slices": 0, "stripes": stripes},
        "regions": {"lesion": region},
        "spacing_mm": list(spacing),
        "spacing_known": True,
        "size": [12, 40, 40],
    }


def test_flags_compare_with_the_other_images():
    usual = {(f"P{i:02d}", "t1"): about(snr=20 + i % 5) for i in range(20)}
    odd = {
        ("Q1", "t1"): about(snr=1.0),
        ("Q2", "t1"): about(spacing=(3, 1.3, 1.3)),
        ("Q3", "t1"): about(stripes=None),
    }
    table = quality_table({**usual, **odd}).set_index("patient")
    assert table.loc["Q1", "flags"] == "noisy"
    assert "the usual one is 2" in table.loc["Q1", "reasons"]
    assert table.loc["Q2", "flags"] == "spacing"
    assert table.loc[[p for p, _ in usual] + ["Q3"], "n_flags"].sum() == 0
    shuffled = dict(reversed({**usual, **odd}.items()))
    pd.testing.assert_frame_equal(quality_table(shuffled).set_index("patient"), table)
    few = quality_table({("P1", "t1"): about(), ("P2", "t1"): about(snr=0.1)})
    assert few["n_flags"].sum() == 0  # two images are no cohort


def test_no_image_is_an_empty_table():
    table = quality_table({})
    assert list(table.columns) == list(QUALITY_COLUMNS)
    assert summary_table(table).empty


@pytest.mark.realdata
def test_real_crops_without_a_voxel_size():
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = Path(root, "lgg-mri-genomics/roi_nifti")
    patients = ["TCGA-CS-4942", "TCGA-CS-4943", "TCGA-HT-7692"]
    steps = [{"kind": "n4", "within": "positive", "iterations": [10]}, {"kind": "crop", "margin_voxels": 2}]
    image = {"modality": "MR", "spacing": "unknown", "prepare": steps}
    scale = {"method": "white-stripe", "contrast": "T2"}
    measured = extract_images(
        f"{folder}/{{patient}}_flair.nii.gz",
        f"{folder}/{{patient}}_mask.nii.gz",
        patients=patients,
        image={**image, "normalise": scale},
    )
    assert measured.failures.empty
    assert measured.features.values.notna().any(axis=1).all()
    with pytest.raises(ValueError, match="needs the voxel spacing in mm"):
        extract_images(
            f"{folder}/{{patient}}_flair.nii.gz",
            f"{folder}/{{patient}}_mask.nii.gz",
            patients=patients,
            image={**image, "prepare": [{"kind": "crop", "margin_mm": 2}]},
        )
