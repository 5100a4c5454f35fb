"""How a region is made ready: crop, grid, levels, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.discretise import grey_levels
from imagenomics.features.region import prepare_region
from imagenomics.features.settings import Discretisation, FeatureSettings

SETTINGS = FeatureSettings(families=("intensity", "glcm"), min_voxels=8)


def prepare(image, mask, *, settings=SETTINGS, spacing_mm=(1.0, 1.0, 1.0), spacing_known=True):
    return prepare_region(image, mask, spacing_mm=spacing_mm, settings=settings, spacing_known=spacing_known)


@pytest.fixture
def block() -> tuple[np.ndarray, np.ndarray]:
    image = np.random.default_rng(0).normal(size=(8, 9, 10))
    mask = np.zeros(image.shape, bool)
    mask[2:6, 3:7, 4:9] = True
    return image, mask


def test_a_region_is_cut_to_its_box(block):
    region = prepare(*block)
    assert region.image.shape == region.mask.shape == (4, 4, 5)
    assert region.levels.min() == 1
    assert region.levels.max() == region.n_levels == 32


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda i, m: (i, m[1:]), "IGX-FEAT-002"),
        (lambda i, m: (i[0], m[0]), "IGX-FEAT-002"),
        (lambda i, m: (i, m & False), "IGX-FEAT-003"),
        (lambda i, m: (np.where(m, np.nan, i), m), "IGX-FEAT-004"),
        (lambda i, m: (np.where(m, np.inf, i), m), "IGX-FEAT-004"),
        (lambda i, m: (i, m & (np.arange(10) == 5) & (np.arange(9) == 4)[:, None]), "IGX-FEAT-005"),
    ],
)
def test_what_cannot_be_measured_is_refused(block, break_it, code):
    with pytest.raises(InputError) as refused:
        prepare(*break_it(*block))
    assert refused.value.code == code


def test_the_number_of_bad_voxels_is_named(block):
    image, mask = block
    image[3, 4, 5:7] = np.nan
    image[0, 0, 0] = np.nan  # outside the region: of no interest
    with pytest.raises(InputError, match="2 voxels"):
        prepare(image, mask)


def test_a_small_region_names_its_count_and_the_limit(block):
    with pytest.raises(InputError, match=r"the region has 80 voxels") as refused:
        prepare(*block, settings=FeatureSettings(min_voxels=81))
    assert "81" in str(refused.value)


def test_a_mask_of_labels_is_refused(block):
    image, mask = block
    with pytest.raises(ArgumentTypeError):
        prepare(image, mask.astype(np.uint8))


@pytest.mark.parametrize("spacing", [(0.0, 1.0, 1.0), (1.0, np.nan, 1.0), (1.0, 1.0, -1.0)])
def test_a_spacing_that_is_no_length_is_refused(block, spacing):
    with pytest.raises(InputError) as refused:
        prepare(*block, spacing_mm=spacing)
    assert refused.value.code == "IGX-FEAT-007"


def test_resampling_needs_a_known_spacing(block):
    chosen = FeatureSettings(spacing_mm=(1, 1, 1), min_voxels=8)
    with pytest.raises(InputError) as refused:
        prepare(*block, settings=chosen, spacing_known=False)
    assert refused.value.code == "IGX-FEAT-006"
    assert prepare(*block, settings=chosen).spacing_mm == (1, 1, 1)


def test_without_a_known_spacing_a_voxel_is_the_unit(block):
    assert prepare(*block, spacing_mm=(5.0, 0.5, 0.5), spacing_known=False).spacing_mm == (1, 1, 1)


def test_resampling_keeps_the_volume_and_what_is_linear(block):
    _, mask = block
    z, y, x = np.indices(mask.shape)
    chosen = FeatureSettings(families=("intensity",), spacing_mm=(1.0, "keep", 0.5), min_voxels=8)
    region = prepare(2.0 * z - y + 3.0 * x, mask, spacing_mm=(2.0, 1.0, 1.0), settings=chosen)
    assert region.spacing_mm == (1.0, 1.0, 0.5)
    assert region.mask.sum() == pytest.approx(mask.sum() * 4, rel=0.01)
    assert np.allclose(np.diff(region.image, axis=0), 1.0)
    assert np.allclose(np.diff(region.image, axis=2), 1.5)


def test_the_grid_follows_the_image_and_not_the_region(block):
    image, mask = block
    chosen = FeatureSettings(families=("intensity",), spacing_mm=(1.5, 1.5, 1.5), min_voxels=8)
    whole = prepare(image, np.ones_like(mask), settings=chosen)
    part = prepare(image, mask, settings=chosen)
    here = [i for i in whole.image.ravel() if np.isclose(i, part.image[0, 0, 0], atol=1e-12)]
    assert len(here) == 1


def test_a_missing_number_near_the_region_is_refused_when_resampling(block):
    image, mask = block
    image[1, 3, 4] = np.nan
    chosen = FeatureSettings(spacing_mm=(1, 1, 0.7), interpolation="cubic-spline", min_voxels=8)
    with pytest.raises(InputError, match="interpolation"):
        prepare(image, mask, settings=chosen)


def test_rounding_and_ranges_change_what_counts(block):
    image, mask = block
    chosen = SETTINGS.model_copy(update={"round_intensities": True, "intensity_range": (-1.0, None)})
    region = prepare(image, mask, settings=chosen)
    assert set(region.values) <= {-1.0, 0.0, 1.0, 2.0, 3.0}
    assert region.mask.sum() == 80
    assert region.inside.sum() == (np.rint(image[mask]) >= -1).sum()


def test_too_little_left_within_the_range_is_refused(block):
    with pytest.raises(InputError, match="within 'intensity_range'"):
        prepare(*block, settings=SETTINGS.model_copy(update={"intensity_range": (100.0, None)}))


def test_fixed_number_puts_the_extremes_into_the_first_and_last_bin():
    values = np.array([-4.0, -3.9, 0.0, 2.0, 3.99, 4.0])
    levels, n = grey_levels(values, Discretisation(n_bins=8))
    assert levels.tolist() == [1, 1, 5, 7, 8, 8]
    assert n == 8


def test_fixed_number_of_a_constant_region_is_one_level():
    levels, n = grey_levels(np.full(5, 3.0), Discretisation(n_bins=8))
    assert levels.tolist() == [1] * 5
    assert n == 8


def test_fixed_size_starts_where_it_is_told():
    sized = Discretisation(method="fixed-bin-size", bin_width=25)
    levels, n = grey_levels(np.array([-500.0, -475.1, -475.0, 12.0]), sized, lowest=-500)
    assert levels.tolist() == [1, 1, 2, 21]
    assert n == 21
    with pytest.raises(InputError) as refused:
        grey_levels(np.array([-501.0]), sized, lowest=-500)
    assert refused.value.code == "IGX-FEAT-009"


@pytest.mark.parametrize("values", [[1.0, 2.5], [0.0, 1.0], [-1.0, 3.0]])
def test_levels_that_are_no_levels_are_refused(values):
    with pytest.raises(InputError) as refused:
        grey_levels(np.array(values), Discretisation(method="none"))
    assert refused.value.code == "IGX-FEAT-008"


def test_a_million_levels_are_refused_before_memory_is_taken():
    narrow = Discretisation(method="fixed-bin-size", bin_width=1e-9)
    with pytest.raises(InputError) as refused:
        grey_levels(np.array([0.0, 1e6]), narrow, lowest=0)
    assert refused.value.code == "IGX-FEAT-011"
