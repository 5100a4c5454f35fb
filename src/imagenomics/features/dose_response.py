"""How tissue changed with the dose it got: the slope over dose of the voxels of one patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from imagenomics.errors import InputError
from imagenomics.settings import Settings

FloatArray = npt.NDArray[np.float64]
MIDDLE = (5.0, 95.0)  # percentiles between which the range of dose is taken
HUBER = 1.345  # 95% efficient where errors are normal
NORMAL_MAD = 0.6744897501960817
FEWEST_BINS = 3
MOST_ROUNDS, TOLERANCE = 100, 1e-10


class DoseResponseSettings(Settings):
    """Which voxels a slope over dose is taken from, and how they are binned."""

    bin_gy: float = Field(5.0, gt=0, description="Width of the bins of dose, in Gy, that start at 0.")
    min_bin_voxels: int = Field(20, ge=1, description="Bins with fewer voxels do not count.")
    from_gy: float = Field(0.0, ge=0, description="Voxels with a smaller dose are left out.")
    to_gy: float | None = Field(None, gt=0, description="Voxels with a larger dose are left out.")
    min_voxels: int = Field(100, ge=10, description="Fewest voxels of a region for a slope.")
    min_range_gy: float = Field(
        5.0,
        gt=0,
        description="Least distance between the 5th and the 95th percentile of the dose in a region, in Gy: where all "
        "voxels got about one dose there is no slope.",
    )


@dataclass(frozen=True)
class Line:
    """A straight line: its intercept and its slope."""

    intercept: float
    slope: float

    def at(self, x: FloatArray) -> FloatArray:
        """Return the line at x."""
        return self.intercept + self.slope * x


def dose_response(
    dose_gy: FloatArray, change: FloatArray, *, settings: DoseResponseSettings
) -> dict[str, float | str]:
    """Say how much one patient's tissue changed for each gray.

    Parameters
    ----------
    dose_gy : array, (n,)
        Dose of each voxel in Gy; NaN where there is none.
    change : array, (n,)
        After less before, in the unit of the image; NaN where there is none.
    settings : DoseResponseSettings

    Returns
    -------
    dict
        ``slope_per_gy, intercept, r2`` (least squares over voxels), ``slope_huber_per_gy, intercept_huber`` (the same
        with Huber's weights), ``slope_bins_per_gy, intercept_bins, r2_bins, n_bins`` (Theil and Sen's slope of the
        medians of bins; ``r2_bins`` is that of a line through their means), ``change_mean, dose_mean_gy, dose_p5_gy,
        dose_p95_gy, n_voxels``. A text says why there is no value.

    Raises
    ------
    InputError
        ``IGX-FEAT-190``: too few voxels; ``IGX-FEAT-191``: about one dose everywhere; ``IGX-FEAT-192``: a dose below
        zero.

    Assumes
    -------
    Registration was right: voxels that are not the same tissue make slopes smaller and noisier. Neighbouring voxels
    are no independent observations, so that there is no p value and no standard error: those of a regression over
    voxels would be too small by orders of magnitude. The slope describes one patient; patients are compared.

    Source
    ------
    De Ruysscher et al. 2013, Acta Oncologica 52:1405 (``deruysscher2013_rild_ct``); Huber 1964, Annals of Mathematical
    Statistics 35:73; Sen 1968, Journal of the American Statistical Association 63:1379.
    """
    dose, y = _kept(np.asarray(dose_gy, np.float64), np.asarray(change, np.float64), settings)
    low, high = np.percentile(dose, MIDDLE)
    _refuse_one_dose(float(low), float(high), settings)
    line, huber = least_squares(dose, y), huber_line(dose, y)
    found: dict[str, float | str] = {
        "slope_per_gy": line.slope,
        "intercept": line.intercept,
        "r2": _explained(dose, y),
        "slope_huber_per_gy": huber.slope,
        "intercept_huber": huber.intercept,
    }
    found |= _of_bins(dose, y, settings)
    found |= {"change_mean": float(y.mean()), "dose_mean_gy": float(dose.mean())}
    return found | {"dose_p5_gy": float(low), "dose_p95_gy": float(high), "n_voxels": float(dose.size)}


def least_squares(x: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Line:
    """Return the line of least (weighted) squares."""
    w = np.ones_like(x) if weights is None else weights
    total = w.sum()
    mean_x, mean_y = (w @ x) / total, (w @ y) / total
    dx = x - mean_x
    slope = (w * dx) @ (y - mean_y) / ((w * dx) @ dx)
    return Line(float(mean_y - slope * mean_x), float(slope))


def huber_line(x: FloatArray, y: FloatArray) -> Line:
    """Return the line with Huber's weights; residuals are scaled by the median of their sizes."""
    line = least_squares(x, y)
    for _ in range(MOST_ROUNDS):
        rest = y - line.at(x)
        scale = float(np.median(np.abs(rest))) / NORMAL_MAD
        if scale <= 0:
            return line
        away = np.abs(rest) / scale
        found = least_squares(x, y, np.where(away <= HUBER, 1.0, HUBER / np.maximum(away, HUBER)))
        moved = max(abs(found.slope - line.slope) * float(np.ptp(x)), abs(found.intercept - line.intercept))
        line = found
        if moved <= TOLERANCE * scale:
            break
    return line


