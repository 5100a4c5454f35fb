"""One filter applied to an image, or to the part of it that a region needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.filters.gabor import gabor_response
from imagenomics.features.filters.laplacian import log_response
from imagenomics.features.filters.laws import laws_response
from imagenomics.features.filters.margin import filter_margin, needs_whole_image
from imagenomics.features.filters.mean import mean_response
from imagenomics.features.filters.nonseparable import nonseparable_response
from imagenomics.features.filters.riesz import riesz_response
from imagenomics.features.filters.separable import CUT
from imagenomics.features.filters.settings import (
    FilterSettings,
    GaborFilter,
    LawsFilter,
    LogFilter,
    MeanFilter,
    NonseparableWavelet,
    RieszFilter,
    WaveletFilter,
)
from imagenomics.features.filters.spectrum import cut_box, fast_length, padded_shape
from imagenomics.features.filters.wavelet import wavelet_response

MAX_VOXELS = 100_000_000  # 0.8 GB as float64, of which a filter needs about six


def apply_filter(
    array: np.ndarray, *, spacing_mm: Sequence[float], settings: FilterSettings, max_voxels: int = MAX_VOXELS
) -> np.ndarray:
    """Show where an image has the structure that a filter looks for.

    Parameters
    ----------
    array : array of real numbers, (z, y, x)
        Intensities, finite everywhere.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm; 1 where it is unknown.
    settings : FilterSettings
        The filter.
    max_voxels : int
        More voxels, padding included, are refused before memory is taken; a filter needs about 50 bytes for each.

    Returns
    -------
    array of float64, (z, y, x)
        The response map, of the same shape.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-007`` bad spacing; ``IGX-FEAT-030`` not a volume of real numbers; ``IGX-FEAT-031`` voxels
        without a number; ``IGX-FEAT-032`` too many voxels; ``IGX-FEAT-033`` a filter too wide and
        ``IGX-FEAT-034`` too fine for these voxels.

    Assumes
    -------
    Filters in space take voxels for cubes, except where sizes are in mm ('log', 'gabor'): resample the image to
    equal edges first, or choose a filter within slices.

    Source
    ------
    Whybra et al. 2024, Radiology 310:e231319, and the reference manual of the Image biomarker standardisation
    initiative on convolutional filters (arXiv 2006.05470).
    """
    _check_kind(array)
    margin = filter_margin(settings, spacing_mm=spacing_mm)
    _check_size(array.shape, margin, settings, max_voxels)
    _check_numbers(array)
    image = np.ascontiguousarray(array, dtype=np.float64)
    return _respond(image, settings, (float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2])))


def filter_box(
    array: np.ndarray,
    start: Sequence[int],
    stop: Sequence[int],
    *,
    spacing_mm: Sequence[float],
    settings: FilterSettings,
    max_voxels: int = MAX_VOXELS,
) -> np.ndarray:
    """Return the response in a box, looking only as far around it as the filter does.

    Parameters
    ----------
    array : array of real numbers, (z, y, x)
        The whole image; it is finite in the box and around it.
    start, stop : (z, y, x)
        The voxels ``start <= index < stop``.
    spacing_mm, settings, max_voxels
        As for :func:`apply_filter`.

    Returns
    -------
    array of float64, (stop - start)
        As if the whole image had been filtered, but for the reservation of
        :func:`imagenomics.features.filters.margin.filter_margin`.

    Raises
    ------
    InputError
        ``IGX-FEAT-035``: the box does not lie in the image; and what :func:`apply_filter` refuses.
    """
    _check_kind(array)
    inside = all(0 <= a < b <= n for a, b, n in zip(start, stop, array.shape, strict=True))
    if not inside:
        raise InputError(
            "IGX-FEAT-035",
            f"the box from {tuple(start)} to {tuple(stop)} does not lie in an image of shape {array.shape}",
            expected="0 <= start < stop <= shape along each axis",
        )
    if needs_whole_image(settings):
        found = apply_filter(array, spacing_mm=spacing_mm, settings=settings, max_voxels=max_voxels)
        return np.ascontiguousarray(found[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))])
    margin = filter_margin(settings, spacing_mm=spacing_mm)
    low = [a - m for a, m in zip(start, margin, strict=True)]
    high = [b + m for b, m in zip(stop, margin, strict=True)]
    spectral = isinstance(settings, (GaborFilter, NonseparableWavelet, RieszFilter))
    if spectral:
        high = [a + fast_length(b - a) if m else b for a, b, m in zip(low, high, margin, strict=True)]
    _check_size([b - a for a, b in zip(low, high, strict=True)], (0, 0, 0), settings, max_voxels)
    part, first = cut_box(array, low, high, boundary=settings.boundary, fill=spectral)
    box = tuple(slice(a - f, b - f) for a, b, f in zip(start, stop, first, strict=True))
    if spectral and first == low:
        # What wraps around this part reaches the margin alone, so that no further padding is needed.
        settings = _periodic(settings)
    if isinstance(settings, GaborFilter):
        _check_numbers(part)
        spacing = (float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2]))
        return gabor_response(part.astype(np.float64), settings, spacing_mm=spacing, inside=box)
    complete = first == low and part.shape == tuple(b - a for a, b in zip(low, high, strict=True))
    cut = complete and _can_cut(settings)
    if cut:
        # The response to the margin is not asked for: each axis done makes the next ones smaller.
        settings = settings.model_copy(update={"boundary": CUT})
    found = apply_filter(part, spacing_mm=spacing_mm, settings=settings, max_voxels=max_voxels)
    return _middle(found, [b - a for a, b in zip(start, stop, strict=True)]) if cut else found[box].copy()


def _can_cut(settings: FilterSettings) -> bool:
    if isinstance(settings, LawsFilter):
        return settings.pooling == "none" and settings.energy_radius is None
    return isinstance(settings, LogFilter) or (
        isinstance(settings, WaveletFilter) and settings.pooling == "none"
    )


def _middle(array: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    first = [(have - want) // 2 for have, want in zip(array.shape, shape, strict=True)]
    box = tuple(slice(f, f + n) for f, n in zip(first, shape, strict=True))
    return np.ascontiguousarray(array[box])


def _periodic(settings: FilterSettings) -> FilterSettings:
    if isinstance(settings, RieszFilter):
        return settings.model_copy(update={"base": _periodic(settings.base)})
    return settings.model_copy(update={"boundary": "periodic"})


def _respond(image: np.ndarray, settings: FilterSettings, spacing: tuple[float, float, float]) -> np.ndarray:
    if isinstance(settings, MeanFilter):
        return mean_response(image, settings)
    if isinstance(settings, LogFilter):
        return log_response(image, settings, spacing_mm=spacing)
    if isinstance(settings, LawsFilter):
        return laws_response(image, settings)
    if isinstance(settings, GaborFilter):
        return gabor_response(image, settings, spacing_mm=spacing)
    if isinstance(settings, WaveletFilter):
        return wavelet_response(image, settings)
    if isinstance(settings, NonseparableWavelet):
        return nonseparable_response(image, settings)
    return riesz_response(image, settings, spacing_mm=spacing)


def _check_kind(array: np.ndarray) -> None:
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(
            "IGX-FEAT-030",
            f"an array of shape {array.shape} cannot be filtered",
            expected="a volume (z, y, x)",
            remedy="a single slice becomes array[None]; filter it with in_plane = true",
        )
    if array.dtype.kind not in "fiu":
        raise ArgumentTypeError(
            "IGX-FEAT-030", f"an array of {array.dtype} cannot be filtered", expected="real numbers"
        )


def _check_size(
    shape: Sequence[int], margin: Sequence[int], settings: FilterSettings, max_voxels: int
) -> None:
    if any(margin) and isinstance(settings, (NonseparableWavelet, RieszFilter)):
        shape = padded_shape(shape, margin, boundary=settings.boundary)
    n = int(np.prod([int(s) for s in shape], dtype=np.float64))
    if n > max_voxels:
        raise InputError(
            "IGX-FEAT-032",
            f"the filter '{settings.kind}' would work on {n:,} voxels ({n * 50 / 1e9:.1f} GB)",
            expected=f"at most {max_voxels:,} voxels",
            remedy="filter the box around the region only (filter_box), or resample to larger voxels",
        )


def _check_numbers(array: np.ndarray) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            "IGX-FEAT-031",
            f"{int(np.count_nonzero(~np.isfinite(array)))} voxels near the region are not finite numbers",
            expected="a number in every voxel that the filter looks at",
            remedy="look at the image there; fill such voxels, or choose a filter that does not look so far",
        )
