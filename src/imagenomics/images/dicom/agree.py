"""Whether all slices of a volume say the same about what must be the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom.frames import Frame

ANGLE_TOLERANCE = 1e-4  # of a direction cosine: a tenth of a voxel over a thousand voxels
SPACING_TOLERANCE = 1e-5  # relative


def check_alike(frames: Sequence[Frame]) -> None:
    """Refuse slices of different size, orientation, spacing, unit or frame of reference (``IGX-IMG-108``)."""
    first = frames[0]
    for frame in frames[1:]:
        for what, differs, show in _ASPECTS:
            if differs(first, frame):
                raise InputError(
                    "IGX-IMG-108",
                    f"slices of one series differ in {what}: {show(first)} in {Path(first.name).name}, "
                    f"{show(frame)} here",
                    where=frame.name,
                    expected=f"one {what} in all slices",
                    remedy="take out the slices that do not belong (a localiser?), or part the series with "
                    "split_series(..., by='ImageOrientationPatient')",
                )


def _size(frame: Frame) -> tuple[int, int]:
    return frame.rows, frame.columns


def _angle(a: Frame, b: Frame) -> bool:
    return bool(np.abs(np.subtract(a.orientation, b.orientation)).max() > ANGLE_TOLERANCE)


def _spacing(a: Frame, b: Frame) -> bool:
    one = np.array(a.pixel_spacing_mm)
    return bool((np.abs(one - b.pixel_spacing_mm) > SPACING_TOLERANCE * one).any())


def _shown(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in values) + ")"


_Aspect = tuple[str, Callable[[Frame, Frame], bool], Callable[[Frame], str]]
_ASPECTS: tuple[_Aspect, ...] = (
    ("size", lambda a, b: _size(a) != _size(b), lambda f: _shown(_size(f))),
    ("orientation", _angle, lambda f: _shown(f.orientation)),
    ("pixel spacing", _spacing, lambda f: _shown(f.pixel_spacing_mm)),
    ("unit", lambda a, b: a.unit != b.unit, lambda f: f"'{f.unit}'"),
    ("rescaling", lambda a, b: a.rescaled != b.rescaled, lambda f: "with scale" if f.rescaled else "without"),
    ("frame of reference", lambda a, b: a.uids[1] != b.uids[1], lambda f: "one"),
)
