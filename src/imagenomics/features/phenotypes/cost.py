"""What a phenotype will cost, before it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from imagenomics.errors import InputError
from imagenomics.features.cost import START_BYTES, estimate_cost
from imagenomics.features.filters.margin import filter_margin, needs_whole_image
from imagenomics.features.filters.settings import FilterSettings, GaborFilter, LogFilter
from imagenomics.features.phenotypes.control import ControlMeasure
from imagenomics.features.phenotypes.filters import FilterMeasure
from imagenomics.features.phenotypes.kinds import Measure

# Measured by benchmarks/phenotype_cost.py on balls of 5,000 and 60,000 voxels: milliseconds to start, nanoseconds for
# each voxel of the region.
COSTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "compartments": (4, 20),
        "map": (4, 40),
        "uptake": (12, 700),
        "regions lesions": (7, 140),
        "regions diameters": (15, 500),
        "regions ellipsoid": (6, 200),
        "regions margin": (55, 1600),
        "regions sharpness": (85, 2500),
        "regions rings": (12, 1050),
        "regions location": (5, 30),
        "regions depth": (12, 1050),
        "spectra stockwell": (160, 70),
        "spectra power-law": (5, 60),
        "spectra parenchyma": (4, 170),
        "spectra density": (3, 20),
        "spectra positive-pixels": (5, 20),
        "spectra mask-dimension": (9, 230),
        "spectra grey-dimension": (14, 480),
        "spectra lacunarity": (5, 75),
        "spectra binary-patterns": (6, 360),
        "spectra orientation": (6, 200),
        "spectra collage": (9, 2500),
    }
)
OTHERS = (20.0, 1000.0)  # a kind or family that nobody has measured yet
# Nanoseconds for each voxel of the region's box with the filter's margin around it.
FILTERS: Mapping[str, float] = MappingProxyType(
    {
        "mean": 25,
        "log": 25,
        "laws": 25,
        "gabor": 70,  # for each direction
        "wavelet": 10,
        "nonseparable-wavelet": 60,
        "riesz": 120,
    }
)
POOLED = 20.0  # times as long over the turns in space
BOX = 1.91  # voxels of the box around a ball, for each voxel of the ball
BYTES_FILTERED = 50
MOVED_NANOSECONDS, MOVED_BYTES = 50.0, 60  # for each voxel of the image


def estimate_phenotype(
    measure: Measure,
    *,
    n_voxels: int,
    image_voxels: int,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
) -> tuple[float, int]:
    """Estimate how long one measure of one region takes, and how much memory on top of its image.

    Parameters
    ----------
    measure : Measure
        What is measured.
    n_voxels, image_voxels : int
        Voxels of the region and of its image.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; it decides how many voxels a filter in mm reaches.
    spacing_known : bool
        Decides what the aggregation 'auto' stands for.

    Returns
    -------
    seconds, bytes : float, int
        A rough estimate for a compact region and compiled kernels, without reading the image.
    """
    if isinstance(measure, FilterMeasure):
        return _filters(measure, n_voxels, image_voxels, spacing_mm, spacing_known)
    if isinstance(measure, ControlMeasure):
        seconds, memory = estimate_cost(n_voxels, measure.features, spacing_known=spacing_known)
        if measure.control == "shuffled":
            return seconds, memory
        return seconds + image_voxels * MOVED_NANOSECONDS * 1e-9, memory + image_voxels * MOVED_BYTES
    families = getattr(measure, "families", None)
    names = [measure.kind] if families is None else [f"{measure.kind} {family}" for family in families]
    found = [COSTS.get(name, OTHERS) for name in names]
    seconds = sum(start * 1e-3 + n_voxels * each * 1e-9 for start, each in found)
    return seconds, START_BYTES + 200 * n_voxels


def _filters(
    measure: FilterMeasure,
    n_voxels: int,
    image_voxels: int,
    spacing_mm: Sequence[float],
    spacing_known: bool,
) -> tuple[float, int]:
    seconds, memory = estimate_cost(n_voxels, measure.features, spacing_known=spacing_known)
    seconds *= len(measure.filters)
    widest = 0
    for chosen in measure.filters.values():
        n = image_voxels if needs_whole_image(chosen) else _with_margin(chosen, n_voxels, spacing_mm)
        seconds += n * FILTERS[chosen.kind] * _times(chosen) * 1e-9
        widest = max(widest, n)
    return seconds, memory + BYTES_FILTERED * widest


def _with_margin(chosen: FilterSettings, n_voxels: int, spacing_mm: Sequence[float]) -> int:
    edge = (BOX * n_voxels) ** (1 / 3)
    try:
        margin = filter_margin(chosen, spacing_mm=spacing_mm)
    except InputError:  # measuring says what is wrong with it
        margin = (0, 0, 0)
    return round((edge + 2 * margin[0]) * (edge + 2 * margin[1]) * (edge + 2 * margin[2]))


def _times(chosen: FilterSettings) -> float:
    if isinstance(chosen, GaborFilter):
        return len(chosen.angles()) * (1 if chosen.in_plane else 3) / 3
    if isinstance(chosen, LogFilter):
        return 1.0
    return POOLED if getattr(chosen, "pooling", "none") != "none" else 1.0
