"""A tumour of three parts: necrosis, what enhances around it, and oedema."""

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
    "necrosis": Quantity("volume of the core", "ml", 1.5),
    "enhancing": Quantity("volume of the rim around the core", "ml", 2.5),
    "oedema": Quantity("volume outside the rim", "ml", 5.0),
}
PARTS = ("necrosis", "enhancing", "oedema")
GREY = (40.0, 160.0, 110.0)
RATIOS = {
    "necrosis_share": [["necrosis"], ["necrosis", "enhancing"]],
    "oedema_ratio": [["oedema"], ["necrosis", "enhancing"]],
    "rim_share": [["enhancing"], ["necrosis", "enhancing", "oedema"]],
}


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    regions = {name: k + 1 for k, name in enumerate(PARTS)}
    image = image_block(picture, regions=regions, features={"families": ["volume"]})
    measure = {"kind": "compartments", "ratios": RATIOS}
    return {
        "images": [image],
        "phenotypes": [{"name": f"{picture.name}-parts", "image": picture.name, "measure": measure}],
    }


def _column(picture: Picture, phenotype: Phenotype) -> str:
    if phenotype.quantity in RATIOS:
        return f"{picture.name}-parts.all.{phenotype.quantity}"
    return f"{picture.name}.{phenotype.quantity}.morph_vol_approx"


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    planted = np.cumsum([max(values.get(name, QUANTITIES[name].usual), 0.05) for name in PARTS])
    rough = distance_mm(SMALL) * (1 + 0.08 * smooth_field(SMALL, place.random, 9.0))
    labels = np.zeros(SMALL.shape)
    for k in reversed(range(len(PARTS))):
        labels[nearest_voxels(SMALL, rough, float(planted[k]))] = k + 1
    image = np.array([70.0, *GREY])[labels.astype(int)]
    image += 6.0 * place.noise * place.random.standard_normal(SMALL.shape)
    write_picture(place, picture.name, image)
    write_picture(place, f"{picture.name}-mask", labels)


COMPARTMENTS = PictureKind(
    "a tumour with core, rim and oedema",
    {
        **QUANTITIES,
        **{name: Quantity("ratio of volumes (follows the volumes)", "1", np.nan) for name in RATIOS},
    },
    _blocks,
    _column,
    _draw,
)
