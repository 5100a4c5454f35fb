"""A lesion somewhere in a small brain: pictures whose grey values say where a voxel lies, all in one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.kind import (
    SMALL,
    Blocks,
    PictureKind,
    Place,
    Quantity,
    distance_mm,
    image_block,
    nearest_voxels,
    smooth_field,
    write_picture,
)

AXES = {"front": 1, "left": 2}  # along y and x of the array
REACH = 13.0  # mm from the middle at which a lesion still lies inside
VOLUME = 1.5  # ml
QUANTITIES = {
    "front": Quantity("middle of the lesion from back to front", "mm", 0.0),
    "left": Quantity("middle of the lesion from right to left", "mm", 0.0),
}


def image_of(picture: str, quantity: str) -> str:
    """Return the name of the picture whose grey values are places along one axis."""
    return f"{picture}-{quantity}"


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    features = {"families": ["intensity"]}
    images = []
    for quantity in dict.fromkeys(p.quantity for p in phenotypes):
        named = picture.model_copy(update={"name": image_of(picture.name, quantity)})
        mask = f"images/{{patient}}_{picture.name}-mask.nii.gz"
        images.append(image_block(named, features=features, normalise={"method": "none"}, mask=mask))
    return {"images": images}


def _column(picture: Picture, phenotype: Phenotype) -> str:
    return f"{image_of(picture.name, phenotype.quantity)}.lesion.stat_mean"


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    centre = [place.random.uniform(-5.0, 5.0) for _ in range(3)]
    for quantity, axis in AXES.items():
        centre[axis] = float(np.clip(values.get(quantity, centre[axis]), -REACH, REACH))
    rough = distance_mm(SMALL, centre) * (1 + 0.1 * smooth_field(SMALL, place.random, 9.0))
    mask = nearest_voxels(SMALL, rough, VOLUME * np.exp(0.4 * place.random.standard_normal()))
    for quantity in values:
        axis = AXES[quantity]
        along = (np.arange(SMALL.shape[axis]) - (SMALL.shape[axis] - 1) / 2) * SMALL.spacing_mm[axis]
        shape = [-1 if k == axis else 1 for k in range(3)]
        image = np.broadcast_to(along.reshape(shape), SMALL.shape)
        noise = 0.3 * place.noise * place.random.standard_normal(SMALL.shape)
        write_picture(place, image_of(picture.name, quantity), image + noise)
    write_picture(place, f"{picture.name}-mask", mask)


PLACE = PictureKind("a lesion somewhere in a small brain", QUANTITIES, _blocks, _column, _draw)
