"""Re-segmentation: ranges include their ends, outliers are judged after the range."""

from __future__ import annotations

import numpy as np

from imagenomics.images.resegment import resegment

IMAGE = np.array([[[0.0, 1.0, 2.0, 3.0, 4.0, 100.0]]])
MASK = np.array([[[False, True, True, True, True, True]]])


def test_nothing_asked_keeps_the_region():
    kept = resegment(IMAGE, MASK)
    assert np.array_equal(kept, MASK)
    assert kept is not MASK


def test_a_range_includes_its_ends():
    assert resegment(IMAGE, MASK, intensity_range=(2.0, 4.0)).ravel().tolist() == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    assert resegment(IMAGE, MASK, intensity_range=(None, 1.0)).sum() == 1
    assert resegment(IMAGE, MASK, intensity_range=(3.0, None)).sum() == 3


def test_outliers_are_judged_by_what_the_range_has_kept():
    image = np.concatenate([np.tile([9.0, 11.0], 50), [14.0, 1000.0]]).reshape(1, 1, -1)
    mask = np.ones(image.shape, bool)
    assert resegment(image, mask, outlier_sigma=3).sum() == 101  # 1000 hides 14
    assert resegment(image, mask, intensity_range=(None, 500), outlier_sigma=3).sum() == 100


def test_an_empty_remainder_stays_empty():
    assert not resegment(IMAGE, MASK, intensity_range=(500, None), outlier_sigma=3).any()
