"""A lesion in a plain picture: how large, how bright, how uneven it is."""

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

QUANTITIES = {
    "volume": Quantity("volume of the lesion", "ml", 2.0),
    "brightness": Quantity("mean grey value", "", 100.0),
    "spread": Quantity("standard deviation of the grey values", "", 12.0),
    "grain": Quantity("distance over which grey values stay alike", "mm", 3.0),
    "skewness": Quantity("skewness of the grey values", "1", 0.0),
}
COLUMNS = {
    "volume": "morph_vol_approx",
    "brightness": "stat_mean",
    "spread": "stat_var",
    "grain": "cm_corr_3D_comb",
    "skewness": "stat_skew",
}
FAMILIES = ("volume", "intensity", "glcm")


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    features = {"families": list(FAMILIES), "discretisation": {"n_bins": 16}}
    return {"images": [image_block(picture, features=features)]}


def _column(picture: Picture, phenotype: Phenotype) -> str:
    return f"{picture.name}.lesion.{COLUMNS[phenotype.quantity]}"


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    planted = {name: values.get(name, quantity.usual) for name, quantity in QUANTITIES.items()}
    rough = distance_mm(SMALL) * (1 + 0.1 * smooth_field(SMALL, place.random, 9.0))
    mask = nearest_voxels(SMALL, rough, planted["volume"])
    field = smooth_field(SMALL, place.random, max(planted["grain"], 0.1))
    field = _skewed(field, planted["skewness"])
    image = 60.0 + 8.0 * smooth_field(SMALL, place.random, 4.0)
    inside = field[mask]
    inside = (inside - inside.mean()) / max(float(inside.std()), 1e-9)
    image[mask] = planted["brightness"] + planted["spread"] * inside
    image += 2.0 * place.noise * place.random.standard_normal(SMALL.shape)
    write_picture(place, picture.name, image)
    write_picture(place, f"{picture.name}-mask", mask)


def _skewed(field: np.ndarray, skewness: float) -> np.ndarray:
    """Return a field whose values are skewed: those of a normal variable, squared in part."""
    weight = np.clip(skewness / np.sqrt(8.0), -0.95, 0.95)
    part = np.abs(weight) ** (1 / 3)
    squared = np.sign(weight) * (field**2 - 1.0) / np.sqrt(2.0)
    return np.asarray(np.sqrt(1.0 - part**2) * field + part * squared)


LESION = PictureKind("a lesion in a plain picture", QUANTITIES, _blocks, _column, _draw)
