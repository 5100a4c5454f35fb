"""The measure ``compartments``: volumes of all regions together, and ratios between them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.regions.volumes import compartment_features
from imagenomics.settings import Settings

Ratio = tuple[tuple[str, ...], tuple[str, ...]]
ALL = "all"


class CompartmentMeasure(Settings):
    """Volumes of all regions of an image together, and ratios between them."""

    kind: Literal["compartments"] = "compartments"
    ratios: dict[str, Ratio] = Field(
        default={},
        description="Name to [regions above the line, regions below it], e.g. "
        "necrosis_share = [['necrosis'], ['necrosis', 'enhancing']].",
    )


def _measure(scene: Scene, settings: CompartmentMeasure) -> Rows:
    ratios = {name: (above, below) for name, (above, below) in settings.ratios.items()}
    rows = compartment_features(
        scene.regions,
        spacing_mm=scene.volume.spacing_mm,
        spacing_known=scene.volume.spacing_known,
        ratios=ratios,
    )
    return rows.assign(region=ALL), []


COMPARTMENTS = Kind(CompartmentMeasure, _measure)
