"""One case, ready for features: image on its scale, regions on its grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imagenomics.errors import InputError, short_list
from imagenomics.images.files.formats import is_dicom_source
from imagenomics.images.geometry import match_mask
from imagenomics.images.normalise import normalise
from imagenomics.images.preparation.apply import prepare
from imagenomics.images.preparation.context import Context, ReadRegions
from imagenomics.images.preparation.settings import mask_waits
from imagenomics.images.read import read_mask, read_volume
from imagenomics.images.settings import DicomSettings, ImageSettings, Spacing
from imagenomics.images.volume import Volume, regions

WHOLE = "whole"


@dataclass(frozen=True, eq=False)
class ReadCase:
    """One case as its files say it, before any preparation.

    Parameters
    ----------
    volume : Volume
        The image.
    regions : dict of str to ndarray, bool (z, y, x)
        Regions on its grid; none where the mask lies on another image that it is registered to.
    read_regions : callable
        Volume -> regions on its grid and their history.
    """

    volume: Volume
    regions: dict[str, np.ndarray]
    read_regions: ReadRegions


def load_case(
    image_path: Path,
    mask_path: Path | None,
    settings: ImageSettings,
    *,
    others: Mapping[str, Path] | None = None,
) -> tuple[Volume, dict[str, np.ndarray]]:
    """Read image and mask of one patient, bring them together, prepare them and normalise the intensities.

    Parameters
    ----------
    image_path : Path
        Image file.
    mask_path : Path or None
        Mask file; None makes the whole image one region called ``whole``.
    settings : ImageSettings
        The ``[[images]]`` block.
    others : mapping of str to Path, optional
        Files that steps of ``prepare`` need, by how the study writes them.

    Returns
    -------
    volume : Volume
        Prepared and normalised image; its history tells each step, those of the mask included.
    regions : dict of str to ndarray, bool (z, y, x)
        One array for each region of the settings; all False where this patient has none of its labels.

    Raises
    ------
    FileProblem, InputError
        What reading, matching, preparing and normalising refuse; ``IGX-IMG-030``: none of the declared regions is
        there.
    """
    return prepare_case(read_case(image_path, mask_path, settings), settings, others=others)


def read_case(image_path: Path, mask_path: Path | None, settings: ImageSettings) -> ReadCase:
    """Read image and mask of one patient and bring them together, and no more; see :func:`load_case`."""
    volume, uids = _read_image(image_path, settings)

    def regions_on(target: Volume) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
        assert mask_path is not None
        own = uids if target.source == volume.source else {}
        return read_regions(mask_path, target, settings, own)

    if mask_path is None:
        found = {WHOLE: np.ones(volume.array.shape, dtype=bool)}
    elif mask_waits(settings.prepare):
        found = {}
    else:
        found, history = regions_on(volume)
        volume = volume.replace(volume.array, "; ".join(["mask", *history]))
    return ReadCase(volume, found, regions_on)


def prepare_case(
    case: ReadCase, settings: ImageSettings, *, others: Mapping[str, Path] | None = None
) -> tuple[Volume, dict[str, np.ndarray]]:
    """Do the steps of ``prepare`` on a case that was read, and normalise it; see :func:`load_case`."""
    plain = settings.model_copy(update={"spacing": "file", "dicom": DicomSettings()})
    context = Context(
        others=others or {},
        read_volume=lambda path: _read_image(path, plain)[0],
        read_regions=case.read_regions,
        max_voxels=settings.max_voxels,
    )
    volume, found = prepare(case.volume, case.regions, settings.prepare, context=context)
    return normalise(volume, settings.normalise, regions=found), found


def _read_image(path: Path, settings: ImageSettings) -> tuple[Volume, Mapping[str, str | None]]:
    """Read the image, and of DICOM the UIDs that tell whether a mask was drawn on it."""
    if is_dicom_source(path):
        from imagenomics.images.dicom.load import load_dicom_image

        volume, uids = load_dicom_image(path, settings)
        return with_spacing(volume, settings.spacing), uids
    return read_volume(path, spacing=settings.spacing, max_voxels=settings.max_voxels), {}


def read_regions(
    path: Path, volume: Volume, settings: ImageSettings, uids: Mapping[str, str | None]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the regions of a mask on the grid of its image, and what was done to it."""
    if is_dicom_source(path):
        from imagenomics.images.dicom.load import load_dicom_regions

        found, history = load_dicom_regions(path, volume, settings, uids=uids)
        _check_some(str(path), (), found, settings)
        return found, history
    mask = read_mask(path, spacing=settings.spacing, max_voxels=settings.max_voxels)
    mask = match_mask(volume, mask, geometry=settings.geometry)
    found = regions(mask, settings.regions)
    _check_some(mask.source, mask.labels, found, settings)
    return found, mask.history


def with_spacing(volume: Volume, spacing: Spacing) -> Volume:
    """Return the volume with the spacing that a study declares instead of the file's."""
    if spacing == "file":
        return volume
    known = not isinstance(spacing, str)
    z, y, x = (float(s) for s in spacing) if known else (1.0, 1.0, 1.0)
    note = f"spacing declared as {z:g}, {y:g}, {x:g} mm (z, y, x)" if known else "spacing declared unknown"
    return replace(
        volume,
        spacing_mm=(z, y, x),
        spacing_known=known,
        history=(*volume.history, f"{note}, whatever the file says"),
    )


def _check_some(
    source: str, present: tuple[int, ...], found: dict[str, np.ndarray], settings: ImageSettings
) -> None:
    if any(region.any() for region in found.values()):
        return
    raise InputError(
        "IGX-IMG-030",
        "the mask has no voxel of any declared region",
        where=source,
        expected=f"labels of {short_list(f'{k} = {v}' for k, v in settings.regions.items())}",
        remedy=f"the mask holds the labels {short_list(present, 8)}: correct 'regions'"
        if present
        else "the mask is empty: segment the image, or leave this patient's files out",
    )
