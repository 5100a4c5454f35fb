"""A patient's image and regions from DICOM, as a ``[[images]]`` block declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagenomics.errors import FileProblem, InputError, short_list
from imagenomics.images.dicom.fields import text
from imagenomics.images.dicom.objects import HEAD, KINDS
from imagenomics.images.dicom.open import open_dicom
from imagenomics.images.dicom.pet import read_suv
from imagenomics.images.dicom.regions import NamedRegions
from imagenomics.images.dicom.rtstruct import read_rtstruct
from imagenomics.images.dicom.scan import Scan, is_picture, scan_folder
from imagenomics.images.dicom.seg import read_seg
from imagenomics.images.dicom.series import read_series, series_files, series_stack
from imagenomics.images.grid import Grid
from imagenomics.images.settings import ImageSettings
from imagenomics.images.volume import Volume
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.progress import Progress

if TYPE_CHECKING:
    from imagenomics.images.settings import RegionChoice

Source = Path | Scan
IDENTITY = (0x00200052, 0x0020000E)  # FrameOfReferenceUID, SeriesInstanceUID


def load_dicom_image(path: Path, settings: ImageSettings) -> tuple[Volume, dict[str, str | None]]:
    """Read the one series of a patient that the settings mean; PET in SUV where they ask for it.

    Returns
    -------
    volume : Volume
        The series.
    uids : dict
        ``frame_of_reference_uid`` and ``series_uid``, None where the file has none: whether a mask was drawn on it.

    Raises
    ------
    FileProblem, InputError
        Those of :func:`~imagenomics.images.dicom.series.read_series` and
        :func:`~imagenomics.images.dicom.pet.read_suv`; ``IGX-IMG-104``: no series, or several, fit
        ``dicom.description``.
    """
    source = chosen_source(path, settings)
    if settings.dicom.suv is not None:
        volume = read_suv(source, kind=settings.dicom.suv, max_voxels=settings.max_voxels)
    else:
        volume = read_series(source, max_voxels=settings.max_voxels)
    return replace(volume, source=str(path)), _uids(source)


def dicom_grid(path: Path, settings: ImageSettings) -> tuple[Grid, bool]:
    """Return where the voxels of a series lie and whether their size is known; no pixel is decoded."""
    stack = series_stack(chosen_source(path, settings), max_voxels=settings.max_voxels)
    return stack.grid, stack.spacing_known


def load_dicom_regions(
    path: Path, volume: Volume, settings: ImageSettings, *, uids: Mapping[str, str | None]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Read the declared regions from a SEG or RTSTRUCT file onto the grid of the image.

    Parameters
    ----------
    path : Path
        The file, or a folder with this one file.
    volume : Volume
        The image.
    settings : ImageSettings
        Regions, and how masks are read.
    uids : mapping
        Those of the image, as :func:`load_dicom_image` returns them; empty for an image that is no DICOM.

    Returns
    -------
    regions : dict of str to ndarray, bool (z, y, x)
        All False where this patient has none of the names.
    history : tuple of str
        How they were read, remarks on frames and contours included.

    Raises
    ------
    FileProblem, InputError
        Those of :func:`~imagenomics.images.dicom.seg.read_seg` and
        :func:`~imagenomics.images.dicom.rtstruct.read_rtstruct`.
    """
    found = _read_regions(_only_file(path), volume, settings, uids)
    names = dict(zip(found.table["number"].astype(int), found.table["region"], strict=True))
    regions = {name: _union(found, wanted, names, volume) for name, wanted in settings.regions.items()}
    remarks = found.remarks["region"] + ": " + found.remarks["remark"].astype(str)
    return regions, (*found.history, *dict.fromkeys(remarks))


def chosen_source(path: Path, settings: ImageSettings) -> Source:
    """Return a file as it is, a folder as its scanned headers, of several series those whose description fits."""
    if not path.is_dir():
        return path
    scan = scan_folder(path, executor=SerialExecutor(progress=Progress(shown=False)))
    wanted = settings.dicom.description
    if wanted is None:
        return scan
    pictures = scan.files[is_picture(scan.files)]
    described = pictures["SeriesDescription"].fillna("").astype(str)
    fitting = pictures[[fnmatchcase(d.lower(), wanted.lower()) for d in described]]
    uids = fitting["SeriesInstanceUID"].unique()
    if len(uids) != 1:
        raise InputError(
            "IGX-IMG-104",
            f"{len(uids)} series have a description that fits '{wanted}'",
            where=str(path),
            expected="one series",
            remedy=f"descriptions here: {short_list(sorted(set(described)), 8)}; correct dicom.description",
        )
    files = scan.files[scan.files["SeriesInstanceUID"] == uids[0]]
    return Scan(files, scan.problems)


def _read_regions(
    path: Path, volume: Volume, settings: ImageSettings, uids: Mapping[str, str | None]
) -> NamedRegions:
    chosen = settings.dicom
    head = open_dicom(path, tags=HEAD)
    if text(head, "SOPClassUID", where=str(path)) in KINDS["structure set"]:
        return read_rtstruct(path, volume, names=chosen.names, between=chosen.between, **uids)
    return read_seg(path, volume, names=chosen.names, threshold=chosen.threshold, **uids)


def _uids(source: Source) -> dict[str, str | None]:
    first = series_files(source, None)[0][0]
    head = open_dicom(first, tags=IDENTITY)
    named = {"frame_of_reference_uid": "FrameOfReferenceUID", "series_uid": "SeriesInstanceUID"}
    return {name: text(head, keyword, where=str(first)) or None for name, keyword in named.items()}


def _only_file(path: Path) -> Path:
    """Return a file, or the one file of a folder."""
    if not path.is_dir():
        return path
    files = sorted(p for p in path.rglob("*") if p.is_file())
    if len(files) != 1:
        raise FileProblem(
            "IGX-IMG-103",
            f"the folder of the mask holds {len(files)} files",
            where=str(path),
            expected="one SEG or RTSTRUCT file",
            remedy="name the file: 'mask' may hold '*'",
        )
    return files[0]


def _union(found: NamedRegions, wanted: RegionChoice, names: Mapping[int, str], volume: Volume) -> np.ndarray:
    """Join the regions of the file that make up one region of the study."""
    if isinstance(wanted, str):
        chosen = list(found.regions)
    else:
        chosen = [name for name in (names.get(w) if isinstance(w, int) else w for w in wanted) if name]
    joined = np.zeros(volume.array.shape, dtype=bool)
    for name in chosen:
        if name in found.regions:
            joined |= found.regions[name]
    return joined
