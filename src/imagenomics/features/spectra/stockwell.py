"""The local spectrum of a texture by the two-dimensional S-transform."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import fft

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.outline import largest_slice
from imagenomics.features.spectra.settings import DEFAULT

CHUNK = 64  # frequencies transformed together
UNITS = {"s_centroid": "1/pixel", "s_total": "intensity"}


def stockwell_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    size: int = DEFAULT.window,
    n_bands: int = DEFAULT.n_bands,
) -> pd.DataFrame:
    """Measure how much coarse and how much fine structure a region has.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region; the slice with most of it counts.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: pixels are taken to be square. Frequencies are in cycles per pixel in any case, so no row is
        flagged: bring the images of a cohort to one spacing first.
    size : int
        Side of the window around the middle of the region that is transformed, in pixels; what lies in the
        region beyond it is left out.
    n_bands : int
        Bands of equal width from 0 to the Nyquist frequency.

    Returns
    -------
    DataFrame
        Family ``stockwell``: ``s_share_1`` (coarsest) to ``s_share_<n_bands>``: magnitude of the local spectrum,
        averaged over directions, over the frequencies of the band and over the pixels of the region, as a share of
        all bands; ``s_centroid`` (mean frequency), ``s_total`` (sum over bands). Skipped where pixels are not square.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays (the window must have numbers too); ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Drabycz et al. 2010, NeuroImage; the transform is that of Stockwell et al. 1996, IEEE Transactions on Signal
    Processing, with a round Gaussian whose width is 1 / |k| (the polar form).
    """
    check_mask(mask)
    _, dy, dx = used_spacing(spacing_mm, spacing_known=spacing_known)
    names = [f"s_share_{k}" for k in range(1, n_bands + 1)] + list(UNITS)
    values: dict[str, float | str]
    if abs(dy - dx) > 1e-3 * max(dy, dx):
        why = f"pixels of {dy:g} x {dx:g} mm are not square"
        values = dict.fromkeys(names, why)
    else:
        plane = largest_slice(mask)
        window, inside = _window(check_image(image, mask)[plane], mask[plane], size)
        check_image(window[None], np.ones((1, *window.shape), bool))
        spectrum = band_spectrum(window, inside, n_bands=n_bands)
        total = float(spectrum.sum())
        middles = (np.arange(n_bands) + 0.5) * 0.5 / n_bands
        shares = spectrum / total if total > 0 else np.full(n_bands, np.nan)
        values = dict(zip(names, [*shares.tolist(), float(shares @ middles), total], strict=True))
    return spaced_rows("stockwell", values, units=UNITS, spacing_known=True)


def band_spectrum(window: np.ndarray, inside: np.ndarray, *, n_bands: int) -> np.ndarray:
    """Return the mean magnitude (n_bands,) of the S-transform of a window (n, n) over pixels ``inside``.

    A wave of amplitude A has the magnitude A / 2 at its own frequency.
    """
    n = len(window)
    mean = float(window[inside].mean())
    if np.abs(window - mean).max() <= 1e-12 * max(abs(mean), 1e-300):
        return np.zeros(n_bands)
    frequencies = wave_numbers(n)
    radius = np.hypot(*frequencies.T) / n
    band = np.minimum((radius / 0.5 * n_bands).astype(np.int64), n_bands - 1)
    magnitude = np.concatenate(
        [
            np.abs(s_transform(window - mean, part))[:, inside].mean(axis=1)
            for part in np.array_split(frequencies, max(1, len(frequencies) // CHUNK))
        ]
    )
    count = np.bincount(band, minlength=n_bands)
    spectrum: np.ndarray = np.bincount(band, magnitude, n_bands) / np.maximum(count, 1)
    return spectrum


def wave_numbers(n: int) -> np.ndarray:
    """Return the wave numbers (m, 2), ky and kx, of half the plane up to the Nyquist frequency, without zero."""
    k = np.arange(-(n // 2), n // 2 + 1)
    ky, kx = (g.ravel() for g in np.meshgrid(k, k, indexing="ij"))
    half = (ky > 0) | ((ky == 0) & (kx > 0))
    kept = half & (4 * (ky**2 + kx**2) <= n * n)
    return np.column_stack([ky[kept], kx[kept]])


def s_transform(window: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return the S-transform (m, n, n) of a window (n, n), periodic at its ends, at whole wave numbers (m, 2)."""
    n = len(window)
    spectrum = fft.fft2(window, workers=1)
    offset = np.fft.fftfreq(n)  # cycles per pixel from the frequency in question
    shifted = np.empty((len(frequencies), n, n), np.complex128)
    for row, (ky, kx) in enumerate(frequencies.tolist()):
        gaussian = np.exp(-2 * np.pi**2 * offset**2 * (n * n) / (ky * ky + kx * kx))
        shifted[row] = np.roll(spectrum, (-ky, -kx), axis=(0, 1)) * gaussian[:, None] * gaussian[None, :]
    transform: np.ndarray = fft.ifft2(shifted, axes=(1, 2), workers=1, overwrite_x=True)
    return transform


def _window(image: np.ndarray, mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the window around the middle of the region and the region in it; mirrored beyond the image."""
    places = np.argwhere(mask)
    # A hollow region may have nothing at its centroid: the window lies around the pixel nearest to it.
    centre = places[((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    rows, columns = (np.arange(c - size // 2, c - size // 2 + size) for c in centre)
    window = image[_mirrored(rows, image.shape[0])[:, None], _mirrored(columns, image.shape[1])[None, :]]
    inside = np.zeros((size, size), bool)
    own = [(r >= 0) & (r < n) for r, n in zip((rows, columns), mask.shape, strict=True)]
    inside[np.ix_(*own)] = mask[np.ix_(rows[own[0]], columns[own[1]])]
    return window, inside


def _mirrored(places: np.ndarray, n: int) -> np.ndarray:
    folded = np.mod(places, 2 * n)
    mirrored: np.ndarray = np.where(folded < n, folded, 2 * n - 1 - folded)
    return mirrored
