"""The measure ``filters``: features of the responses of filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from imagenomics.features.each_region import each_region
from imagenomics.features.extract import extract_region
from imagenomics.features.filters.apply import filter_box
from imagenomics.features.filters.settings import AnyFilter
from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.region import bounding_box, rounded
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.resample import aligned_lattice, resample_image, resample_mask
from imagenomics.images.resegment import resegment
from imagenomics.settings import Settings

FilterName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")]

# What has been done before the filter is not done again in its response.
DONE = {"spacing_mm": None, "intensity_range": None, "outlier_sigma": None, "round_intensities": False}


class FilterMeasure(Settings):
    """Features of filtered images: wavelets, Laplacian of Gaussian, Gabor ..."""

    kind: Literal["filters"] = "filters"
    filters: dict[FilterName, AnyFilter] = Field(
        min_length=1, description="Name to filter, e.g. log2 = { kind = 'log', sigma_mm = 2 }."
    )
    features: FeatureSettings = Field(
        default=FeatureSettings(families=("intensity",)),
        description="What is measured in each response. Resampling and re-segmentation are done before the filter.",
    )

    @field_validator("features")
    @classmethod
    def _no_shape(cls, value: FeatureSettings) -> FeatureSettings:
        same = {"volume", "shape", "diagnostics"}.intersection(value.families)
        if same:
            raise ValueError(f"'{min(same)}' does not depend on a filter: measure it in [features]")
        return value


def _measure(scene: Scene, settings: FilterMeasure) -> Rows:
    volume = scene.volume
    return each_region(
        scene.measured,
        lambda mask: filtered_rows(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            settings=settings,
        ),
    )


def filtered_rows(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool,
    settings: FilterMeasure,
) -> pd.DataFrame:
    """Measure the response of each filter in a region.

    The image is resampled, rounded and the region re-segmented by its intensities first, as in IBSI-2; each filter
    sees the image around the region as far as it reaches.

    Returns
    -------
    DataFrame
        As :func:`imagenomics.features.extract.extract_region`, features named ``<filter>_<feature>``. The column
        ``ibsi`` is empty: IBSI's tags belong to unfiltered images.
    """
    chosen = settings.features
    spacing = tuple(float(s) for s in spacing_mm) if spacing_known else (1.0, 1.0, 1.0)
    if chosen.spacing_mm is not None:
        image, mask, spacing = _resampled(image, mask, spacing, chosen)
    image = rounded(image, chosen)
    mask = resegment(image, mask, intensity_range=chosen.intensity_range, outlier_sigma=chosen.outlier_sigma)
    start, stop = bounding_box(mask)
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    frames = []
    for name, chosen_filter in settings.filters.items():
        response = filter_box(image, start, stop, spacing_mm=spacing, settings=chosen_filter)
        rows = extract_region(
            response,
            np.ascontiguousarray(mask[box]),
            spacing_mm=spacing,
            settings=chosen.model_copy(update=DONE),
            spacing_known=spacing_known,
        )
        rows["feature"] = np.array([f"{name}_{feature}" for feature in rows["feature"]], object)
        frames.append(rows)
    found = pd.concat(frames, ignore_index=True)
    found["ibsi"] = np.full(len(found), "", object)
    return found


def _resampled(
    image: np.ndarray, mask: np.ndarray, spacing: Sequence[float], settings: FeatureSettings
) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    assert settings.spacing_mm is not None
    target = [None if s == "keep" else float(s) for s in settings.spacing_mm]
    lattice = aligned_lattice(image.shape, spacing, target, alignment=settings.alignment)
    new = [old if wanted is None else wanted for old, wanted in zip(spacing, target, strict=True)]
    return (
        resample_image(image, lattice, method=settings.interpolation),
        resample_mask(mask, lattice, threshold=settings.mask_threshold, method=settings.mask_interpolation),
        (new[0], new[1], new[2]),
    )


FILTERS = Kind(FilterMeasure, _measure)
