"""Dynamic susceptibility contrast: a bolus passes, the lesion holds more blood than white matter, and may leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.kind import (
    Blocks,
    FloatArray,
    PictureKind,
    Place,
    Quantity,
    image_block,
    write_picture,
)
from imagenomics.designs.pictures.tissues import ARTERY, LESION, REGIONS, SERIES, tissue_labels
from imagenomics.features.perfusion.gamma_variate import gamma_variate

TIMES_S = np.arange(50) * 1.5
CLOCK_S = np.arange(0, 75, 0.1)
ECHO_TIME_S, BASELINE = 0.03, 800.0
TRANSIT_S = 4.0
WHITE_PEAK, ARTERY_PEAK = 7.0, 90.0  # 1/s: white matter loses a fifth of its signal, an artery most of it
QUANTITIES = {
    "rcbv": Quantity("blood volume relative to white matter", "1", 2.0),
    "recovery": Quantity("percentage signal recovery", "%", 100.0),
    "peak_height": Quantity("largest change of R2* relative to white matter", "1", 2.0),
}


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    image = image_block(picture, form="series", regions=REGIONS, series={"tr_s": 1.5})
    measure = {
        "kind": "dsc",
        "echo_time_ms": 1000 * ECHO_TIME_S,
        "tissue": "brain",
        "reference": "white",
        "aif": "none",
        "maps": ["cbv", "peak_height", "psr"],
    }
    return {
        "images": [image],
        "phenotypes": [{"name": f"{picture.name}-bolus", "image": picture.name, "measure": measure}],
    }


def _column(picture: Picture, phenotype: Phenotype) -> str:
    ends = {"rcbv": "cbv_norm_mean", "recovery": "psr_mean", "peak_height": "peak_height_norm_mean"}
    return f"{picture.name}-bolus.lesion.{ends[phenotype.quantity]}"


@cache
def _artery() -> FloatArray:
    """Return the change of R2* in an artery (1/s) at each volume."""
    return np.asarray(ARTERY_PEAK * _shape(0.0))


@cache
def white_passage() -> FloatArray:
    """Return the change of R2* in white matter (1/s) at each volume."""
    return np.asarray(WHITE_PEAK * _shape(TRANSIT_S))


def _shape(transit_s: float) -> FloatArray:
    """Return the passage of the bolus, its peak 1, through tissue that it leaves after a mean transit time."""
    curve = gamma_variate(np.array([[12.0, 6.0, 120.0, 3.0]]), CLOCK_S)[0]
    if transit_s:
        curve = np.convolve(curve, np.exp(-CLOCK_S / transit_s))[: len(CLOCK_S)]
    return np.asarray(np.interp(TIMES_S, CLOCK_S, curve / curve.max()))


def _leak(recovery: float, volume: float) -> FloatArray:
    """Return the change of R2* that leaked agent leaves, so that the signal recovers as much as declared (%)."""
    passed = volume * white_passage()
    pooled = np.cumsum(passed) / np.sum(passed)
    leak = np.zeros_like(passed)
    for _ in range(20):  # agent that has leaked at the peak lowers the lowest signal, too
        lowest = 1 - np.exp(-ECHO_TIME_S * float(np.max(passed + leak)))
        left = 1 - (1 - recovery / 100.0) * lowest  # signal at the end, relative to that before the bolus
        leak = -np.log(left) / ECHO_TIME_S * pooled
    return np.asarray(leak)


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    labels = tissue_labels()
    volume = max(values.get("rcbv", values.get("peak_height", QUANTITIES["rcbv"].usual)), 0.1)
    recovery = float(np.clip(values.get("recovery", QUANTITIES["recovery"].usual), 5.0, 130.0))
    change = np.broadcast_to(white_passage(), (*SERIES.shape, len(TIMES_S))).copy()
    change[labels == LESION] = volume * white_passage() + _leak(recovery, volume)
    change[labels == ARTERY] = _artery()
    signal = BASELINE * np.exp(-ECHO_TIME_S * change)
    signal += 4.0 * place.noise * place.random.standard_normal(signal.shape)
    write_picture(place, picture.name, np.maximum(signal, 1.0), SERIES)
    write_picture(place, f"{picture.name}-mask", labels, SERIES)


DSC = PictureKind("a bolus of contrast agent (DSC)", QUANTITIES, _blocks, _column, _draw)
