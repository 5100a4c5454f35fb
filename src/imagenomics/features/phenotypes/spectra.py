"""The measure ``spectra``: textures beyond grey-level matrices."""

from __future__ import annotations

from typing import Literal

from imagenomics.features.each_region import each_region
from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.spectra.measure import measure_spectra
from imagenomics.features.spectra.settings import SpectraSettings


class SpectraMeasure(SpectraSettings):
    """Textures beyond grey-level matrices: spectra, fractal dimensions, local patterns."""

    kind: Literal["spectra"] = "spectra"


def _measure(scene: Scene, settings: SpectraMeasure) -> Rows:
    volume = scene.volume
    return each_region(
        scene.measured,
        lambda mask: measure_spectra(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            settings=settings,
        ),
    )


SPECTRA = Kind(SpectraMeasure, _measure)
