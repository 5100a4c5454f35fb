"""Logistic models of 2 x 2 tables without covariates: closed forms of what the general models compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.firth import fit_firth
from imagenomics.associate.settings import Inference, Separation
from imagenomics.stats.chi_square import g_statistic

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Cells = tuple[IntArray, IntArray, IntArray, IntArray]
MODEL_NAMES: Mapping[str, str] = {
    "likelihood-ratio": "logistic regression (LR)",
    "wald": "logistic regression (Wald)",
}


class LogisticModel(NamedTuple):
    """How logistic models are tested, and what is done where the groups separate."""

    inference: Inference = "likelihood-ratio"
    separation: Separation = "firth"


def separate(cells: Cells) -> npt.NDArray[np.bool_]:
    """Return which tables have an empty cell, so that no odds ratio between 0 and infinity fits best."""
    a, b, c, d = cells
    return np.asarray((a * d == 0) | (b * c == 0))


def association(cells: Cells) -> FloatArray:
    """Return a number with the sign of the log odds ratio, that of Firth where a cell is empty."""
    half = 0.5 * separate(cells)
    a, b, c, d = (cell + half for cell in cells)
    return np.asarray(a * d - b * c)


def model_statistic(cells: Cells, model: LogisticModel) -> FloatArray:
    """Return the chi-square of the odds ratio; with an empty cell, Firth's penalised likelihood ratio.

    Of one table of two groups Jeffreys' prior is half a patient more in every cell, with the odds ratio free as
    with it held at 1: the penalised likelihood ratio is the G statistic of that table.
    """
    a, b, c, d = (cell.astype(np.float64) for cell in cells)
    if model.inference == "wald":
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(a * d / (b * c)) ** 2 / (1 / a + 1 / b + 1 / c + 1 / d)
    else:
        found = g_statistic((a, b, c, d))
    apart = separate(cells)
    found[apart] = g_statistic((a[apart] + 0.5, b[apart] + 0.5, c[apart] + 0.5, d[apart] + 0.5))
    return found


def firth_odds(
    cells: tuple[IntArray, ...], *, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Firth's odds ratios of 2 x 2 tables with their profile limits.

    Parameters
    ----------
    cells : four int arrays, (m,)
        Both, only the first, only the second, neither.
    """
    kinds, place = np.unique(np.stack(cells, axis=-1), axis=0, return_inverse=True)
    found = np.empty((len(kinds), 3))
    for row, counts in zip(found, kinds, strict=True):
        one = np.repeat([1.0, 1.0, 0.0, 0.0], counts)
        other = np.repeat([1.0, 0.0, 1.0, 0.0], counts)
        fit = fit_firth(other[:, None], one, nuisance=np.ones((one.size, 1)), confidence=confidence)
        row[:] = fit.slope, fit.low, fit.high
    effect, low, high = np.exp(found[place.reshape(-1)]).T
    return effect, low, high
