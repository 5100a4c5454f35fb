"""From one image and one mask to one row per feature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.features.columns import BINNED, Column, feature_columns, planned_columns
from imagenomics.features.diagnostics import diagnostic_features
from imagenomics.features.grid import level_grid
from imagenomics.features.intensity import histogram_features, intensity_features
from imagenomics.features.local_intensity import local_intensity_features
from imagenomics.features.morphology.shape import shape_features, volume_features
from imagenomics.features.names import (
    ANISOTROPIC,
    FEW_LEVELS,
    NEEDS_POSITIVE,
    SIGNED,
    TEXTURE,
    UNDEFINED,
    suffixes,
)
from imagenomics.features.pyradiomics.first_order import first_order_features
from imagenomics.features.pyradiomics.names import BINNED_FIRST_ORDER, PYRADIOMICS_TEXTURE
from imagenomics.features.pyradiomics.shape import pyradiomics_shape_2d_features, pyradiomics_shape_features
from imagenomics.features.pyradiomics.texture import pyradiomics_texture_features
from imagenomics.features.region import Region, prepare_region
from imagenomics.features.settings import FeatureSettings
from imagenomics.features.texture.cooccurrence import cooccurrence_features
from imagenomics.features.texture.neighbourhood import neighbourhood_features
from imagenomics.features.texture.run_length import run_length_features
from imagenomics.features.texture.zones import zone_features
from imagenomics.features.volume_histogram import volume_histogram_features

__all__ = ["extract_region", "feature_columns"]
Measure = Callable[[Region, FeatureSettings], Mapping[str, float | str]]
TEXTURES = (*TEXTURE, *PYRADIOMICS_TEXTURE)
TEXTS = ("family", "feature", "ibsi", "unit", "flags", "status", "reason")


def extract_region(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    settings: FeatureSettings,
    spacing_known: bool = True,
) -> pd.DataFrame:
    """Say in numbers what this region looks like.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm; not used where ``spacing_known`` is False.
    settings : FeatureSettings
        What is measured, and how the image is made ready.
    spacing_known : bool
        False: one voxel is the unit of length; see :func:`imagenomics.features.columns.feature_columns` for
        what that flags. Textures within slices then rest on the assumption that voxels are square in plane.

    Returns
    -------
    DataFrame
        The rows of :func:`feature_columns`, in that order, with ``value`` (NaN if it cannot be computed),
        ``status`` and ``reason``. ``flags`` gains what holds for this region only: ``few-levels``,
        ``anisotropic``, ``negative-intensities`` (a ratio or a centre of mass that needs an absolute zero).
        Status is ``ok``; ``flagged``: a value with flags; ``failed``: its definition gives no number here;
        ``skipped``: a limit of the settings was reached. The last two say why in ``reason``.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002`` the arrays do not fit; ``IGX-FEAT-003`` empty mask; ``IGX-FEAT-004`` voxels without a
        number; ``IGX-FEAT-005`` fewer than ``min_voxels``; ``IGX-FEAT-006`` resampling without a known
        spacing; ``IGX-FEAT-007`` bad spacing; ``IGX-FEAT-008`` and ``IGX-FEAT-009`` intensities that cannot
        become levels.

    Assumes
    -------
    Where a definition divides by zero (a constant region) the value is NaN, also where IBSI prescribes a
    number.

    Source
    ------
    Zwanenburg et al. 2020, Radiology 295:328, and the reference manual of the Image biomarker standardisation
    initiative.
    """
    region = prepare_region(
        image, mask, spacing_mm=spacing_mm, settings=settings, spacing_known=spacing_known
    )
    values = _measure(region, settings, spacing_known)
    if "diagnostics" in settings.families:
        spacing = spacing_mm if spacing_known else (1.0, 1.0, 1.0)
        values |= diagnostic_features(image, mask, region, spacing_mm=spacing, settings=settings)
    columns = planned_columns(settings, spacing_known)
    found = [values[column.feature] for column in columns]
    flags = region_flags(columns, region, settings)
    texts = [
        (*column[:4], flag, *_outcome(column.family, value, flag))
        for column, value, flag in zip(columns, found, flags, strict=True)
    ]
    frame = pd.DataFrame(np.array(texts, object).reshape(-1, 7), columns=list(TEXTS), dtype=object)
    frame.insert(3, "value", np.array([np.nan if isinstance(v, str) else v for v in found], np.float64))
    return frame


def _measure(region: Region, settings: FeatureSettings, spacing_known: bool) -> dict[str, float | str]:
    """Return a value by feature name, or the reason why it was skipped."""
    simple: Mapping[str, Measure] = {
        "volume": volume_features,
        "shape": shape_features,
        "local-intensity": local_intensity_features,
        "intensity": intensity_features,
        "histogram": histogram_features,
        "ivh": volume_histogram_features,
        "pyradiomics-firstorder": first_order_features,
        "pyradiomics-shape": pyradiomics_shape_features,
        "pyradiomics-shape2D": pyradiomics_shape_2d_features,
    }
    values: dict[str, float | str] = {}
    for family, measure in simple.items():
        if family in settings.families:
            values |= measure(region, settings)
    if any(family in TEXTURES for family in settings.families):
        values |= _textures(region, settings, spacing_known)
    return values


def _textures(region: Region, settings: FeatureSettings, spacing_known: bool) -> Mapping[str, float | str]:
    if region.n_levels > settings.max_levels:
        why = f"{region.n_levels} grey levels are more than max_levels = {settings.max_levels}"
        columns = planned_columns(settings, spacing_known)
        return dict.fromkeys((c.feature for c in columns if c.family in TEXTURES), why)
    wanted = set(settings.families)
    aggregations = settings.resolved(spacing_known=spacing_known)
    dimensions = suffixes("glszm", aggregations)
    grid = level_grid(region)
    values: dict[str, float | str] = {}
    if "glcm" in wanted:
        values |= cooccurrence_features(grid, aggregations)
    if "glrlm" in wanted:
        values |= run_length_features(grid, aggregations)
    if wanted & {"glszm", "gldzm"}:
        values |= zone_features(grid, dimensions)
    if wanted & {"ngtdm", "ngldm"}:
        values |= neighbourhood_features(grid, dimensions)
    return values | pyradiomics_texture_features(grid, settings)


def region_flags(columns: Sequence[Column], region: Region, settings: FeatureSettings) -> list[str]:
    """Add to the flags of features that follow from the settings those that follow from this region."""
    few = region.n_different < settings.min_levels
    signed = bool(region.values.min() < 0)
    thick = {plane: region.anisotropy(in_plane=plane) > settings.max_anisotropy for plane in (True, False)}
    found = []
    for column in columns:
        family, feature = column.family, column.feature
        flags = [column.flags] if column.flags else []
        if few and (family in BINNED or feature in BINNED_FIRST_ORDER):
            flags.append(FEW_LEVELS)
        how = feature if family in TEXTURE else f"_{settings.pyradiomics_aggregation}"
        if family in TEXTURES and thick["_3D" not in how]:
            flags.append(ANISOTROPIC)
        if signed and feature in NEEDS_POSITIVE:
            flags.append(SIGNED)
        found.append("|".join(flags))
    return found


def _outcome(family: str, value: float | str, flags: str) -> tuple[str, str]:
    if isinstance(value, str):
        return "skipped", value
    if not np.isfinite(value):
        return "failed", UNDEFINED[family]
    return ("flagged", "") if flags else ("ok", "")
