"""What a measure may look at: the picture of one patient, its regions, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imagenomics.images.volume import Volume

Regions = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture of one patient.

    Parameters
    ----------
    volume : Volume
        Intensities and their grid.
    regions : mapping of str to array of bool, (z, y, x)
        All regions of the image by name.
    measured : mapping of str to array of bool, (z, y, x)
        Those that are measured: all but the ones that the measure names as surroundings.
    patient : str
        Whose picture it is.
    """

    volume: Volume
    regions: Regions
    measured: Regions
    patient: str = ""

    def region(self, name: str | None) -> np.ndarray | None:
        """Return a region that the measure names, None where it names none."""
        return None if name is None else self.regions[name]
