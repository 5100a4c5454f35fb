"""Patients of either class, and of the scarce one, for each kind of target."""

from __future__ import annotations

import pytest

from imagenomics.stats.class_counts import count_classes, scarcest


@pytest.mark.parametrize(
    ("y", "task", "counts", "fewest"),
    [
        ([1, 0, 0, 1, 0], "binary", (2, 3), 2),
        ([1, 1, 1, 0], "binary", (3, 1), 1),
        ([1, 1], "binary", (2, 0), 0),
        ([3.0, -2.0, 5.0, 4.0], "survival", (3, 1), 3),
        ([-3.0, -2.0], "survival", (0, 2), 0),
        ([0.5, -1.0, 0.0], "continuous", (None, None), 3),
    ],
)
def test_counts_of_either_class_and_of_the_scarce_one(y, task, counts, fewest):
    assert count_classes(y, task) == counts
    assert scarcest(y, task) == fewest
