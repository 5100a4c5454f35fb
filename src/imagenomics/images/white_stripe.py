"""The white stripe: what normal white matter looks like in this image, found in its histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from imagenomics.errors import InputError

BINS = 1000
ENDS = (0.1, 99.9)  # percentiles between which the histogram lies
LEAST_PEAK = 0.2  # of the height of the highest one; lower ones are no tissue
FEWEST_VOXELS = 100


@dataclass(frozen=True)
class Stripe:
    """The voxels that set the scale.

    Parameters
    ----------
    peak : float
        Intensity of the peak of normal white matter.
    low, high : float
        Ends of the stripe.
    mean, sd : float
        Of the intensities between the ends.
    n_voxels : int
        Voxels between the ends.
    """

    peak: float
    low: float
    high: float
    mean: float
    sd: float
    n_voxels: int


def find_stripe(
    values: np.ndarray, *, contrast: Literal["T1", "T2"], width: float = 0.05, where: str | None = None
) -> Stripe:
    """Find normal white matter among the intensities of a brain.

    Parameters
    ----------
    values : ndarray (n,)
        Intensities of the brain, air and skull left out.
    contrast : {"T1", "T2"}
        White matter is the last peak of the smoothed histogram (T1), or its highest one (T2, FLAIR).
    width : float
        Share of the voxels that the stripe takes on each side of the peak.
    where : str, optional
        File, for messages.

    Raises
    ------
    InputError
        ``IGX-IMG-238``: fewer than 100 voxels, or no spread around the peak.

    Assumes
    -------
    In T1 no other tissue that is brighter than white matter makes a peak: cut scalp and fat away, or name the brain.

    Source
    ------
    Shinohara et al. 2014, NeuroImage: Clinical 6:9. Own implementation: a Gaussian kernel instead of penalised
    splines smooths the histogram (bandwidth by Silverman's rule); peaks below a fifth of the highest are left out.
    """
    if values.size < FEWEST_VOXELS:
        raise _no_stripe(f"only {values.size} voxels can hold normal white matter", where)
    low, high = np.percentile(values, ENDS)
    if not high > low:
        raise _no_stripe(f"the voxels are all equal ({low:g})", where)
    peak = _peak(values, float(low), float(high), contrast)
    rank = float((values <= peak).mean())
    ends = np.quantile(values, np.clip((rank - width, rank + width), 0, 1))
    inside = values[(values >= ends[0]) & (values <= ends[1])]
    sd = float(inside.std())
    if not sd > 0:
        raise _no_stripe(f"all voxels around the peak are equal ({peak:g})", where)
    return Stripe(peak, float(ends[0]), float(ends[1]), float(inside.mean()), sd, int(inside.size))


def _peak(values: np.ndarray, low: float, high: float, contrast: str) -> float:
    """Return the intensity of the last (T1) or highest (T2) peak of the smoothed histogram."""
    from scipy.ndimage import gaussian_filter1d

    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    step = edges[1] - edges[0]
    smooth = gaussian_filter1d(counts.astype(np.float64), _bandwidth(values) / step, mode="constant")
    rises = np.diff(np.concatenate([[0.0], smooth])) > 0
    falls = np.diff(np.concatenate([smooth, [0.0]])) <= 0
    peaks = np.flatnonzero(rises & falls & (smooth >= LEAST_PEAK * smooth.max()))
    chosen = peaks[-1] if contrast == "T1" else peaks[np.argmax(smooth[peaks])]
    return float((edges[chosen] + edges[chosen + 1]) / 2)


def _bandwidth(values: np.ndarray) -> float:
    """Return the width of the kernel by Silverman's rule of thumb (1986, eq. 3.31)."""
    quarters = np.percentile(values, (25, 75))
    spread = min(float(values.std()), float(quarters[1] - quarters[0]) / 1.34)
    return 0.9 * (spread or float(values.std())) * values.size**-0.2


def _no_stripe(what: str, where: str | None) -> InputError:
    return InputError(
        "IGX-IMG-238",
        f"there is no white stripe: {what}",
        where=where,
        expected=f"at least {FEWEST_VOXELS} voxels of brain with a spread of intensities",
        remedy="lower normalise.floor, correct normalise.region, or choose z-score",
    )
