"""Numeric columns in which almost all patients have one value: where their rare values cannot meet, no test is made.

Rank and linear tests take their p values from smooth distributions. Of a column with three patients above zero and
another with four, the statistic has a handful of values, and the smooth tail is wrong by orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.sides import NUMERIC, Side

Places = npt.NDArray[np.intp]
EXPECTED = 5.0  # patients in whom both columns are expected to differ from their commonest values


class Part(NamedTuple):
    """Some targets and features, and whether their pairs are too rare to be tested."""

    targets: Places
    features: Places
    rare: bool


def other_than_commonest(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return for each column (N, p) how many known values differ from the commonest one."""
    ordered = np.sort(values, axis=0)  # NaN last, and equal to nothing
    known = (~np.isnan(values)).sum(axis=0)
    longest = np.minimum(known, 1)
    repeated = np.flatnonzero((ordered[1:] == ordered[:-1]).any(axis=0))
    some, run = ordered[:, repeated], longest[repeated]
    for row in range(1, len(some) if repeated.size else 0):
        run = np.where(some[row] == some[row - 1], run + 1, 1)
        longest[repeated] = np.maximum(longest[repeated], np.where(row < known[repeated], run, 0))
    return np.asarray(known - longest, dtype=np.int64)


def split_rare(features: Side, targets: Side, *, min_group: int) -> Iterator[Part]:
    """Part a rectangle of kinds into pairs that can be tested and pairs that are too rare.

    A numeric column needs ``min_group`` values other than its commonest one. Where both columns have one value in at
    least half of the patients, and one of them is numeric, the number of patients in whom both differ from it must be
    expected to be 5 at least. The numbers are those of whole columns, rounded down to half octaves, so that a pair's
    answer depends on nothing but its two columns and their patients.

    Parameters
    ----------
    features, targets : Side
        Columns of one group of kinds each.
    min_group : int
        See :class:`~imagenomics.associate.settings.AssociateSettings`.
    """
    n = len(features.values)
    f_all, t_all = np.arange(len(features.names)), np.arange(len(targets.names))
    sides = (features, targets)
    numeric = [bool(np.isin(side.kinds, NUMERIC).all()) for side in sides]
    if not any(numeric) or not n:
        yield Part(t_all, f_all, False)
        return
    counts = [other_than_commonest(side.values) for side in sides]
    known = [(~np.isnan(side.values)).sum(axis=0) for side in sides]
    few_f, few_t = (
        (c > 0) & (c < min_group) & (2 * c <= k) & is_numeric
        for c, k, is_numeric in zip(counts, known, numeric, strict=True)
    )
    # Constant columns and small groups have reasons of their own, which the tests give.
    f, t = (
        np.where((c < min_group) | (2 * c > k), float(n), _half_octaves(c, n))
        for c, k in zip(counts, known, strict=True)
    )
    yield from _some(t_all, f_all[few_f], rare=True)
    yield from _some(t_all[few_t], f_all[~few_f], rare=True)
    f_all, t_all = f_all[~few_f], t_all[~few_t]
    for count in np.unique(f[f_all]):
        here = f_all[f[f_all] == count]
        meet = (t[t_all] * count >= EXPECTED * n) | (count > n / 2) | (t[t_all] > n / 2)
        yield from _some(t_all[meet], here, rare=False)
        yield from _some(t_all[~meet], here, rare=True)


def _half_octaves(counts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.float64]:
    """Round counts down to n / 2, n / 2 / sqrt(2), ..."""
    with np.errstate(divide="ignore"):
        steps = np.ceil(2.0 * np.log2(n / 2.0 / np.maximum(counts, 0.25)) - 1e-9)
    return np.asarray(n / 2.0 / 2.0 ** (np.maximum(steps, 0) / 2.0), dtype=np.float64)


def _some(targets: Places, features: Places, *, rare: bool) -> Iterator[Part]:
    if targets.size and features.size:
        yield Part(targets, features, rare)
