"""The power law of a texture's spectrum: how fast fine detail fades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows, used_spacing
from imagenomics.features.spectra.lines import log_slope
from imagenomics.features.spectra.settings import DEFAULT
from imagenomics.features.spectra.square import largest_square

NAMES = ("beta", "beta_r_squared", "spectrum_dimension")


def power_law_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    band: tuple[float, float] = DEFAULT.band,
    min_side: int = DEFAULT.min_side,
) -> pd.DataFrame:
    """Measure the exponent beta of the spectrum 1 / f^beta of a texture.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region; its largest square counts, e.g. a square drawn behind the nipple.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: pixels are taken to be square. The exponent has no unit, so no row is flagged.
    band : (float, float)
        Frequencies of the fit as shares of the lower of both Nyquist frequencies: below lies the shape of the
        window, above the noise of the detector.
    min_side : int
        Pixels along the square; with fewer all rows are skipped.

    Returns
    -------
    DataFrame
        Family ``power-law``: ``beta``, ``beta_r_squared`` of the line in logarithms, and ``spectrum_dimension``, the
        fractal dimension (8 - beta) / 2 of a surface with such a spectrum; skipped where beta is not between 2
        and 4.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Li et al. 2014, Medical Physics, after Burgess et al. 2001, Medical Physics: the radial mean of the power
    spectrum of a Hann-windowed square.
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    _, dy, dx = used_spacing(spacing_mm, spacing_known=spacing_known)
    square = largest_square(mask)
    values: dict[str, float | str]
    if square.side < min_side:
        why = f"the largest square of the region has {square.side} pixels a side, {min_side} are needed"
        values = dict.fromkeys(NAMES, why)
    else:
        frequency, power = radial_spectrum(square.cut(numbers), spacing_mm=(dy, dx))
        nyquist = 0.5 / max(dy, dx)
        kept = (frequency >= band[0] * nyquist) & (frequency <= band[1] * nyquist)
        slope, r_squared = log_slope(frequency[kept], power[kept])
        values = {"beta": -slope, "beta_r_squared": r_squared, "spectrum_dimension": _dimension(-slope)}
    return spaced_rows("power-law", values, spacing_known=True)


def radial_spectrum(pixels: np.ndarray, *, spacing_mm: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies (m,) in 1/mm and the mean power (m,) of pixels (n, n) at each, zero excluded.

    Rings are one step of the coarser axis of frequencies wide; a constant square has no power at all.
    """
    n = len(pixels)
    if pixels.min() == pixels.max():
        return np.zeros(0), np.zeros(0)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    window = hann[:, None] * hann[None, :]
    centred = (pixels - (pixels * window).sum() / window.sum()) * window
    power = np.abs(np.fft.fft2(centred)) ** 2 / (window**2).sum()
    along = [np.fft.fftfreq(n, d) for d in spacing_mm]
    frequency = np.hypot(along[0][:, None], along[1][None, :])
    step = 1 / (n * min(spacing_mm))
    ring = np.rint(frequency / step).astype(np.int64).ravel()
    count = np.bincount(ring)
    radial = np.bincount(ring, frequency.ravel()) / np.maximum(count, 1)
    mean = np.bincount(ring, power.ravel()) / np.maximum(count, 1)
    kept = (count > 0) & (np.arange(len(count)) > 0)
    return radial[kept], mean[kept]


def _dimension(beta: float) -> float | str:
    if np.isfinite(beta) and not 2 <= beta <= 4:
        return f"beta = {beta:.3g} is not that of a fractal surface (2 to 4)"
    return (8 - beta) / 2
