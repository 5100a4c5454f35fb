"""The header of an image file: its geometry and what it promises, without reading a pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from imagenomics.errors import FileProblem, InputError, nearest, unknown_name
from imagenomics.images.files.content import read_numbers
from imagenomics.images.files.layout import Layout, check_layout
from imagenomics.images.files.nifti import read_nifti_layout
from imagenomics.images.files.nrrd import read_nrrd_layout
from imagenomics.images.grid import DECLARE_SPACING, Grid, Triple, check_spacing
from imagenomics.images.settings import MAX_VOXELS, Spacing

UNKNOWN_SPACING = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Format:
    """One image format: its name, its endings and the reader of its header."""

    name: str
    endings: tuple[str, ...]
    read_layout: Callable[[Path], Layout]


# A new format is a new entry; the reader of the numbers follows from the layout that it returns.
FORMATS: Mapping[str, Format] = {
    "nifti": Format("nifti", (".nii", ".nii.gz"), read_nifti_layout),
    "nrrd": Format("nrrd", (".nrrd", ".nhdr"), read_nrrd_layout),
}


@dataclass(frozen=True)
class Header:
    """What the header of an image file says.

    Parameters
    ----------
    layout : Layout
        How the numbers lie in the file.
    grid : Grid
        Where the voxels lie, with the spacing that was asked for.
    spacing_known : bool
        False when lengths are in voxels.
    notes : tuple of str
        What was decided while reading, for the history.
    """

    layout: Layout
    grid: Grid
    spacing_known: bool
    notes: tuple[str, ...]


def format_of(path: Path) -> Format:
    """Return the format that the name of this file announces (``IGX-IMG-002`` when none)."""
    name = path.name.lower()
    endings = {ending: form for form in FORMATS.values() for ending in form.endings}
    for ending in sorted(endings, key=len, reverse=True):
        if name.endswith(ending):
            return endings[ending]
    own = "".join(path.suffixes[-2:]) if name.endswith(".gz") else path.suffix
    raise unknown_name("IGX-IMG-002", "image format", own or path.name, endings, where=str(path))


def read_header(path: Path, *, spacing: Spacing = "file", max_voxels: int = MAX_VOXELS) -> Header:
    """Read what the header of an image says and check that the image can be read as one volume.

    Parameters
    ----------
    path : Path
        ``.nii``, ``.nii.gz``, ``.nrrd`` or ``.nhdr``.
    spacing : "file", "unknown" or (z, y, x)
        Take the file's spacing, count in voxels, or take this spacing in mm.
    max_voxels : int
        Refuse images that declare more.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001`` absent, ``-003`` not readable, ``-004`` truncated, ``-005`` empty.
    InputError
        ``IGX-IMG-002`` unknown format, ``-006`` not three-dimensional, ``-007`` not grey values, ``-009`` no
        usable spacing, ``-010`` too large, ``-013`` a variant of the format that is not supported.
    """
    path = Path(path)
    _check_present(path)
    layout = format_of(path).read_layout(path)
    check_layout(layout, max_voxels=max_voxels)
    if spacing == "file":
        _check_written_spacing(layout)
    in_file, origin, direction = _placement(layout)
    used, known, notes = _spacing(layout, in_file, spacing)
    return Header(layout, Grid(layout.shape, used, origin, direction), known, notes)


def read_geometry(path: Path, *, spacing: Spacing = "file") -> Grid:
    """Return where the voxels of this file lie; only the header is read (see :func:`read_header`)."""
    return read_header(path, spacing=spacing).grid


def _check_present(path: Path) -> None:
    if path.is_file():
        if path.stat().st_size == 0:
            raise FileProblem(
                "IGX-IMG-005", "the file is empty", where=str(path), remedy="copy or export the image again"
            )
        return
    if path.is_dir():
        raise FileProblem(
            "IGX-IMG-003",
            "this is a folder, not an image file",
            where=str(path),
            remedy="name one file; a folder is read as a DICOM series by read_series, and by [[images]] of a study",
        )
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, siblings)
    raise FileProblem(
        "IGX-IMG-001",
        "image file not found",
        where=str(path),
        remedy=f"did you mean '{near}'?"
        if near
        else "check the path; relative paths start at --data or the study file",
    )


def _check_written_spacing(layout: Layout) -> None:
    """Refuse a header without a usable spacing; SimpleITK would take 1 mm instead."""
    where = str(layout.path)
    if layout.spacing_mm is None:
        raise InputError(
            "IGX-IMG-009",
            "the file does not say how large its voxels are",
            where=where,
            expected="a spacing in the header",
            remedy=DECLARE_SPACING,
        )
    check_spacing(layout.spacing_mm[::-1], where=where)


def _spacing(layout: Layout, in_file: Triple, spacing: Spacing) -> tuple[Triple, bool, tuple[str, ...]]:
    """Return the spacing (z, y, x) to use, whether it is in mm, and what to note."""
    if spacing == "unknown":
        return UNKNOWN_SPACING, False, ("spacing declared unknown: one voxel is the unit of length",)
    if not isinstance(spacing, str):
        check_spacing(spacing, where=str(layout.path))
        z, y, x = (float(s) for s in spacing)
        note = f"spacing declared as {z:g}, {y:g}, {x:g} mm (z, y, x) whatever the file says"
        return (z, y, x), True, (note,)
    if layout.is_flat:
        note = "a single 2-D picture: its slice thickness is not known, one slice is the unit of length"
        return in_file, False, (note,)
    return in_file, True, ()


def _placement(layout: Layout) -> tuple[Triple, Triple, tuple[float, ...]]:
    """Return spacing (z, y, x), origin (x, y, z) and direction as SimpleITK understands the header."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(layout.path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        read_numbers(layout)  # where the file is damaged, this says so
        reason = str(error).strip().splitlines()[-1].strip()
        skewed = "orthonormal" in reason
        raise FileProblem(
            "IGX-IMG-003",
            "the axes of the image are not at right angles"
            if skewed
            else f"the header cannot be read: {reason}",
            where=str(layout.path),
            remedy="resample the image to a grid with right angles (any registration tool does it)"
            if skewed
            else "export the image again as .nii.gz",
        ) from error
    n = min(reader.GetDimension(), 3)
    matrix = np.eye(3)
    matrix[:n, :n] = np.reshape(reader.GetDirection(), (reader.GetDimension(),) * 2)[:n, :n]
    x, y, z = (*reader.GetSpacing()[:n], 1.0)[:3]
    i, j, k = (*reader.GetOrigin()[:n], 0.0)[:3]
    # Adding 0.0 turns -0.0, which NIfTI's flip of two axes leaves behind, into 0.0.
    return (z, y, x), (i + 0.0, j + 0.0, k + 0.0), tuple(float(v) + 0.0 for v in matrix.ravel())
