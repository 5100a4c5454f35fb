"""What becomes of image and mask on the way, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from imagenomics.features.extract import extract_region
from imagenomics.features.settings import FeatureSettings

FAMILY = ("diagnostics",)


def report(image, mask, *, spacing_known=True, **changes):
    settings = FeatureSettings(families=FAMILY, min_voxels=1, **changes)
    return extract_region(
        image, mask, spacing_mm=(3.0, 1.0, 1.0), settings=settings, spacing_known=spacing_known
    ).set_index("feature")


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray]:
    image = np.arange(4 * 6 * 8, dtype=float).reshape(4, 6, 8)
    mask = np.zeros(image.shape, bool)
    mask[1:3, 2:5, 3:7] = True
    return image, mask


def test_an_image_that_stays_as_it_is(case):
    image, mask = case
    found = report(image, mask)["value"]
    assert found[[f"img_dim_{a}_init_img" for a in "xyz"]].tolist() == [8, 6, 4]
    assert found[[f"vox_dim_{a}_interp_img" for a in "xyz"]].tolist() == [1, 1, 3]
    assert found[[f"int_mask_bb_dim_{a}_reseg_roi" for a in "xyz"]].tolist() == [4, 3, 2]
    assert found["int_mask_vox_count_init_roi"] == found["morph_mask_vox_count_reseg_roi"] == 24
    assert found["mean_int_interp_img"] == image.mean()
    assert found["int_mask_max_int_init_roi"] == image[mask].max()


def test_a_range_shrinks_the_intensity_mask_only(case):
    image, mask = case
    found = report(image, mask, intensity_range=(None, image[1].max()))["value"]
    assert found["int_mask_bb_dim_z_reseg_roi"] == 1
    assert found["morph_mask_bb_dim_z_reseg_roi"] == 2
    assert found[["int_mask_vox_count_reseg_roi", "morph_mask_vox_count_reseg_roi"]].tolist() == [12, 24]
    assert found["int_mask_mean_int_reseg_roi"] == image[1][mask[1]].mean()
    assert found["int_mask_mean_int_interp_roi"] == image[mask].mean()


def test_resampling_is_told_of_the_whole_image(case):
    image, mask = case
    found = report(image, mask, spacing_mm=(1.0, "keep", 2.0))["value"]
    assert found[[f"img_dim_{a}_interp_img" for a in "xyz"]].tolist() == [4, 6, 12]
    assert found[[f"vox_dim_{a}_interp_img" for a in "xyz"]].tolist() == [2, 1, 1]
    assert found["morph_mask_bb_dim_z_interp_roi"] == 6
    assert found["mean_int_interp_img"] == pytest.approx(image.mean())
    assert found["int_mask_dim_x_init_roi"] == 8
    assert found["int_mask_dim_x_reseg_roi"] == 4


def test_rows_are_flagged_and_keep_their_tags(case):
    found = report(*case)
    assert (found["flags"] == "diagnostic").all()
    assert (found["status"] == "flagged").all()
    assert (found["ibsi"] == found.index).all()
    unknown = report(*case, spacing_known=False)
    assert unknown.loc["vox_dim_z_init_img", ["value", "unit", "flags", "ibsi"]].tolist() == [
        1.0,
        "voxel edges",
        "diagnostic|voxel-units",
        "",
    ]
    assert unknown.loc["img_dim_z_init_img", "flags"] == "diagnostic"
