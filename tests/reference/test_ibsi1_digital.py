"""Every value of the IBSI-1 tables: the digital phantom, and the CT phantom in five configurations."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK

from imagenomics.features.extract import extract_region
from imagenomics.features.reference import compare_with_reference
from imagenomics.features.settings import preset

pytestmark = pytest.mark.realdata
UNREFERENCED = {
    "morph_vol_dens_ombb",
    "morph_area_dens_ombb",
    "morph_vol_dens_mvee",
    "morph_area_dens_mvee",
    "ivh_auc",
}


@pytest.fixture(scope="module")
def ibsi() -> Path:
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = Path(root) / "ibsi"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}")
    return folder


def compared(ibsi: Path, phantom: str, name: str, table: str) -> pd.DataFrame:
    folder = ibsi / phantom / "nifti"
    image = SimpleITK.ReadImage(str(folder / "image" / "phantom.nii.gz"))
    mask = SimpleITK.ReadImage(str(folder / "mask" / "mask.nii.gz"))
    features = extract_region(
        SimpleITK.GetArrayFromImage(image).astype("float64"),
        SimpleITK.GetArrayFromImage(mask) > 0,
        spacing_mm=image.GetSpacing()[::-1],
        settings=preset(name),
    )
    return compare_with_reference(features, ibsi / "reference_values" / table)


def wrong(rows: pd.DataFrame) -> str:
    return rows[rows["status"] == "mismatched"].to_string()


def test_digital_phantom(ibsi):
    rows = compared(ibsi, "ibsi_1_digital_phantom", "ibsi-digital", "ibsi_1_dig_phantom.csv")
    assert rows["status"].value_counts().to_dict() == {"matched": 482, "unreferenced": 5}, wrong(rows)
    without = rows.loc[rows["status"] == "unreferenced"]
    assert without["value"].notna().all()
    assert set(without["tag"]) == UNREFERENCED


@pytest.mark.parametrize(("letter", "matched"), [("a", 406), ("b", 406), ("c", 270), ("d", 270), ("e", 270)])
def test_ct_phantom(ibsi, letter, matched):
    rows = compared(
        ibsi, "ibsi_1_ct_radiomics_phantom", f"ibsi-{letter}", f"ibsi_1_chest_config_{letter}.csv"
    )
    assert rows["status"].value_counts().to_dict() == {"matched": matched, "unreferenced": 5}, wrong(rows)
    # 60 of them describe image and mask between the steps.
    steps = rows["tag"].str.fullmatch(r"(img|vox|mean|min|max|int_mask|morph_mask)_\w+_(img|roi)")
    assert steps.sum() == 60
    without = set(rows.loc[rows["status"] == "unreferenced", "tag"])
    assert without == UNREFERENCED
