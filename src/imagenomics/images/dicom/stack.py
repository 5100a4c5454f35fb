"""Slices put in order: from places and orientations to one right-angled grid, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom.agree import check_alike
from imagenomics.images.dicom.frames import Frame
from imagenomics.images.dicom.split import check_single
from imagenomics.images.grid import Grid

# How far a slice may lie from where the grid says, as a share of the voxel side in that direction. Positions are
# often written with one decimal, which moves thin slices by several per cent; a missing slice moves them by more
# than a third. See docs/decisions/0024.
TOLERANCE = 0.1
NOTED = 0.001  # unevenness from here on is written into the history
UNIT_TOLERANCE = 1e-3  # of direction cosines, which are often written with few decimals


@dataclass(frozen=True)
class Stack:
    """The slices of one volume in order of z.

    Parameters
    ----------
    frames : tuple of Frame
        From the lowest to the highest place along the normal.
    grid : Grid
        Where the voxels lie.
    spacing_known : bool
        False for a single slice whose thickness is not written.
    notes : tuple of str
        What was decided, for the history.
    """

    frames: tuple[Frame, ...]
    grid: Grid
    spacing_known: bool
    notes: tuple[str, ...]


def stack_frames(frames: Sequence[Frame], *, where: str) -> Stack:
    """Return the slices sorted by their place along the normal of the image, and their grid.

    Parameters
    ----------
    frames : sequence of Frame
        The slices of one volume, in any order.
    where : str
        Folder or file, for messages.

    Raises
    ------
    InputError
        ``IGX-IMG-107`` axes that are not at right angles; ``IGX-IMG-108`` slices that contradict each other;
        ``IGX-IMG-109`` a missing slice; ``IGX-IMG-110`` the same slice twice; ``IGX-IMG-111`` several volumes;
        ``IGX-IMG-112`` a sheared stack (gantry tilt); ``IGX-IMG-122`` uneven distances.

    Notes
    -----
    z runs along the normal, the cross product of the row and the column direction, so the grid is right-handed
    and equal to the one that ITK builds. Spacing along z is measured from the places of the slices; the written
    slice thickness is used for a single slice only.
    """
    check_alike(frames)
    axes = _axes(frames[0])
    places = np.array([f.position_mm for f in frames]) @ axes
    order = np.argsort(places[:, 2], kind="stable")
    frames, places = [frames[i] for i in order], places[order]
    check_single(frames, places[:, 2], where=where)
    spacing_z, known, notes = _slice_spacing(frames, places)
    y, x = frames[0].pixel_spacing_mm
    shape = (len(frames), frames[0].rows, frames[0].columns)
    origin = tuple(v + 0.0 for v in frames[0].position_mm)
    direction = tuple(float(v) + 0.0 for v in axes.ravel())
    grid = Grid(shape, (spacing_z, y, x), (origin[0], origin[1], origin[2]), direction)
    return Stack(tuple(frames), grid, known, notes)


def _axes(frame: Frame) -> np.ndarray:
    """Return the (3, 3) matrix whose columns are the unit vectors of x, y and z."""
    x, y = np.reshape(frame.orientation, (2, 3))
    lengths = np.linalg.norm(x), np.linalg.norm(y)
    bad = max(abs(float(lengths[0]) - 1.0), abs(float(lengths[1]) - 1.0), abs(float(x @ y)))
    if not bad <= UNIT_TOLERANCE:
        raise InputError(
            "IGX-IMG-107",
            "row and column direction are not two unit vectors at a right angle",
            where=frame.name,
            expected=f"direction cosines that agree to {UNIT_TOLERANCE:g}",
            remedy="export the series again",
        )
    return np.stack([x, y, np.cross(x, y)], axis=1)


def _slice_spacing(frames: Sequence[Frame], places: np.ndarray) -> tuple[float, bool, tuple[str, ...]]:
    if len(frames) == 1:
        thickness = frames[0].thickness_mm
        if thickness is not None and thickness > 0.0:
            return thickness, True, ("a single slice: its thickness is taken as the spacing along z",)
        note = "a single slice of unknown thickness: one slice is the unit of length along z"
        return 1.0, False, (note,)
    steps = np.diff(places[:, 2])
    spacing = float((places[-1, 2] - places[0, 2]) / (len(frames) - 1))
    _check_gaps(frames, steps)
    _check_shear(frames, places)
    even = places[0, 2] + spacing * np.arange(len(frames))
    uneven = float(np.abs(places[:, 2] - even).max() / spacing)
    _check_even(frames, steps, uneven)
    if uneven <= NOTED:
        return spacing, True, ()
    return spacing, True, (f"slices lie up to {uneven:.1%} of their distance away from an even grid",)


def _check_gaps(frames: Sequence[Frame], steps: np.ndarray) -> None:
    usual = float(np.sort(steps)[(len(steps) - 1) // 2])  # the lower median, so that one gap of two is seen
    worst = int(np.argmax(steps))
    missing = round(float(steps[worst]) / usual) - 1
    if float(steps[worst]) < 1.5 * usual or len(steps) < 2:
        return
    raise InputError(
        "IGX-IMG-109",
        f"{missing} {'slice is' if missing == 1 else 'slices are'} missing: the step is {steps[worst]:.4g} mm here, "
        f"{usual:.4g} mm elsewhere",
        where=f"between {frames[worst].name} and {frames[worst + 1].name}",
        expected="slices at even distances",
        remedy="copy or download the whole series again; where it was acquired with a gap, crop it to one part",
    )


def _check_even(frames: Sequence[Frame], steps: np.ndarray, uneven: float) -> None:
    if uneven <= TOLERANCE:
        return
    worst = int(np.argmax(np.abs(steps - np.median(steps))))
    raise InputError(
        "IGX-IMG-122",
        f"the distances of the slices differ: {steps.min():.4g} to {steps.max():.4g} mm",
        where=f"between {frames[worst].name} and {frames[worst + 1].name}",
        expected=f"slices within {TOLERANCE:g} of their distance from an even grid",
        remedy="leave out the slices of another block of the scan, or resample the series to an even grid",
    )


def _check_shear(frames: Sequence[Frame], places: np.ndarray) -> None:
    """Refuse slices that shift sideways from one to the next, as a tilted gantry makes them."""
    shift = np.abs(places[:, :2] - places[0, :2])  # along x, y
    if (shift <= TOLERANCE * np.array(frames[0].pixel_spacing_mm[::-1])).all():
        return
    worst = int(np.argmax(shift.max(axis=1)))
    along = np.linalg.norm(places[worst, :2] - places[0, :2])
    angle = np.degrees(np.arctan2(along, places[worst, 2] - places[0, 2]))
    raise InputError(
        "IGX-IMG-112",
        f"the stack is sheared by {angle:.2f} degrees: a slice lies {along:.4g} mm beside the first one",
        where=frames[worst].name,
        expected="slices straight above each other (a gantry without tilt)",
        remedy="convert the series with a tool that takes out the gantry tilt (dcm2niix does) and read its NIfTI",
    )
