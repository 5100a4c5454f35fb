"""Chi-square tests of tables of counts: Pearson's, with Yates's correction, and the likelihood ratio G."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.counts import four_cells, whole_table
from imagenomics.stats.explained import cramers_v
from imagenomics.stats.fisher import Counts
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]
Cells = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def chi_square_2x2(counts: Counts, *, yates: bool = False, confidence: float = 0.95) -> Tested:
    """Test whether rows and columns of 2 x 2 tables go together, by Pearson's chi-square.

    Parameters
    ----------
    counts : four arrays of counts that broadcast
        First group with and without the trait, second group with and without.
    yates : bool
        Move each count by up to one half towards its expectation; close to Fisher's exact test.
    confidence : float

    Returns
    -------
    Tested
        The effect is Cramer's V (phi without its sign) of the uncorrected statistic. NaN where a margin is empty.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts.

    Assumes
    -------
    Expected counts of about 5 or more; use :func:`~imagenomics.stats.fisher.fisher` below.

    Source
    ------
    Pearson 1900, Philosophical Magazine 50:157; Yates 1934, Supplement to the JRSS 1:217.
    """
    a, b, c, d = four_cells(counts)
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(a * d - b * c)
        scale = n / ((a + b) * (c + d) * (a + c) * (b + d))
        plain = away**2 * scale
        statistic = np.maximum(away - n / 2.0, 0.0) ** 2 * scale if yates else plain
    v, low, high = cramers_v(plain, np.ones_like(n), n, confidence=confidence)
    return tested(v, low, high, statistic, 1.0, special.chdtrc(1.0, statistic))


def chi_square(table: npt.ArrayLike, *, confidence: float = 0.95) -> Tested:
    """Test whether rows and columns of one table of counts go together.

    Parameters
    ----------
    table : array of counts, (R, C)
        Empty rows and columns are left out.
    confidence : float

    Returns
    -------
    Tested
        The effect is Cramer's V.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-044``: fewer than two rows or columns.
    """
    counts = whole_table(table)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    statistic = ((counts - expected) ** 2 / expected).sum()
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    v, low, high = cramers_v(statistic, df, counts.sum() * (min(counts.shape) - 1), confidence=confidence)
    return tested(v, low, high, statistic, df, special.chdtrc(df, statistic))


def g_statistic(cells: Cells) -> FloatArray:
    """Return twice the gain in log likelihood of the logistic model (the G statistic) of 2 x 2 tables.

    Parameters
    ----------
    cells : four float arrays of one shape
        Both, only the first, only the second, neither.
    """
    a, b, c, d = cells
    n = a + b + c + d
    total = np.zeros(n.shape)
    for cell, row, column in ((a, a + b, a + c), (b, a + b, b + d), (c, c + d, a + c), (d, c + d, b + d)):
        with np.errstate(divide="ignore", invalid="ignore"):
            total += np.where(cell > 0, cell * np.log(cell * n / (row * column)), 0.0)
    return np.maximum(2.0 * total, 0.0)
