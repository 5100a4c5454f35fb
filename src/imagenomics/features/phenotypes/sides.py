"""The measure ``lateralisation``: how much more of a map, or of a volume, lies on the left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.errors import InputError, unknown_name
from imagenomics.features.brain.lateralisation import asymmetry_rows, map_lateralisation
from imagenomics.features.each_region import Problem
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.images.volume import Volume
from imagenomics.settings import Settings


class LateralisationMeasure(Settings):
    """Left against right, (L - R) / (L + R): of the image inside two regions, and of their volumes."""

    kind: Literal["lateralisation"] = "lateralisation"
    pairs: dict[str, tuple[str, str]] = Field(
        min_length=1,
        description="Name to [left region, right region], both of the image's 'regions', e.g. "
        "hippocampus = ['left_hippocampus', 'right_hippocampus'].",
    )
    of: tuple[Literal["map", "volume"], ...] = Field(
        default=("map", "volume"),
        min_length=1,
        description="'map': the mean of the positive values on each side; 'volume': the volumes of the two regions.",
    )


def _measure(scene: Scene, settings: LateralisationMeasure) -> Rows:
    _refuse_unknown(settings, scene.regions)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    errors: list[InputError] = []
    for name, (left, right) in settings.pairs.items():
        try:
            frames.append(
                _pair(scene.volume, scene.regions[left], scene.regions[right], name=name, settings=settings)
            )
        except InputError as error:
            errors.append(error)
            problem = {"region": name, "code": error.code, "error": error.what}
            problems.append({**problem, "remedy": error.remedy or ""})
    if not frames:
        raise errors[0]
    return pd.concat(frames, ignore_index=True), problems


def _pair(
    volume: Volume, left: np.ndarray, right: np.ndarray, *, name: str, settings: LateralisationMeasure
) -> pd.DataFrame:
    parts = []
    if "map" in settings.of:
        parts.append(map_lateralisation(volume, left, right, region=name))
    if "volume" in settings.of:
        sizes = {f"left_{name}": float(left.sum()), f"right_{name}": float(right.sum())}
        parts.append(asymmetry_rows(sizes, measure="volume"))
    return pd.concat(parts, ignore_index=True)


def _plan(settings: LateralisationMeasure, planned: Planned) -> pd.DataFrame:
    _refuse_unknown(settings, planned.regions)
    left = np.array([True, False])[None, None]
    volume = Volume(np.ones(left.shape))
    return pd.concat(
        [_pair(volume, left, ~left, name=name, settings=settings) for name in settings.pairs],
        ignore_index=True,
    )


def _refuse_unknown(settings: LateralisationMeasure, regions: Collection[str]) -> None:
    for name in (name for pair in settings.pairs.values() for name in pair):
        if name not in regions:
            raise unknown_name("IGX-FEAT-150", "region", name, regions, where="measure 'lateralisation'")


LATERALISATION = Kind(LateralisationMeasure, _measure, _plan)
