"""Label maps that a measure names, on the grid of the picture, and what the labels of an atlas are called."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field

from imagenomics.features.brain.label_table import read_label_table
from imagenomics.features.phenotypes.kind import Planned
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.images.geometry import match_mask
from imagenomics.images.read import read_mask
from imagenomics.images.volume import Mask, Volume


def _shared(value: str) -> str:
    if "{patient}" in value:
        raise ValueError("the label table is the same for all patients: its names are the columns")
    return value


AtlasFile = Annotated[
    str,
    Field(
        description="Label map on the grid of the image: one file of all patients, or with {patient} one of each "
        "(an atlas brought to each brain, a segmentation)."
    ),
]
LabelFile = Annotated[
    str,
    AfterValidator(_shared),
    Field(
        description="Table that names the labels (id or index, name or label, hemisphere), or a colour table of "
        "FreeSurfer (.txt); the same for all patients, because the names are the columns."
    ),
]


def names_of(where: Scene | Planned) -> pd.Series:
    """Return region name by label."""
    return read_label_table(where.files["labels"])


def atlas_of(scene: Scene) -> Mask:
    """Return the atlas on the grid of the picture; see :func:`label_map_of`."""
    return label_map_of(scene, "atlas")


def label_map_of(scene: Scene, key: str) -> Mask:
    """Return the label map that the field ``key`` names, on the grid of the picture.

    It is resampled (nearest neighbour) only where that is declared.

    Raises
    ------
    InputError
        ``IGX-IMG-020`` to ``IGX-IMG-022``: another grid.
    """
    picture = scene.picture
    grid = picture.grid
    blank = Volume(
        np.zeros(grid.shape),
        spacing_mm=grid.spacing_mm,
        origin_mm=grid.origin_mm,
        direction=grid.direction,
        source=picture.source,
    )
    labels = read_mask(scene.files[key], spacing="file" if picture.spacing_known else "unknown")
    return match_mask(blank, labels, geometry="resample-mask" if scene.resample else "same")
