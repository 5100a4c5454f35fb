"""An arterial curve from the image itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.perfusion.curves import check_curves, running_area

LARGE = 0.9  # arteries are among the tenth of the voxels with the largest area
SUNK = 0.05  # of its peak: a curve that ends further below 0 leaks, and its first moment tells nothing
HIGH = 0.5  # of the mean of the highest peaks
SMOOTH = 0.75  # the quarter of those with the roughest curves is left out


@dataclass(frozen=True, eq=False)
class ArterialCurve:
    """A curve and the voxels that it is the mean of.

    Parameters
    ----------
    curve : array (t,)
        Mean curve, in units of the curves it was found in.
    voxels : array of int (k,)
        Their places among the voxels that were searched.
    """

    curve: np.ndarray
    voxels: np.ndarray


def find_arterial_curve(curves: np.ndarray, times_s: np.ndarray, *, n_voxels: int = 20) -> ArterialCurve:
    """Find voxels whose curve is large, smooth, early and narrow.

    Parameters
    ----------
    curves : array (n, t)
        Curves that rise, baseline removed; NaN where a voxel has none.
    times_s : array (t,)
        Times in seconds.
    n_voxels : int
        How many voxels are averaged, at most half of those that qualify.

    Returns
    -------
    ArterialCurve
        Among the tenth with the largest area, those at least half as high as the highest, without the roughest quarter
        and without those that end clearly below their baseline: the voxels with the least first moment.

    Raises
    ------
    InputError
        ``IGX-FEAT-057``: fewer than 20 voxels with a rising curve.

    Assumes
    -------
    An artery that fills its voxel. Where tissue is mixed in, the curve is too small and flows too large; relative
    flows stay.

    Source
    ------
    Mouridsen 2006, Magnetic Resonance in Medicine 55:524: its criteria (area, roughness, first moment of curves
    of unit area), ranked instead of clustered, so that no start value matters.
    """
    known = np.flatnonzero(np.isfinite(curves).all(axis=1))
    filled, times = check_curves(np.nan_to_num(curves), times_s)
    rising = filled[known]
    area = running_area(rising, times)[:, -1]
    late = rising[:, -max(len(times) // 10, 1) :].mean(axis=1)
    candidates = np.flatnonzero((area > 0) & (late >= -SUNK * rising.max(axis=1, initial=0.0)))
    if len(candidates) < 20:
        raise InputError(
            "IGX-FEAT-057",
            f"no arterial curve: only {len(candidates)} voxels have a curve that rises",
            expected="at least 20",
            remedy="search the whole brain and not the lesion alone, or give the arterial curve",
        )
    candidates = candidates[area[candidates] >= np.quantile(area[candidates], LARGE)]
    peaks = rising[candidates].max(axis=1)
    candidates = candidates[peaks >= HIGH * np.sort(peaks)[-n_voxels:].mean()]
    unit = rising[candidates] / area[candidates, None]
    rough = (np.diff(unit, n=2, axis=1) ** 2).sum(axis=1)
    kept = rough <= np.quantile(rough, SMOOTH)
    candidates, unit = candidates[kept], unit[kept]
    moment = np.trapezoid(unit * times, times, axis=1)
    n = max(1, min(n_voxels, len(candidates) // 2))
    chosen = np.sort(candidates[np.argsort(moment, kind="stable")[:n]])
    return ArterialCurve(rising[chosen].mean(axis=0), known[chosen])
