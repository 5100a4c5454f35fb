"""A bolus in gradient and spin echoes: how wide and how dense the vessels of the lesion are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.dsc import WHITE_PEAK, white_passage
from imagenomics.designs.pictures.kind import Blocks, PictureKind, Place, Quantity, image_block, write_picture
from imagenomics.designs.pictures.tissues import LESION, REGIONS, SERIES, tissue_labels
from imagenomics.features.perfusion.vessel_size import KISELEV

GRADIENT_TE_S, SPIN_TE_S = 0.03, 0.08
STAR_PEAK = 20.0  # 1/s, of R2* in the lesion
WHITE_SPIN = 1.0  # 1/s, peak of R2 in white matter
ADC_UM2_S, BLOOD = 1200.0, 0.05
QUANTITIES = {
    "vessel_size": Quantity("calibre of the vessels", "um", 40.0),
    "vessel_density": Quantity("peak of R2 over peak of R2* to the power 2/3 (Q)", "s^(-1/3)", 0.3),
}


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    echoes: dict[str, Any] = {"form": "series", "regions": REGIONS, "series": {"tr_s": 1.5}}
    maps = {
        "normalise": {"method": "none"},
        "regions": {"lesion": LESION},
        "features": {"families": ["volume"]},
    }
    forms = {"": echoes, "-spin": echoes, "-adc": maps, "-blood": maps}
    images = []
    for end, form in forms.items():
        block = image_block(picture, **form)
        path = block["path"].replace(f"_{picture.name}.", f"_{picture.name}{end}.")
        images.append({**block, "name": f"{picture.name}{end}", "path": path})
    measure = {
        "kind": "vessel-size",
        "echo_time_ms": 1000 * GRADIENT_TE_S,
        "spin_echo_time_ms": 1000 * SPIN_TE_S,
        "reference": "white",
    }
    others = {
        "spin_echo": f"{picture.name}-spin",
        "adc": f"{picture.name}-adc",
        "blood_volume": f"{picture.name}-blood",
    }
    block = {"name": f"{picture.name}-size", "image": picture.name, "others": others, "measure": measure}
    return {"images": images, "phenotypes": [block]}


def _column(picture: Picture, phenotype: Phenotype) -> str:
    ends = {"vessel_size": "vsi_mean", "vessel_density": "q_mean"}
    return f"{picture.name}-size.lesion.{ends[phenotype.quantity]}"


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    labels = tissue_labels()
    size = max(values.get("vessel_size", QUANTITIES["vessel_size"].usual), 2.0)
    reach = KISELEV * np.sqrt(BLOOD * ADC_UM2_S)
    spin_peak, blood = (reach * STAR_PEAK / size) ** (2 / 3), BLOOD
    if "vessel_density" in values:  # then blood volume makes calibre and density fit
        density = max(values["vessel_density"], 0.02)
        spin_peak = density * STAR_PEAK ** (2 / 3)
        blood = (size * density**1.5 / KISELEV) ** 2 / ADC_UM2_S
    passage = white_passage() / WHITE_PEAK
    peaks = {"": (WHITE_PEAK, STAR_PEAK, GRADIENT_TE_S), "-spin": (WHITE_SPIN, spin_peak, SPIN_TE_S)}
    for end, (white, lesion, echo_time_s) in peaks.items():
        height = np.where(labels == LESION, lesion, white)
        signal = 800.0 * np.exp(-echo_time_s * height[..., None] * passage)
        signal = signal + 2.0 * place.noise * place.random.standard_normal(signal.shape)
        write_picture(place, f"{picture.name}{end}", np.maximum(signal, 1.0), SERIES)
    rough = 1 + 0.05 * place.random.standard_normal((2, *SERIES.shape))
    write_picture(place, f"{picture.name}-adc", ADC_UM2_S * rough[0], SERIES)
    write_picture(place, f"{picture.name}-blood", np.where(labels == LESION, blood, BLOOD) * rough[1], SERIES)
    write_picture(place, f"{picture.name}-mask", labels, SERIES)


VESSELS = PictureKind("a bolus in gradient and spin echoes", QUANTITIES, _blocks, _column, _draw)
