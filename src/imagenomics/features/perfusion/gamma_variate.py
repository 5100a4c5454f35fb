"""The gamma-variate: the first pass of a bolus without recirculation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from imagenomics.errors import InputError
from imagenomics.features.perfusion.curves import check_curves
from imagenomics.features.perfusion.least_squares import fit_curves

FIRST_PASS = 0.3  # of the peak: the fit ends where the curve has fallen so far
SHAPE = (0.2, 20.0)  # bounds of alpha


@dataclass(frozen=True, eq=False)
class GammaVariate:
    """Fitted gamma-variates of voxels (n,).

    Parameters
    ----------
    arrival_s : array (n,)
        Time of arrival.
    rise_s : array (n,)
        Time from arrival to peak.
    peak : array (n,)
        Height, in units of the curve.
    alpha : array (n,)
        Steepness of the rise.
    error : array (n,)
        Root of the mean squared difference within the first pass.
    """

    arrival_s: np.ndarray
    rise_s: np.ndarray
    peak: np.ndarray
    alpha: np.ndarray
    error: np.ndarray

    @property
    def area(self) -> np.ndarray:
        """Area under the curve (n,), to infinity."""
        grown = np.exp(self.alpha + gammaln(self.alpha + 1) - (self.alpha + 1) * np.log(self.alpha))
        return self.peak * self.rise_s * grown

    @property
    def mean_time_s(self) -> np.ndarray:
        """First moment of the curve (n,)."""
        return self.arrival_s + self.rise_s * (self.alpha + 1) / self.alpha

    def curves(self, times_s: np.ndarray) -> np.ndarray:
        """Return the fitted curves (n, t)."""
        return gamma_variate(np.stack([self.arrival_s, self.rise_s, self.peak, self.alpha], axis=1), times_s)


def gamma_variate(parameters: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Return curves (n, t) of arrival, rise, peak and alpha (n, 4).

    Source
    ------
    Madsen 1992, Physics in Medicine and Biology 37:1597: written with the place and height of the peak, its
    parameters hardly depend on each other.
    """
    arrival, rise, peak, alpha = (parameters[:, k, None] for k in range(4))
    since = np.maximum((times_s - arrival) / rise, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = np.exp(alpha * (np.log(since) + 1 - since))
    return peak * np.where(since > 0, grown, 0.0)


def fit_gamma_variate(curves: np.ndarray, times_s: np.ndarray, *, arrival_s: float) -> GammaVariate:
    """Fit a gamma-variate to the first pass of each curve.

    Parameters
    ----------
    curves : array (n, t)
        Curves that rise, baseline removed.
    times_s : array (t,)
        Times in seconds.
    arrival_s : float
        When the bolus arrives in the tissue as a whole, where the search starts.

    Returns
    -------
    GammaVariate
        NaN for curves that never rise.

    Raises
    ------
    InputError
        ``IGX-FEAT-050``, ``IGX-FEAT-051``, ``IGX-FEAT-052``: curves and times that do not fit; ``IGX-FEAT-056``: an
        arrival outside the series.
    """
    curves, times = check_curves(np.atleast_2d(curves), times_s)
    late = np.flatnonzero(times > arrival_s)
    if not times[0] <= arrival_s <= times[-2]:
        raise InputError(
            "IGX-FEAT-056",
            f"the bolus arrives at {arrival_s:g} s, the series runs from {times[0]:g} to {times[-1]:g} s",
            expected="an arrival within the series, with volumes after it",
            remedy="give the arrival on the clock of the series, in seconds",
        )
    top = late[0] + np.argmax(curves[:, late[0] :], axis=1)
    height = curves[np.arange(len(curves)), top]
    rise = np.maximum(times[top] - arrival_s, float(np.diff(times).min()))
    start = np.stack([np.full(len(curves), arrival_s), rise, height, np.full(len(curves), 3.0)], axis=1)
    weights = _first_pass(curves, top, height)
    span = float(times[-1] - times[0])
    found, error = fit_curves(
        lambda p: gamma_variate(p, times),
        start,
        curves,
        lower=(float(times[0]), 1e-3 * span, 0.0, SHAPE[0]),
        upper=(float(times[-1]), span, float("inf"), SHAPE[1]),
        weights=weights,
    )
    found[height <= 0] = np.nan
    root = np.sqrt(error / weights.sum(axis=1))
    return GammaVariate(found[:, 0], found[:, 1], found[:, 2], found[:, 3], root)


def _first_pass(curves: np.ndarray, top: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return 1 up to where each curve has fallen to a share of its peak, 0 after (n, t)."""
    place = np.arange(curves.shape[1])
    fallen = (place > top[:, None]) & (curves < FIRST_PASS * height[:, None])
    end = np.where(fallen.any(axis=1), fallen.argmax(axis=1), curves.shape[1])
    return (place <= end[:, None]).astype(np.float64)
