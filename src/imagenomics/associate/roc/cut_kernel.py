"""Compiled core of cut-offs: one chosen in some patients, and tried on the others, fold by fold."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
YOUDEN, SENSITIVITY, SPECIFICITY = 0, 1, 2
TIE = 1e-12


@njit(cache=True, nogil=True, error_model="numpy")
def _area(values: FloatArray, labels: IntArray, inside: IntArray) -> float:
    """Return the AUC of sorted values among the patients inside; NaN without one of either class."""
    n = values.size
    ones, zeros, won, i = 0.0, 0.0, 0.0, 0
    while i < n:
        j, one, zero = i, 0.0, 0.0
        while j < n and values[j] == values[i]:
            if inside[j]:
                one += labels[j]
                zero += 1 - labels[j]
            j += 1
        won += one * (zeros + 0.5 * zero)
        ones += one
        zeros += zero
        i = j
    return won / (ones * zeros) if ones * zeros > 0.0 else math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _cut(values: FloatArray, labels: IntArray, inside: IntArray, side: int, rule: int, level: float) -> float:
    """Return the cut-off among the patients inside; positive is who lies at it or beyond, on ``side`` (1 or -1)."""
    n = values.size
    ones, zeros = 0.0, 0.0
    for k in range(n):
        if inside[k]:
            ones += labels[k]
            zeros += 1 - labels[k]
    found, false = ones, zeros
    best, chosen = 0.0, -math.inf
    last, any_passed = 0.0, False
    for k in range(n):
        place = k if side > 0 else n - 1 - k
        if not inside[place]:
            continue
        value = side * values[place]
        if any_passed and value > last:
            middle = 0.5 * (last + value)
            middle = value if middle <= last else middle
            caught, spared = found / ones, 1.0 - false / zeros
            if rule == YOUDEN and caught + spared - 1.0 > best + TIE:
                best, chosen = caught + spared - 1.0, middle
            elif rule == SENSITIVITY and caught >= level - TIE:
                chosen = middle
            elif rule == SPECIFICITY and spared >= level - TIE:
                return side * middle
        found -= labels[place]
        false -= 1 - labels[place]
        last, any_passed = value, True
    return side * (math.inf if rule == SPECIFICITY else chosen)


@njit(cache=True, nogil=True, error_model="numpy")
def _count(
    values: FloatArray, labels: IntArray, inside: IntArray, side: int, cut: float, out: FloatArray
) -> None:
    """Add the patients inside to ``out``: found, missed, false alarms, spared."""
    for k in range(values.size):
        if inside[k]:
            positive = side * values[k] >= side * cut
            out[(0 if positive else 1) if labels[k] else (2 if positive else 3)] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def try_cuts(
    values: FloatArray, labels: IntArray, folds: IntArray, declared: int, rule: int, level: float
) -> FloatArray:
    """Choose a cut-off in all patients, and in each training part, where it is tried on the patients left out.

    Parameters
    ----------
    values : array, (n,)
        Sorted, without missing ones.
    labels : int array, (n,)
        1 for the positive class, else 0.
    folds : int array, (repeats, n)
        Fold of each patient, from 0.
    declared : int
        1: high values speak for the positive class; -1: low ones; 0: those that do so among the patients at hand.
    rule : int
        ``YOUDEN``, or ``SENSITIVITY`` or ``SPECIFICITY`` of at least ``level``.

    Returns
    -------
    array, (13,)
        Cut-off and side in all patients; found, missed, false alarms and spared by it among them; the same four of
        patients left out, as means of the repeats; smallest and largest cut-off of the training parts on that side, and
        their share. All NaN where a training part lacks a class.
    """
    n, repeats = values.size, folds.shape[0]
    out = np.zeros(13)
    inside = np.ones(n, dtype=np.int64)
    side = declared if declared != 0 else (1 if _area(values, labels, inside) >= 0.5 else -1)
    cut = _cut(values, labels, inside, side, rule, level)
    out[0], out[1], out[10], out[11] = cut, side, math.inf, -math.inf
    _count(values, labels, inside, side, cut, out[2:6])
    parts, same = 0, 0
    for repeat in range(repeats):
        for fold in range(folds[repeat].max() + 1):
            tested = 0
            for k in range(n):
                inside[k] = 0 if folds[repeat, k] == fold else 1
                tested += 1 - inside[k]
            if tested == 0:
                continue
            area = _area(values, labels, inside)
            if math.isnan(area):
                out[:] = math.nan
                return out
            here = declared if declared != 0 else (1 if area >= 0.5 else -1)
            found = _cut(values, labels, inside, here, rule, level)
            parts += 1
            if here == side:
                same += 1
                out[10], out[11] = min(out[10], found), max(out[11], found)
            for k in range(n):
                inside[k] = 1 - inside[k]
            _count(values, labels, inside, here, found, out[6:10])
    out[6:10] /= repeats
    out[12] = same / parts
    return out
