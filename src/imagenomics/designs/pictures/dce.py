"""Dynamic contrast enhancement: agent leaves the vessels of the lesion at a planted rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.kind import Blocks, PictureKind, Place, Quantity, image_block, write_picture
from imagenomics.designs.pictures.tissues import LESION
from imagenomics.features.perfusion.population import population_curve
from imagenomics.features.perfusion.spoiled_echo import spoiled_signal
from imagenomics.features.perfusion.tofts import PlasmaCurve, tofts_curves
from imagenomics.images.grid import Grid

SERIES = Grid((1, 6, 6), (3.0, 2.0, 2.0))  # few voxels: every one costs a fit
TIMES_S = np.arange(40) * 7.5
T10_S, ARRIVAL_S = 1.2, 30.0
RELAXIVITY = 4.5
QUANTITIES = {
    "ktrans": Quantity("transfer constant", "1/min", 0.15),
    "ve": Quantity("share of the extravascular extracellular space", "1", 0.3),
    "kep": Quantity("rate constant (Ktrans over ve)", "1/min", 0.5),
    "amplitude": Quantity("amplitude of the Brix model", "1", 1.0),
}


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    image = image_block(picture, form="series", regions={"lesion": LESION}, series={"tr_s": 7.5})
    measure = {"kind": "dce", "repetition_time_ms": 5, "flip_angle_deg": 15, "t10_s": T10_S}
    brix = {**measure, "model": "brix"}
    wanted = {"brix" if p.quantity == "amplitude" else "exchange" for p in phenotypes}  # fits are slow
    blocks = [
        {"name": f"{picture.name}-{part}", "image": picture.name, "measure": settings}
        for part, settings in (("exchange", measure), ("brix", brix))
        if part in wanted
    ]
    return {"images": [image], "phenotypes": blocks}


def _column(picture: Picture, phenotype: Phenotype) -> str:
    part = "brix" if phenotype.quantity == "amplitude" else "exchange"
    return f"{picture.name}-{part}.lesion.{phenotype.quantity}_p50"


@cache
def _plasma() -> PlasmaCurve:
    clock = np.arange(0, 300, 0.5)
    return PlasmaCurve(clock, population_curve(clock - ARRIVAL_S))


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    labels = np.zeros(SERIES.shape)
    labels[:, 1:5, 1:5] = LESION
    ktrans = max(values.get("ktrans", 0.15 * values.get("amplitude", 1.0)), 0.005)
    kep = values.get("kep")
    space = float(np.clip(ktrans / kep if kep else values.get("ve", 0.3), 0.02, 0.9))
    true = np.array([[0.03, 0.03 / 0.2, 0.02], [ktrans, ktrans / space, 0.02]])
    normal, lesion = tofts_curves(true, TIMES_S, _plasma())
    curves = np.broadcast_to(normal, (*SERIES.shape, len(TIMES_S))).copy()
    curves[labels == LESION] = lesion
    rate = 1 / T10_S + RELAXIVITY * curves
    signal = 900 * spoiled_signal(rate, repetition_time_s=0.005, flip_angle_deg=15)
    signal += 0.4 * place.noise * place.random.standard_normal(signal.shape)
    write_picture(place, picture.name, np.maximum(signal, 0.1), SERIES)
    write_picture(place, f"{picture.name}-mask", labels, SERIES)


DCE = PictureKind("enhancement over minutes (DCE)", QUANTITIES, _blocks, _column, _draw)
