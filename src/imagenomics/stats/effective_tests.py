"""How many independent tests a family of correlated columns is worth, from the eigenvalues of its correlations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
ROUNDING = 1e-9  # an eigenvalue this close to a whole number is that number: perfect copies would count twice


class EffectiveTests(NamedTuple):
    """Three estimates of the number of independent columns among M."""

    nyholt: float
    li_ji: float
    galwey: float


def correlation_eigenvalues(values: npt.ArrayLike) -> FloatArray:
    """Return the eigenvalues of the correlations of the columns, largest first.

    Parameters
    ----------
    values : array, (n, M)
        Numbers, NaN for missing; a missing value counts as its column's mean. Columns without spread are left out.

    Returns
    -------
    array, (M',)
        They sum to the number M' of columns with spread.

    Raises
    ------
    InputError
        ``IGX-ASSOC-030``: not a table of finite numbers.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or np.isinf(table).any():
        raise InputError(
            "IGX-ASSOC-030",
            f"correlations of an array of shape {table.shape} with {np.isinf(table).sum()} infinite values",
            expected="finite numbers, patients x columns, NaN for missing",
            remedy="give one row for each patient, and NaN where a value is not known",
        )
    known = ~np.isnan(table)
    filled = np.where(known, table, 0.0)
    centred = np.where(known, filled - filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1), 0.0)
    length = np.sqrt((centred**2).sum(axis=0))
    spread = length > 1e-12 * np.abs(filled).max(axis=0, initial=0.0) * np.sqrt(max(len(table), 1))
    unit = centred[:, spread] / length[spread]
    found = np.linalg.eigvalsh(unit @ unit.T if unit.shape[0] < unit.shape[1] else unit.T @ unit)[::-1]
    out = np.zeros(int(spread.sum()))
    out[: found.size] = np.maximum(found[: out.size], 0.0)
    return out


def effective_tests(eigenvalues: npt.ArrayLike) -> EffectiveTests:
    """Return how many independent columns M correlated ones are worth.

    Parameters
    ----------
    eigenvalues : array, (M,)
        Of a correlation matrix; they sum to M (``correlation_eigenvalues``).

    Returns
    -------
    EffectiveTests
        ``nyholt``: from the variance of the eigenvalues, 1 + (M - 1)(1 - Var / M), which is too large where a few
        blocks are correlated; ``li_ji``: one for each eigenvalue of at least 1, and the part of each that is beyond a
        whole number; ``galwey``: squared sum of roots over sum, between the two. All are 0 of no column.

    Raises
    ------
    InputError
        ``IGX-ASSOC-031``: eigenvalues that no correlation matrix has.

    Source
    ------
    Nyholt 2004, AJHG 74:765; Li & Ji 2005, Heredity 95:221; Galwey 2009, Genetic Epidemiology 33:559.
    """
    values = np.asarray(eigenvalues, dtype=np.float64).ravel()
    M = values.size
    if not M:
        return EffectiveTests(0.0, 0.0, 0.0)
    if not np.isfinite(values).all() or values.min() < -1e-8 * M or abs(values.sum() - M) > 1e-6 * M:
        raise InputError(
            "IGX-ASSOC-031",
            f"{M} eigenvalues from {values.min():.3g} on, with the sum {values.sum():.6g}",
            expected=f"eigenvalues of a correlation matrix: none below 0, with the sum {M}",
            remedy="take them from correlation_eigenvalues",
        )
    values = np.maximum(values, 0.0)
    whole = np.rint(values)
    values = np.where(np.abs(values - whole) < ROUNDING * M, whole, values)
    variance = float(values.var(ddof=1)) if M > 1 else 0.0
    return EffectiveTests(
        nyholt=1.0 + (M - 1.0) * (1.0 - variance / M),
        li_ji=float(((values >= 1.0) + (values - np.floor(values))).sum()),
        galwey=float(np.sqrt(values).sum() ** 2 / values.sum()),
    )
