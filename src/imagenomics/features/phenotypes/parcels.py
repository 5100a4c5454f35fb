"""The measure ``parcels``: an image summed up over the regions of an atlas."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.features.brain.lateralisation import asymmetry_rows
from imagenomics.features.brain.parcels import parcel_statistics
from imagenomics.features.phenotypes.atlas import AtlasFile, LabelFile, atlas_of, names_of
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.images.volume import Mask, Volume
from imagenomics.settings import Settings

Statistic = Literal["mean", "median", "sd"]


class ParcelMeasure(Settings):
    """Statistics and volume of each region of an atlas; the image's own regions do not matter."""

    kind: Literal["parcels"] = "parcels"
    atlas: AtlasFile
    labels: LabelFile
    statistics: tuple[Statistic, ...] = Field(
        default=("mean", "median", "sd"), description="What of the intensities in each region is measured."
    )
    asymmetry: tuple[Literal["mean", "median", "volume"], ...] = Field(
        default=(),
        description="What is also compared between the sides, (L - R) / (L + R), for regions named left_... and "
        "right_...",
    )


def _measure(scene: Scene, settings: ParcelMeasure) -> Rows:
    names = names_of(scene)
    rows = parcel_statistics(scene.volume, atlas_of(scene), names, statistics=settings.statistics)
    return _with_sides(rows, settings), []


def _with_sides(rows: pd.DataFrame, settings: ParcelMeasure) -> pd.DataFrame:
    parts = [rows]
    for what in settings.asymmetry:
        own = rows[rows["feature"] == what]
        values = dict(zip(own["region"].astype(str), own["value"].astype(float), strict=True))
        parts.append(asymmetry_rows(values, measure=what))
    return pd.concat(parts, ignore_index=True)


def _plan(settings: ParcelMeasure, planned: Planned) -> pd.DataFrame:
    names = names_of(planned)
    labels = np.repeat(names.index.to_numpy(np.int64), 2)[None, None]
    volume = Volume(np.ones(labels.shape), spacing_known=planned.spacing_known)
    rows = parcel_statistics(volume, Mask(labels), names, statistics=settings.statistics)
    return _with_sides(rows, settings)


PARCELS = Kind(ParcelMeasure, _measure, _plan, files=("atlas", "labels"))
