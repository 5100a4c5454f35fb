"""One case, ready for features: image on its scale, regions on its grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imagenomics.errors import InputError, short_list
from imagenomics.images.geometry import match_mask
from imagenomics.images.normalise import normalise
from imagenomics.images.read import read_mask, read_volume
from imagenomics.images.settings import ImageSettings
from imagenomics.images.volume import Mask, Volume, regions

WHOLE = "whole"


def load_case(
    image_path: Path, mask_path: Path | None, settings: ImageSettings
) -> tuple[Volume, dict[str, np.ndarray]]:
    """Read image and mask of one patient, bring them together and normalise the intensities.

    Parameters
    ----------
    image_path : Path
        Image file.
    mask_path : Path or None
        Mask file; None makes the whole image one region called ``whole``.
    settings : ImageSettings
        The ``[[images]]`` block.

    Returns
    -------
    volume : Volume
        Normalised image; its history tells each step, those of the mask included.
    regions : dict of str to ndarray, bool (z, y, x)
        One array for each region of the settings; all False where this patient has none of its labels.

    Raises
    ------
    FileProblem, InputError
        What reading, matching and normalising refuse; ``IGX-IMG-030``: none of the declared regions is there.
    """
    spacing, most = settings.spacing, settings.max_voxels
    volume = read_volume(image_path, spacing=spacing, max_voxels=most)
    if mask_path is None:
        found = {WHOLE: np.ones(volume.array.shape, dtype=bool)}
    else:
        mask = read_mask(mask_path, spacing=spacing, max_voxels=most)
        mask = match_mask(volume, mask, geometry=settings.geometry)
        found = regions(mask, settings.regions)
        _check_some(mask, found, settings)
        volume = volume.replace(volume.array, "; ".join(["mask", *mask.history]))
    return normalise(volume, settings.normalise, regions=found), found


def _check_some(mask: Mask, found: dict[str, np.ndarray], settings: ImageSettings) -> None:
    if any(region.any() for region in found.values()):
        return
    present = mask.labels
    raise InputError(
        "IGX-IMG-030",
        "the mask has no voxel of any declared region",
        where=mask.source,
        expected=f"labels of {short_list(f'{k} = {v}' for k, v in settings.regions.items())}",
        remedy=f"the mask holds the labels {short_list(present, 8)}: correct 'regions'"
        if present
        else "the mask is empty: segment the image, or leave this patient's files out",
    )
