"""Cleaning the time series of one patient: motion, drifts, other confounds and frames that moved, in one regression.

Filtering first and regressing then brings back what the filter took out. Here trends, the frequencies outside the band
(cosines) and the confounds are columns of one design, fitted on the frames that are kept. What is counted as lost is
then exactly what was lost: the rank of the design and the frames left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.rows import BRAIN, region_rows
from imagenomics.features.brain.settings import CleaningSettings

HEAD_RADIUS_MM = 50.0


@dataclass(frozen=True, eq=False)
class CleanSeries:
    """A series after cleaning.

    Parameters
    ----------
    values : ndarray (kept frames, p)
        Residuals; each column has mean 0.
    kept : ndarray of bool (frames,)
        Which frames are kept.
    counts : mapping of str to float
        ``frames``, ``frames_skipped``, ``frames_scrubbed``, ``frames_kept``, ``regressors`` (rank), ``df``, and
        ``mean_displacement`` in mm (NaN where no displacement was given).
    """

    values: np.ndarray
    kept: np.ndarray
    counts: Mapping[str, float]

    def rows(self) -> pd.DataFrame:
        """Return the counts as rows: how much of the series was left is a quality measure of every patient."""
        units = dict.fromkeys(self.counts, "") | {"mean_displacement": "mm"}
        return region_rows("series-quality", {BRAIN: dict(self.counts)}, units=units)


def framewise_displacement(motion: np.ndarray, *, radius_mm: float = HEAD_RADIUS_MM) -> np.ndarray:
    """Return how far the head moved between each frame and the one before, in mm (0 for the first).

    Parameters
    ----------
    motion : ndarray (frames, 6)
        Three translations in mm and three rotations in radians.
    radius_mm : float
        Rotations count as the arc on a sphere of this radius.

    Raises
    ------
    InputError
        ``IGX-FEAT-128``: not six columns, or cells that hold no number.

    Source
    ------
    Power et al. 2012, NeuroImage 59:2142.
    """
    moved = np.asarray(motion, dtype=np.float64)
    if moved.ndim != 2 or moved.shape[1] != 6 or not np.isfinite(moved).all():
        raise _bad_series(
            f"motion has the shape {moved.shape} or holds NaN", "three translations and three rotations"
        )
    steps = np.abs(np.diff(moved, axis=0)) * ([1.0] * 3 + [radius_mm] * 3)
    return np.concatenate([[0.0], steps.sum(axis=1)])


def clean_series(
    series: np.ndarray,
    *,
    tr_s: float,
    settings: CleaningSettings,
    confounds: np.ndarray | None = None,
    displacement: np.ndarray | None = None,
) -> CleanSeries:
    """Remove drifts, confounds and frames with motion from time series.

    Parameters
    ----------
    series : ndarray (frames, p)
        One column for each region (or voxel).
    tr_s : float
        Repetition time in seconds.
    settings : CleaningSettings
        Band, trend and motion limits.
    confounds : ndarray (frames, c), optional
        Motion, white matter, CSF, ...; constant columns change nothing.
    displacement : ndarray (frames,), optional
        Framewise displacement in mm; its first value may be NaN (no frame before it).

    Raises
    ------
    InputError
        ``IGX-FEAT-128``: lengths that do not agree, or cells that hold no number; ``IGX-FEAT-129``: a band that this
        repetition time cannot hold; ``IGX-FEAT-130``: fewer than ``min_df`` degrees of freedom are left.

    Source
    ------
    Power et al. 2014, NeuroImage 84:320 (scrubbing); Lindquist et al. 2019, Human Brain Mapping 40:2358 (one
    regression instead of steps).
    """
    values = _matrix(series, "series")
    frames = len(values)
    _check_band(tr_s, settings)
    moved = _displacement(displacement, frames)
    scrubbed = _scrubbed(moved, settings)
    kept = ~scrubbed
    kept[: settings.skip_frames] = False
    design = _design(frames, tr_s, settings, confounds)[kept]
    basis = _span(design)
    df = int(kept.sum()) - basis.shape[1]
    if df < settings.min_df:
        raise InputError(
            "IGX-FEAT-130",
            f"{df} degrees of freedom are left of {frames} frames ({int(kept.sum())} kept, {basis.shape[1]} removed)",
            expected=f"at least min_df = {settings.min_df}",
            remedy="leave the patient out (the series moved too much or is too short), use fewer confounds or a wider "
            "band",
        )
    inside = values[kept]
    clean = inside - basis @ (basis.T @ inside)
    counts = {
        "frames": frames,
        "frames_skipped": min(settings.skip_frames, frames),
        "frames_scrubbed": int(scrubbed[settings.skip_frames :].sum()),
        "frames_kept": int(kept.sum()),
        "regressors": basis.shape[1],
        "df": df,
        "mean_displacement": float("nan") if displacement is None else float(moved[1:].mean()),
    }
    return CleanSeries(_flat_to_zero(clean, inside), kept, counts)


def _matrix(values: np.ndarray, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not len(array):
        raise _bad_series(f"{name} has the shape {array.shape}", "frames by columns")
    bad = ~np.isfinite(array)
    if bad.any():
        frame, column = map(int, np.argwhere(bad)[0])
        raise _bad_series(
            f"{int(bad.sum())} cells of {name} hold no number, first in frame {frame}, column {column}",
            "a number in each frame (the first row of derivatives and displacement is often 'n/a': use 0)",
        )
    return array


def _bad_series(what: str, expected: str) -> InputError:
    return InputError(
        "IGX-FEAT-128",
        f"the time series cannot be used: {what}",
        expected=expected,
        remedy="check that series, confounds and displacement belong to one run",
    )


def _check_band(tr_s: float, settings: CleaningSettings) -> None:
    limit = 0.5 / tr_s if tr_s > 0 else 0.0
    highest = max(f for f in (settings.low_hz, settings.high_hz, 0.0) if f is not None)
    if not np.isfinite(limit) or limit <= highest:
        raise InputError(
            "IGX-FEAT-129",
            f"a repetition time of {tr_s:g} s holds frequencies up to {limit:.4g} Hz, the band asks for {highest:g} Hz",
            expected="low_hz and high_hz below half the sampling frequency",
            remedy="give the repetition time in seconds, or lower high_hz",
        )


def _displacement(displacement: np.ndarray | None, frames: int) -> np.ndarray:
    if displacement is None:
        return np.zeros(frames)
    moved = np.array(displacement, dtype=np.float64)
    if moved.shape != (frames,):
        raise _bad_series(
            f"displacement has the shape {moved.shape}", f"one number for each of {frames} frames"
        )
    if np.isnan(moved[0]):
        moved[0] = 0.0
    _matrix(moved[:, None], "displacement")
    return moved


def _scrubbed(moved: np.ndarray, settings: CleaningSettings) -> np.ndarray:
    if settings.max_displacement_mm is None:
        return np.zeros(len(moved), dtype=bool)
    found = np.flatnonzero(moved > settings.max_displacement_mm)
    out = np.zeros(len(moved), dtype=bool)
    for offset in range(-settings.frames_before, settings.frames_after + 1):
        near = found + offset
        out[near[(near >= 0) & (near < len(moved))]] = True
    return out


def _design(frames: int, tr_s: float, settings: CleaningSettings, confounds: np.ndarray | None) -> np.ndarray:
    """Return the columns to remove (frames, q): trend, cosines outside the band, confounds."""
    start = settings.skip_frames
    n = max(frames - start, 1)
    time = np.arange(frames) - start
    trend = np.polynomial.legendre.legvander(2 * time / max(n - 1, 1) - 1, settings.trend)
    order = np.arange(1, n)
    hz = order / (2 * n * tr_s)
    outside = np.zeros(n - 1, dtype=bool)
    if settings.low_hz is not None:
        outside |= hz < settings.low_hz
    if settings.high_hz is not None:
        outside |= hz > settings.high_hz
    cosines = np.cos(np.pi * order[outside] * (time[:, None] + 0.5) / n)
    parts = [trend, cosines]
    if confounds is not None:
        given = _matrix(confounds, "confounds")
        if len(given) != frames:
            raise _bad_series(
                f"confounds have {len(given)} frames, the series {frames}", "equal numbers of frames"
            )
        parts.append(given)
    return np.hstack(parts)


def _span(design: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the columns; confounds of any scale count alike."""
    length = np.linalg.norm(design, axis=0)
    used = design[:, length > 0] / length[length > 0]
    left, size, _ = np.linalg.svd(used, full_matrices=False)
    return left[:, size > size[0] * max(used.shape) * np.finfo(np.float64).eps] if size.size else left


def _flat_to_zero(clean: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Set columns to 0 of which only rounding is left, so that nobody correlates rounding errors."""
    scale = np.linalg.norm(before, axis=0)
    flat = np.linalg.norm(clean, axis=0) <= 1e-10 * scale
    return np.where(flat, 0.0, clean)
