"""Features that are missing for the same patients, so that each group is fitted at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imagenomics.prepare.base import FloatArray, IntArray
from imagenomics.prepare.roles import BoolArray


def same_gaps(features: FloatArray, known: BoolArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the columns of ``features`` (n, p) that share their gaps, with the rows where they have values.

    Parameters
    ----------
    features : array, (n, p)
        NaN is missing.
    known : array of bool, (n,)
        Rows that may be used at all.
    """
    present = ~np.isnan(features) & known[:, None]
    patterns, group = np.unique(present, axis=1, return_inverse=True)
    for g, pattern in enumerate(patterns.T):
        columns = np.flatnonzero(group.ravel() == g).astype(np.int64)
        yield columns, np.flatnonzero(pattern).astype(np.int64)


def least_squares(design: FloatArray, values: FloatArray) -> FloatArray:
    """Return the coefficients (q, k) of ``values`` (m, k) on ``design`` (m, q), whatever the units of its columns."""
    length = np.sqrt((design**2).sum(axis=0))
    length = np.where(length > 0, length, 1.0)
    found = np.linalg.lstsq(design / length, values, rcond=None)[0]
    return np.asarray(found / length[:, None], dtype=np.float64)
