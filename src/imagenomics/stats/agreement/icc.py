"""Intraclass correlations of repeated measurements, for many features in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError, unknown_name
from imagenomics.stats.agreement.estimate import ROUNDING, FloatArray, numbers
from imagenomics.stats.effects import critical_z

Form = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of the two-way layout: between patients, within them, between measurements, and the rest."""

    between: FloatArray
    within: FloatArray
    judges: FloatArray
    error: FloatArray
    n: FloatArray
    k: int


@dataclass(frozen=True)
class IntraclassCorrelation:
    """An intraclass correlation with its interval, for each feature.

    Parameters
    ----------
    form : str
        Name after Shrout and Fleiss.
    estimate, low, high : array
        The correlation and the limits of its interval.
    f, df1, df2, p : array
        The F statistic of 'patients do not differ', its degrees of freedom and p value.
    n : array
        Patients with all their measurements.
    k : int
        Measurements of each patient.
    """

    form: Form
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    f: FloatArray
    df1: FloatArray
    df2: FloatArray
    p: FloatArray
    n: FloatArray
    k: int


def icc(values: npt.ArrayLike, *, form: Form = "ICC(2,1)", confidence: float = 0.95) -> IntraclassCorrelation:
    """Say which share of the variance between measurements is that between patients.

    Parameters
    ----------
    values : array, (..., n, k)
        k measurements of n patients, for any number of features. A patient with a missing measurement does not
        count for that feature.
    form : str
        ``ICC(1,.)``: measurements are exchangeable, such as random perturbations. ``ICC(2,.)``: the same k
        readers or scanners for all patients, drawn from many; absolute agreement. ``ICC(3,.)``: these readers
        only; consistency. ``(.,1)`` speaks of one measurement, ``(.,k)`` of the mean of k.
    confidence : float

    Returns
    -------
    IntraclassCorrelation
        NaN with fewer than 2 patients, or where nothing varies at all.

    Raises
    ------
    InputError
        ``IGX-STAT-021``: fewer than two measurements; ``IGX-STAT-022``: an infinite value; ``IGX-STAT-023``:
        unknown form.

    Assumes
    -------
    Normal errors of equal variance: the intervals rest on F distributions (that of form 2 on Satterthwaite's
    approximation).

    Source
    ------
    Shrout & Fleiss 1979, Psychological Bulletin 86:420; McGraw & Wong 1996, Psychological Methods 1:30.
    """
    if form not in FORMS:
        raise unknown_name("IGX-STAT-023", "form of the ICC", form, FORMS)
    critical_z(confidence)  # refuses an impossible confidence
    ms = mean_squares(values)
    noise = ms.within if form.startswith("ICC(1") else ms.error
    with np.errstate(divide="ignore", invalid="ignore"):
        df1 = np.where(ms.n > 1, ms.n - 1.0, np.nan)
        df2 = ms.n * (ms.k - 1.0) if form.startswith("ICC(1") else df1 * (ms.k - 1.0)
        f = ms.between / noise
        found = (
            _two_way(ms, confidence) if form.startswith("ICC(2") else _plain(ms, noise, df1, df2, confidence)
        )
        r, low, high = (_of_mean(v, ms.k) if form.endswith("k)") else v for v in found)
        p = special.fdtrc(df1, df2, f)
    return IntraclassCorrelation(form, r, low, high, f, df1, df2, p, ms.n, ms.k)


def mean_squares(values: npt.ArrayLike) -> MeanSquares:
    """Return the mean squares of ``values`` (..., n, k); see :func:`icc` for what is refused."""
    x = numbers(values, what="measurements")
    if x.ndim < 2 or x.shape[-1] < 2:
        raise InputError(
            "IGX-STAT-021",
            f"measurements of shape {x.shape} hold no repetition",
            expected="an array (..., patients, measurements) with two measurements or more",
        )
    k = x.shape[-1]
    known = ~np.isnan(x).any(axis=-1, keepdims=True)
    n = known.sum(axis=(-2, -1)).astype(np.float64)
    size = np.where(known, np.abs(x), 0.0).max(axis=(-2, -1), initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(known, x, 0.0)
        x = np.where(known, x - (x.sum(axis=(-2, -1)) / (n * k))[..., None, None], 0.0)
        rows = x.mean(axis=-1, keepdims=True)
        columns = (x.sum(axis=-2) / n[..., None])[..., None, :]
        least = (ROUNDING * size) ** 2  # what rounding alone can make of equal values
        between = _floor((rows[..., 0] ** 2).sum(axis=-1) * k / (n - 1.0), least)
        within = _floor(((x - rows) ** 2).sum(axis=(-2, -1)) / (n * (k - 1.0)), least)
        judges = _floor((columns[..., 0, :] ** 2).sum(axis=-1) * n / (k - 1.0), least)
        rest = np.where(known, x - rows - columns, 0.0)
        error = _floor((rest**2).sum(axis=(-2, -1)) / ((n - 1.0) * (k - 1.0)), least)
    between, within, judges, error = (np.where(n < 2, np.nan, v) for v in (between, within, judges, error))
    return MeanSquares(between, within, judges, error, n, k)


def _of_mean(r: FloatArray, k: int) -> FloatArray:
    """Return the correlation of the mean of k measurements (Spearman and Brown)."""
    return k * r / (1.0 + (k - 1.0) * r)


def _floor(square: FloatArray, least: FloatArray) -> FloatArray:
    return np.where(square <= least, 0.0, square)


def _plain(
    ms: MeanSquares, noise: FloatArray, df1: FloatArray, df2: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the single-measurement correlation and its exact interval, forms 1 and 3."""
    tail = 0.5 + confidence / 2.0
    worst, best = special.fdtri(df1, df2, tail), special.fdtri(df2, df1, tail)
    return (
        _share(ms.between, noise, ms.k),
        _share(ms.between, worst * noise, ms.k),
        _share(best * ms.between, noise, ms.k),
    )


def _share(between: FloatArray, noise: FloatArray, k: int) -> FloatArray:
    return (between - noise) / (between + (k - 1.0) * noise)


def _two_way(ms: MeanSquares, confidence: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the absolute-agreement correlation of one measurement and its approximate interval, form 2."""
    n, k = ms.n, ms.k
    r = (ms.between - ms.error) / (ms.between + (k - 1.0) * ms.error + k * (ms.judges - ms.error) / n)
    # Degrees of freedom of a MSJ + b MSE, both multiplied by n (1 - r) so that r = 1 needs no limit.
    a, b = k * r, n * (1.0 - r) + k * r * (n - 1.0)
    mixed = a * ms.judges + b * ms.error
    df = mixed**2 / ((a * ms.judges) ** 2 / (k - 1.0) + (b * ms.error) ** 2 / ((n - 1.0) * (k - 1.0)))
    df = np.where((mixed == 0) & ~np.isnan(r), (n - 1.0) * (k - 1.0), df)
    tail = 0.5 + confidence / 2.0
    worst, best = special.fdtri(n - 1.0, df, tail), special.fdtri(df, n - 1.0, tail)
    other = k * ms.judges + (k * n - k - n) * ms.error
    low = n * (ms.between - worst * ms.error) / (worst * other + n * ms.between)
    high = n * (best * ms.between - ms.error) / (other + n * best * ms.between)
    return r, low, high
