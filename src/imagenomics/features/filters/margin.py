"""How far around a region a filter looks."""

from __future__ import annotations

from collections.abc import Sequence

from imagenomics.errors import InputError
from imagenomics.features.filters.gabor import gabor_reach
from imagenomics.features.filters.laplacian import gaussian_reach
from imagenomics.features.filters.laws import PROFILES
from imagenomics.features.filters.nonseparable import nonseparable_reach
from imagenomics.features.filters.riesz import riesz_reach
from imagenomics.features.filters.separable import reach_of
from imagenomics.features.filters.settings import (
    FilterSettings,
    GaborFilter,
    LawsFilter,
    LogFilter,
    MeanFilter,
    NonseparableWavelet,
    RieszFilter,
    WaveletFilter,
    filtered_axes,
)
from imagenomics.features.filters.wavelet import subband_chains
from imagenomics.images.resample import check_spacing

MAX_REACH = 512
MIN_SIGMA = 0.5  # voxels: a sampled Gaussian that is narrower is no Gaussian
MIN_WAVELENGTH = 2.0  # voxels: shorter stripes look like longer ones


def filter_margin(settings: FilterSettings, *, spacing_mm: Sequence[float]) -> tuple[int, int, int]:
    """Say how many voxels around a region its filtered values depend on.

    Parameters
    ----------
    settings : FilterSettings
        The filter.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm; 1 where it is unknown.

    Returns
    -------
    (int, int, int)
        Along z, y, x; 0 along an axis that is not filtered. For filters whose kernel has no end (non-separable
        wavelets, Riesz transform) the place beyond which nothing changed a value of the CT phantom by
        more than 0.5% of their range.

    Raises
    ------
    InputError
        ``IGX-FEAT-007`` bad spacing; ``IGX-FEAT-033`` wider than 512 voxels; ``IGX-FEAT-034`` finer than voxels.
    """
    check_spacing(spacing_mm)
    spacing = (float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2]))
    _check_fineness(settings, spacing)
    axes = filtered_axes(settings)
    reach = [r if a in axes else 0 for a, r in enumerate(_reach(settings, spacing))]
    if max(reach) > MAX_REACH:
        raise InputError(
            "IGX-FEAT-033",
            f"the filter '{settings.kind}' looks {max(reach)} voxels far",
            expected=f"at most {MAX_REACH} voxels",
            remedy="sizes are in mm: lower them, or give the image its true spacing",
        )
    return reach[0], reach[1], reach[2]


def needs_whole_image(settings: FilterSettings) -> bool:
    """Tell whether a part of an image cannot be filtered alone.

    So it is where the frequencies depend on the size of the image, and with the sharp edges of Shannon bands, whose
    kernel falls too slowly for any margin.
    """
    band = settings.base if isinstance(settings, RieszFilter) else settings
    return isinstance(band, NonseparableWavelet) and (band.frequencies == "ibsi" or band.family == "shannon")


def _reach(settings: FilterSettings, spacing: tuple[float, float, float]) -> list[int]:
    if isinstance(settings, MeanFilter):
        return [settings.size // 2] * 3
    if isinstance(settings, LogFilter):
        return [gaussian_reach(settings.sigma_mm / s, settings.truncate) for s in spacing]
    if isinstance(settings, LawsFilter):
        widest = max(len(PROFILES[name]) // 2 for name in settings.names)
        return [widest + (settings.energy_radius or 0)] * 3
    if isinstance(settings, GaborFilter):
        return gabor_reach(settings, spacing)
    if isinstance(settings, WaveletFilter):
        return [max(reach_of(chain) for chain in subband_chains(settings))] * 3
    if isinstance(settings, NonseparableWavelet):
        return [nonseparable_reach(settings)] * 3
    return riesz_reach(settings, spacing)


def _check_fineness(settings: FilterSettings, spacing: tuple[float, float, float]) -> None:
    """Refuse sizes in mm that voxels of this size cannot hold."""
    shaped = settings if isinstance(settings, (LogFilter, GaborFilter)) else getattr(settings, "base", None)
    edge = max(spacing[a] for a in filtered_axes(settings))
    found = []
    if isinstance(shaped, (LogFilter, GaborFilter)):
        found.append(("sigma_mm", shaped.sigma_mm, MIN_SIGMA))
    if isinstance(shaped, GaborFilter):
        found.append(("wavelength_mm", shaped.wavelength_mm, MIN_WAVELENGTH))
    for name, size, least in found:
        if size < least * edge * (1 - 1e-9):
            raise InputError(
                "IGX-FEAT-034",
                f"{name} = {size:g} is finer than voxels with an edge of {edge:g} mm can show",
                expected=f"at least {least:g} voxel edges",
                remedy="choose a larger size, set 'in_plane' where slices are thick, or resample with 'spacing_mm'",
            )
