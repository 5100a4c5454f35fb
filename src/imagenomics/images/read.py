"""Images and masks from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.files.content import read_numbers
from imagenomics.images.files.header import Header, read_header
from imagenomics.images.settings import MAX_VOXELS, Spacing
from imagenomics.images.volume import Mask, Volume

LARGEST_LABEL = 2**31 - 1


def read_volume(path: Path, *, spacing: Spacing = "file", max_voxels: int = MAX_VOXELS) -> Volume:
    """Read one grey-value image.

    Parameters
    ----------
    path : Path
        ``.nii``, ``.nii.gz``, ``.nrrd`` or ``.nhdr``; a 2-D picture becomes one slice.
    spacing : "file", "unknown" or (z, y, x)
        Take the file's spacing, count in voxels, or take this spacing in mm.
    max_voxels : int
        Refuse images that declare more, before memory is taken.

    Returns
    -------
    Volume
        Intensities float64 (z, y, x), after the scaling that the header declares.

    Raises
    ------
    FileProblem, InputError
        Those of :func:`imagenomics.images.files.header.read_header`; ``IGX-IMG-004`` truncated or damaged,
        ``IGX-IMG-008`` values that are not finite, ``IGX-IMG-011`` more voxels than declared.
    """
    header = read_header(Path(path), spacing=spacing, max_voxels=max_voxels)
    return Volume(_grey_values(header), **_common(header))


def read_mask(path: Path, *, spacing: Spacing = "file", max_voxels: int = MAX_VOXELS) -> Mask:
    """Read one label map; see :func:`read_volume`.

    Raises
    ------
    InputError
        ``IGX-IMG-012``: labels that are not whole numbers.
    """
    header = read_header(Path(path), spacing=spacing, max_voxels=max_voxels)
    values = _grey_values(header)
    wrong = (values != np.rint(values)) | (np.abs(values) > LARGEST_LABEL)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            "IGX-IMG-012",
            f"{int(wrong.sum())} mask voxels are no labels, e.g. {values[place]:g} at {place} (z, y, x)",
            where=str(path),
            expected="whole numbers: 0 for background, one number for each region",
            remedy="this looks like an image or a probability map: name the mask, or cut the map at 0.5",
        )
    return Mask(values, **_common(header))


def _grey_values(header: Header) -> np.ndarray:
    """Return the scaled, finite values (z, y, x) as float64."""
    layout = header.layout
    values = read_numbers(layout).astype(np.float64)
    if (layout.slope, layout.intercept) != (1.0, 0.0):
        values = values * layout.slope + layout.intercept
    finite = np.isfinite(values)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InputError(
            "IGX-IMG-008",
            f"{int((~finite).sum())} of {values.size} voxels are NaN or infinite, first at {place} (z, y, x)",
            where=str(layout.path),
            expected="finite numbers",
            remedy="replace them in the file by the value of the background, if that is what they stand for",
        )
    return values


def _common(header: Header) -> dict[str, Any]:
    return {
        "spacing_mm": header.grid.spacing_mm,
        "origin_mm": header.grid.origin_mm,
        "direction": header.grid.direction,
        "spacing_known": header.spacing_known,
        "source": str(header.layout.path),
        "history": (f"read {header.layout.path.name}", *header.notes),
    }
