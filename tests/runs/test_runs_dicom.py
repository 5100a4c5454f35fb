"""A study whose pictures are DICOM folders and whose masks are RTSTRUCT or SEG gives what the NIfTI study gives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("pydicom")

from imagenomics.errors import InputError
from imagenomics.images.find import CaseFiles
from imagenomics.images.load import load_case
from imagenomics.images.read import read_volume
from imagenomics.images.settings import ImageSettings
from imagenomics.phantom.make import make_phantom
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study

PATIENTS = 24


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    from imagenomics.images.dicom.write import write_series

    path = Path(make_phantom(tmp_path_factory.mktemp("dicom"), n_patients=PATIENTS, seed=4))
    for image in sorted((path.parent / "images").glob("*_t1post.nii.gz")):
        patient = image.name.removesuffix("_t1post.nii.gz")
        try:
            volume = read_volume(image)
        except OSError:
            continue  # one picture of the phantom is broken on purpose
        folder = path.parent / "dicom" / patient
        write_series(volume, folder, modality="MR", patient_id=patient)
    text = path.read_text()
    text = text[: text.index("[[images]]")] + text[text.index("[features]") : text.index("[[associate]]")]
    block = (
        '[[images]]\nname = "t1post"\nmodality = "MR"\npath = "dicom/{patient}"\n'
        'mask = "images/{patient}_mask.nii.gz"\nregions = { lesion = 1 }\n\n'
    )
    path.write_text(text.replace("[features]", block + "[features]"))
    return path


@pytest.mark.slow
def test_folders_of_slices_give_the_features_of_the_volume(study, tmp_path):
    read = load_study(study)
    assert check_study(read.plan, read.root).images[0]["found"] == PATIENTS - 2
    run_plan(read.plan, read.root, JobOptions(tmp_path / "dicom", 1))
    nifti = study.with_name("nifti.toml")
    nifti.write_text(study.read_text().replace("dicom/{patient}", "images/{patient}_t1post.nii.gz"))
    other = load_study(nifti)
    run_plan(other.plan, other.root, JobOptions(tmp_path / "nifti", 1))
    left, right = (pd.read_parquet(tmp_path / name / "features.parquet") for name in ("dicom", "nifti"))
    columns = [c for c in left if c.startswith("t1post.lesion.stat_") and "skew" not in c]
    both = left[columns].notna().all(axis=1) & right[columns].notna().all(axis=1)
    assert both.sum() >= PATIENTS - 3
    # Grey values are stored as whole numbers in DICOM.
    np.testing.assert_allclose(left.loc[both, columns], right.loc[both, columns], rtol=0.05, atol=0.05)


def test_a_slice_that_changes_is_measured_again(study, tmp_path):
    from imagenomics.runs.store import file_digest

    folder = next(p for p in sorted((study.parent / "dicom").iterdir()))
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert file_digest(copy) == file_digest(folder)
    file = sorted(copy.iterdir())[3]
    file.write_bytes(file.read_bytes()[:-2] + b"\x01\x02")
    assert file_digest(copy) != file_digest(folder)


def test_names_need_a_mask_with_names(study):
    mask = next((study.parent / "images").glob("*_mask.nii.gz"))
    image = mask.with_name(mask.name.replace("mask", "t1post"))
    block = ImageSettings.read(
        {"name": "x", "path": "{patient}", "mask": "{patient}", "regions": {"lesion": ["GTV-1"]}},
        where="test",
    )
    files = CaseFiles(image, mask)
    with pytest.raises(InputError, match="IGX-IMG-014"):
        load_case(files.image, files.mask, block)


@pytest.mark.realdata
def test_the_structure_set_of_the_ct_phantom_is_its_mask():
    data = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not data:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    root = Path(data, "ibsi/ibsi_1_ct_radiomics_phantom")
    block = {"name": "ct", "path": "{patient}", "mask": "{patient}", "modality": "CT"}
    chosen = ImageSettings.read(block, where="test")
    nifti = load_case(root / "nifti/image/phantom.nii.gz", root / "nifti/mask/mask.nii.gz", chosen)
    volume, regions = load_case(root / "dicom/image", root / "dicom/mask", chosen)
    np.testing.assert_array_equal(volume.array, nifti[0].array)
    np.testing.assert_array_equal(regions["lesion"], nifti[1]["lesion"])
