"""The sphere of 1 cm3 against a slow search for its voxels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from imagenomics.features.local_intensity import local_intensity_features, sphere_means
from imagenomics.features.region import PEAK_RADIUS_MM
from imagenomics.features.settings import FeatureSettings

ONLY = FeatureSettings(families=("local-intensity",), min_voxels=1)


def slow_mean(image: np.ndarray, centre: tuple[int, ...], spacing: tuple[float, ...]) -> float:
    near = [
        image[p]
        for p in itertools.product(*map(range, image.shape))
        if sum(((a - b) * s) ** 2 for a, b, s in zip(p, centre, spacing, strict=True)) <= PEAK_RADIUS_MM**2
    ]
    return float(np.nanmean(near))


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 2.0), (5.0, 1.5, 2.5), (7.0, 7.0, 7.0)])
def test_means_look_beyond_the_region_and_not_beyond_the_image(region_of, spacing):
    image = np.random.default_rng(1).normal(size=(5, 9, 8))
    image[0, 0, 0] = np.nan  # outside the region: left out
    mask = np.zeros(image.shape, bool)
    mask[1:4, 2:7, 3:6] = True
    region = region_of(image, mask, spacing_mm=spacing, settings=ONLY)
    slow = [slow_mean(image, tuple(p), spacing) for p in np.argwhere(mask)]
    np.testing.assert_allclose(sphere_means(region), slow, rtol=1e-12, atol=1e-12)


def test_the_brightest_of_equal_peaks_counts(region_of):
    image = np.zeros((3, 3, 41))
    image[1, 1, 5] = image[1, 1, 35] = 10.0
    image[1, 1, 34] = 4.0
    region = region_of(image, np.ones(image.shape, bool), spacing_mm=(2.0, 2.0, 2.0), settings=ONLY)
    values = local_intensity_features(region, ONLY)
    assert values["loc_peak_loc"] == pytest.approx(slow_mean(image, (1, 1, 35), (2.0, 2.0, 2.0)))
    assert values["loc_peak_glob"] >= values["loc_peak_loc"]
