"""A PET picture in SUV: a lesion that takes up tracer, and liver beside it."""

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

LIVER_SUV = 2.2
QUANTITIES = {
    "suvmax": Quantity("highest uptake of the lesion", "SUV", 6.0),
    "suvmean": Quantity("mean uptake of the lesion", "SUV", 4.0),
    "tumour_to_liver": Quantity("mean uptake relative to liver", "1", 2.0),
    "volume": Quantity("volume of the lesion", "ml", 3.0),
}


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    image = image_block(
        picture, modality="PET", regions={"lesion": 1, "liver": 2}, features={"families": ["volume"]}
    )
    return {
        "images": [image],
        "phenotypes": [
            {
                "name": f"{picture.name}-uptake",
                "image": picture.name,
                "measure": {"kind": "uptake", "liver": "liver"},
            },
            {
                "name": f"{picture.name}-ratio",
                "image": picture.name,
                "measure": {"kind": "map", "reference": "liver"},
            },
        ],
    }


def _column(picture: Picture, phenotype: Phenotype) -> str:
    names = {
        "suvmax": f"{picture.name}-uptake.lesion.suv_max",
        "suvmean": f"{picture.name}-uptake.lesion.suv_mean",
        "tumour_to_liver": f"{picture.name}-ratio.lesion.map_norm_mean",
        "volume": f"{picture.name}.lesion.morph_vol_approx",
    }
    return names[phenotype.quantity]


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    mean = values.get("suvmean", QUANTITIES["suvmean"].usual)
    if "tumour_to_liver" in values:
        mean = LIVER_SUV * values["tumour_to_liver"]
    top = values.get("suvmax")
    if "suvmean" not in values and "tumour_to_liver" not in values and top is not None:
        mean = 0.65 * top
    mean = max(mean, 0.3)
    top = max(1.5 * mean if top is None else top, 1.05 * mean)
    rough = distance_mm(SMALL, (0.0, 4.0, 0.0)) * (1 + 0.1 * smooth_field(SMALL, place.random, 9.0))
    lesion = nearest_voxels(SMALL, rough, values.get("volume", QUANTITIES["volume"].usual))
    labels = np.where(lesion, 1.0, 0.0)
    labels[:, :3, :] = 2.0
    image = 0.8 + 0.1 * smooth_field(SMALL, place.random, 4.0)
    image[labels == 2] = LIVER_SUV
    shape = rough[lesion].max() - rough[lesion]
    shape = (shape - shape.mean()) / max(float(shape.max() - shape.mean()), 1e-9)
    image[lesion] = mean + (top - mean) * shape
    image *= 1 + 0.02 * place.noise * place.random.standard_normal(SMALL.shape)
    write_picture(place, picture.name, np.maximum(image, 0.01))
    write_picture(place, f"{picture.name}-mask", labels)


UPTAKE = PictureKind("uptake of a tracer", QUANTITIES, _blocks, _column, _draw)