def theil_sen(x: FloatArray, y: FloatArray) -> Line:
    """Return the median of the slopes between every two points, through the median of both."""
    a, b = np.triu_indices(len(x), 1)
    slope = float(np.median((y[b] - y[a]) / (x[b] - x[a])))
    return Line(float(np.median(y) - slope * np.median(x)), slope)


def _of_bins(dose: FloatArray, change: FloatArray, settings: DoseResponseSettings) -> dict[str, float | str]:
    which = np.floor(dose / settings.bin_gy).astype(np.int64)
    bins, place, sizes = np.unique(which, return_inverse=True, return_counts=True)
    full = np.flatnonzero(sizes >= settings.min_bin_voxels)
    if len(full) < FEWEST_BINS:
        why = (
            f"{len(full)} of {len(bins)} bins of {settings.bin_gy:g} Gy have {settings.min_bin_voxels} voxels, "
            f"and a slope of bins needs {FEWEST_BINS}"
        )
        return dict.fromkeys(("slope_bins_per_gy", "intercept_bins", "r2_bins"), why) | {
            "n_bins": float(len(full))
        }
    x = np.array([dose[place == k].mean() for k in full])
    line = theil_sen(x, np.array([np.median(change[place == k]) for k in full]))
    means = np.array([change[place == k].mean() for k in full])
    return {
        "slope_bins_per_gy": line.slope,
        "intercept_bins": line.intercept,
        "r2_bins": _explained(x, means),
        "n_bins": float(len(full)),
    }


def _explained(x: FloatArray, y: FloatArray) -> float:
    """Return the share of the variance of y that a line explains; NaN where y does not vary."""
    dx, dy = x - x.mean(), y - y.mean()
    spread = float((dx @ dx) * (dy @ dy))
    return float((dx @ dy) ** 2 / spread) if spread > 0 else float("nan")


def _kept(
    dose: FloatArray, change: FloatArray, settings: DoseResponseSettings
) -> tuple[FloatArray, FloatArray]:
    if (dose < 0).any():
        raise InputError(
            "IGX-FEAT-192",
            f"{int((dose < 0).sum())} voxels have a dose below zero, the least {float(np.nanmin(dose)):g} Gy",
            expected="doses of 0 Gy or more",
            remedy="give the dose map itself, neither normalised nor a difference of two",
        )
    most = np.inf if settings.to_gy is None else settings.to_gy
    kept = np.isfinite(dose) & np.isfinite(change) & (dose >= settings.from_gy) & (dose <= most)
    n = int(kept.sum())
    if n < settings.min_voxels:
        raise InputError(
            "IGX-FEAT-190",
            f"{n} voxels of the region have a dose in the range and both intensities",
            expected=f"min_voxels = {settings.min_voxels} or more",
            remedy="look whether the dose map covers the region, and at from_gy and to_gy",
        )
    return dose[kept], change[kept]


def _refuse_one_dose(low: float, high: float, settings: DoseResponseSettings) -> None:
    if high - low < settings.min_range_gy:
        raise InputError(
            "IGX-FEAT-191",
            f"the dose hardly varies in the region: from {low:g} to {high:g} Gy (5th to 95th percentile)",
            expected=f"min_range_gy = {settings.min_range_gy:g} Gy or more between them",
            remedy="take a region that reaches beyond the target, such as the whole lung; check gy_per_unit",
        )
