"""The tests of IBSI-2 as settings: response maps of digital phantoms, and features of a filtered CT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.features.extract import extract_region
from imagenomics.features.filters.apply import filter_box
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
from imagenomics.features.region import bounding_box
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.resample import aligned_lattice, resample_image, resample_mask
from imagenomics.images.resegment import resegment

RANGE_HU = (-1000.0, 400.0)
SPACING_MM = (1.0, 1.0, 1.0)
STATISTICS = FeatureSettings(families=("intensity",), min_voxels=1)


def _laws(kernels: str, pooling: str, energy: int | None, boundary: str) -> LawsFilter:
    return LawsFilter.model_validate(
        {"kernels": kernels, "pooling": pooling, "energy_radius": energy, "boundary": boundary}
    )


def _laws_maps(test: str, phantom: str, kernels: str, boundary: str) -> dict[str, tuple[str, FilterSettings]]:
    return {
        f"{test}_1": (phantom, _laws(kernels, "none", None, boundary)),
        f"{test}_2": (phantom, _laws(kernels, "max", None, boundary)),
        f"{test}_3": (phantom, _laws(kernels, "max", 7, boundary)),
    }


def _band(level: int, flat: bool) -> NonseparableWavelet:
    return NonseparableWavelet(level=level, in_plane=flat, boundary="periodic", frequencies="ibsi")


_LOG_ZERO = LogFilter(sigma_mm=3, boundary="zero")
_STRIPES = {"sigma_mm": 10, "wavelength_mm": 4, "gamma": 0.5, "boundary": "zero", "truncate": 8}
_WIDE_STRIPES = {"sigma_mm": 20, "wavelength_mm": 8, "gamma": 2.5, "boundary": "mirror", "truncate": 6}
_HAAR = {"family": "haar", "level": 2, "pooling": "average", "boundary": "mirror"}

# Name of the map and of its phantom (64 x 64 x 64 voxels of 2 mm), and the filter.
MAPS: Mapping[str, tuple[str, FilterSettings]] = MappingProxyType(
    {
        "1_a_1": ("checkerboard", MeanFilter(size=15, boundary="zero")),
        "1_a_2": ("checkerboard", MeanFilter(size=15, boundary="nearest")),
        "1_a_3": ("checkerboard", MeanFilter(size=15, boundary="periodic")),
        "1_a_4": ("checkerboard", MeanFilter(size=15, boundary="mirror")),
        "1_b_1": ("impulse", MeanFilter(size=15, boundary="zero", in_plane=True)),
        "2_a": ("impulse", _LOG_ZERO),
        "2_b": ("checkerboard", LogFilter(sigma_mm=5)),
        "2_c": ("checkerboard", LogFilter(sigma_mm=5, in_plane=True)),
        **_laws_maps("3_a", "impulse", "E5L5S5", "zero"),
        **_laws_maps("3_b", "checkerboard", "E3W5R5", "mirror"),
        **_laws_maps("3_c", "checkerboard", "L5S5", "mirror"),
        "4_a_1": ("impulse", GaborFilter.model_validate({**_STRIPES, "theta_degrees": 60, "in_plane": True})),
        "4_a_2": ("impulse", GaborFilter.model_validate({**_STRIPES, "theta_step_degrees": 45})),
        "4_b_1": (
            "sphere",
            GaborFilter.model_validate({**_WIDE_STRIPES, "theta_degrees": 225, "in_plane": True}),
        ),
        "4_b_2": ("sphere", GaborFilter.model_validate({**_WIDE_STRIPES, "theta_step_degrees": 22.5})),
        "5_a_1": ("impulse", WaveletFilter(family="db2", subband="LHL", boundary="zero")),
        "5_a_2": ("impulse", WaveletFilter(family="db2", subband="LHL", boundary="zero", pooling="average")),
        "6_a_1": ("sphere", WaveletFilter(family="coif1", subband="HHL", boundary="periodic")),
        "6_a_2": (
            "sphere",
            WaveletFilter(family="coif1", subband="HHL", boundary="periodic", pooling="average"),
        ),
        "7_a_1": ("checkerboard", WaveletFilter.model_validate({**_HAAR, "subband": "LLL"})),
        "7_a_2": ("checkerboard", WaveletFilter.model_validate({**_HAAR, "subband": "HHH"})),
        **{
            f"8_a_{level}": (
                "checkerboard",
                _band(level, False),
            )
            for level in (1, 2, 3)
        },
        "9_a": ("impulse", RieszFilter(order=(0, 0, 1), base=_LOG_ZERO)),
        "9_b_1": ("sphere", RieszFilter(order=(0, 2, 0), base=_LOG_ZERO)),
        "10_b_1": (
            "pattern_1",
            RieszFilter(order=(0, 2, 0), base=NonseparableWavelet(level=1, boundary="periodic")),
        ),
    }
)


def _in_plane(flat: bool) -> dict[str, FilterSettings | None]:
    third = "" if flat else "E5"
    band = "LH" if flat else "LLH"
    gabor = {"sigma_mm": 5, "wavelength_mm": 2, "gamma": 1.5, "theta_step_degrees": 22.5, "in_plane": flat}
    return {
        "1": None,
        "2": MeanFilter(size=5, in_plane=flat),
        "3": LogFilter(sigma_mm=1.5, in_plane=flat),
        "4": _laws("L5E5" + third, "max", 7, "mirror"),
        "5": GaborFilter.model_validate(gabor),
        "6": WaveletFilter(family="db3", subband=band, pooling="average"),
        "7": WaveletFilter(family="db3", subband="H" * len(band), level=2, pooling="average"),
        "8": _band(1, flat),
        "9": _band(2, flat),
    }


# Filter by test; A: within the slices as they are, B: in space, after resampling to 1 mm.
TESTS: Mapping[str, FilterSettings | None] = MappingProxyType(
    {f"{number}.A": chosen for number, chosen in _in_plane(True).items()}
    | {f"{number}.B": chosen for number, chosen in _in_plane(False).items()}
)


def prepare_ct(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Sequence[float], test: str
) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """Return image, region within [-1000, 400] HU and spacing as a test of phase 2 has them.

    Raises
    ------
    InputError
        ``IGX-FEAT-036``: no test of that name.
    """
    if test not in TESTS:
        raise unknown_name("IGX-FEAT-036", "test of IBSI-2", test, TESTS)
    z, y, x = (float(s) for s in spacing_mm)
    if test.endswith("A"):
        return image, resegment(image, mask, intensity_range=RANGE_HU), (z, y, x)
    lattice = aligned_lattice(image.shape, spacing_mm, SPACING_MM)
    image = np.rint(resample_image(image, lattice, method="cubic-spline"))
    mask = resample_mask(mask, lattice)
    return image, resegment(image, mask, intensity_range=RANGE_HU), SPACING_MM


def measure_response(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Sequence[float], settings: FilterSettings | None
) -> pd.DataFrame:
    """Measure the response of a filter in a region that :func:`prepare_ct` has made ready.

    Returns
    -------
    DataFrame
        As :func:`imagenomics.features.extract.extract_region` gives it: the 18 intensity statistics.
    """
    start, stop = bounding_box(mask)
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    response = (
        image[box]
        if settings is None
        else filter_box(image, start, stop, spacing_mm=spacing_mm, settings=settings)
    )
    return extract_region(response, mask[box], spacing_mm=spacing_mm, settings=STATISTICS)
