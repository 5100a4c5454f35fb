"""What a step may need beside the image itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imagenomics.images.volume import Volume

Regions = dict[str, np.ndarray]
ReadVolume = Callable[[Path], Volume]
ReadRegions = Callable[[Volume], tuple[Regions, tuple[str, ...]]]


@dataclass(frozen=True)
class Context:
    """Other files of the patient, and how they are read.

    Parameters
    ----------
    others : mapping of str to Path
        The file of each other image, by how the study writes it.
    read_volume : callable, optional
        Path -> volume; needed for ``register``.
    read_regions : callable, optional
        Volume -> regions on its grid and their history: the mask, where it waits for its image.
    max_voxels : int
        Steps that would make a larger image are refused.
    """

    others: Mapping[str, Path] = field(default_factory=dict)
    read_volume: ReadVolume | None = None
    read_regions: ReadRegions | None = None
    max_voxels: int = 400_000_000
