"""Logistic regression with a finite answer where groups separate: Firth's penalised likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.design import orthonormal
from imagenomics.associate.firth_kernel import scan_firth
from imagenomics.stats.effects import critical_z

FloatArray = npt.NDArray[np.float64]
NAME = "logistic regression (Firth)"


class FirthFit(NamedTuple):
    """One penalised fit; the slope and its limits are NaN where several columns are tested.

    Parameters
    ----------
    ratio : float
        Penalised likelihood ratio of the tested columns; NaN where the fit found no maximum.
    df : int
        Columns that the tested ones add to the others.
    slope, low, high : float
        Coefficient of the one tested column with its profile interval.
    """

    ratio: float
    df: int
    slope: float
    low: float
    high: float


def fit_firth(
    tested: FloatArray, response: FloatArray, *, nuisance: FloatArray, confidence: float
) -> FirthFit:
    """Return the penalised likelihood ratio of the tested columns, and the slope of a single one.

    The likelihood is multiplied by the root of the determinant of the information of the whole model (Jeffreys'
    prior), also where the tested coefficients are held at 0.

    Parameters
    ----------
    tested : array, (n, d)
    response : array, (n,)
        0 and 1.
    nuisance : array, (n, c)
        What the model adjusts for, the intercept among it.
    confidence : float
        Of the profile interval.

    Source
    ------
    Firth 1993, Biometrika 80:27; Heinze & Schemper 2002, Statistics in Medicine 21:2409.
    """
    base = orthonormal(nuisance)
    both = orthonormal(np.hstack([base, tested]))
    df = both.shape[1] - base.shape[1]
    if df == 0:
        return FirthFit(np.nan, 0, np.nan, np.nan, np.nan)
    found = np.empty(4)
    rows = np.ascontiguousarray(both.T)
    cutoff = critical_z(confidence) ** 2
    scan_firth(rows, np.ascontiguousarray(response, dtype=np.float64), base.shape[1], cutoff, found)
    if df > 1 or tested.shape[1] > 1:
        return FirthFit(float(found[0]), df, np.nan, np.nan, np.nan)
    slope, low, high = (found[1:] / (both[:, -1] @ tested[:, 0])).tolist()
    return FirthFit(float(found[0]), df, slope, low, high)
