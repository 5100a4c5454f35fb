"""Diffusion: signals fall with b, more where water moves freely, and unevenly where fibres guide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.designs.pictures.kind import Blocks, PictureKind, Place, Quantity, image_block, write_picture
from imagenomics.designs.pictures.tissues import LESION, REGIONS, SERIES, WHITE, tissue_labels

B = 1000.0
GOLDEN = np.pi * (3 - np.sqrt(5))
QUANTITIES = {
    "adc": Quantity("apparent diffusion coefficient", "1e-3 mm2/s", 1.2),
    "adc_low": Quantity("5th percentile of the coefficient", "1e-3 mm2/s", 0.9),
    "fa": Quantity("fractional anisotropy", "1", 0.2),
}


def _directions(n: int) -> np.ndarray:
    """Return n unit vectors spread over the half sphere."""
    k = np.arange(n) + 0.5
    z = 1 - k / n
    angle = GOLDEN * k
    flat = np.sqrt(1 - z**2)
    return np.column_stack([flat * np.cos(angle), flat * np.sin(angle), z])


VECTORS = np.vstack([np.zeros((1, 3)), _directions(12)])
B_VALUES = np.where(np.abs(VECTORS).sum(axis=1) > 0, B, 0.0)


def _blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    series = {
        "b_values": f"images/{{patient}}_{picture.name}.bval",
        "b_vectors": f"images/{{patient}}_{picture.name}.bvec",
    }
    image = image_block(picture, form="series", regions=REGIONS, series=series)
    measure = {
        "kind": "diffusion",
        "model": "tensor",
        "maps": ["fa", "md"],
        "statistics": {"percentiles": [5, 50]},
    }
    block = {"name": f"{picture.name}-tensor", "image": picture.name, "measure": measure}
    return {"images": [image], "phenotypes": [block]}


def _column(picture: Picture, phenotype: Phenotype) -> str:
    ends = {"adc": "md_mean", "adc_low": "md_p5", "fa": "fa_mean"}
    return f"{picture.name}-tensor.lesion.{ends[phenotype.quantity]}"


def _eigenvalues(mean: float, anisotropy: float) -> np.ndarray:
    """Return the eigenvalues of a tensor with this mean and anisotropy, the last two alike."""
    fa = np.clip(anisotropy, 0.01, 0.9)
    excess = (
        mean * fa * np.sqrt(3 / (9 - 6 * fa**2))
    )  # FA = 3 e / sqrt(3 m^2 + 6 e^2) of (m + 2 e, m - e, m - e)
    return np.array([mean + 2 * excess, mean - excess, mean - excess])


def _draw(picture: Picture, values: Mapping[str, float], place: Place) -> None:
    labels = tissue_labels()
    low = values.get("adc_low")
    mean = max(values.get("adc", 1.25 * low if low is not None else QUANTITIES["adc"].usual), 0.2)
    tissues = {
        LESION: _eigenvalues(mean, values.get("fa", QUANTITIES["fa"].usual)),
        WHITE: _eigenvalues(0.75, 0.5),
    }
    signal = np.broadcast_to(1000 * np.exp(-B_VALUES * 0.85e-3), (*SERIES.shape, len(B_VALUES))).copy()
    spread = np.ones(SERIES.shape)
    inside = labels == LESION
    spread[inside] = np.clip(1 + 0.12 * place.random.standard_normal(int(inside.sum())), 0.5, 1.6)
    for label, eigen in tissues.items():
        along = VECTORS**2 @ eigen * 1e-3
        part = labels == label
        signal[part] = 1000 * np.exp(-B_VALUES * along * spread[part][:, None])
    signal += 8.0 * place.noise * place.random.standard_normal(signal.shape)
    write_picture(place, picture.name, np.maximum(signal, 1.0), SERIES)
    write_picture(place, f"{picture.name}-mask", labels, SERIES)
    stem = place.folder / f"{place.patient}_{picture.name}"
    np.savetxt(stem.with_suffix(".bval"), B_VALUES[None], fmt="%g")
    np.savetxt(stem.with_suffix(".bvec"), VECTORS.T, fmt="%.8f")


DIFFUSION = PictureKind("diffusion of water", QUANTITIES, _blocks, _column, _draw)
