"""The frames of a data set: one slice each, with its place, its scale and the values that may split a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imagenomics.errors import InputError
from imagenomics.images.dicom.fields import whole
from imagenomics.images.dicom.groups import Layers, layers_of
from imagenomics.images.dicom.open import damaged
from imagenomics.images.dicom.splitters import splitting_values

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_FRAMES = 100_000
PLACE = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2}


@dataclass(frozen=True)
class Frame:
    """One slice.

    Parameters
    ----------
    path : Path
        File it is in.
    index : int
        Number of the frame in its file, from 0.
    rows, columns : int
        Number of pixels along y and x.
    position_mm : 3 floats
        Centre of the first pixel, x y z in the patient.
    orientation : 6 floats
        Direction of a row (along x) and of a column (along y).
    pixel_spacing_mm : 2 floats
        Distance between rows, then between columns.
    slope, intercept : float
        Grey value = slope * stored number + intercept.
    rescaled : bool
        False where the file has no slope and intercept.
    unit : str
        Unit of the grey values as the file has it.
    thickness_mm : float or None
        Slice thickness, None where it is not written.
    splits : mapping of str to value
        The values that may tell the volumes of a 4-D series apart.
    uids : (str, str)
        SOP instance and frame of reference.
    """

    path: Path
    index: int
    rows: int
    columns: int
    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    pixel_spacing_mm: tuple[float, ...]
    slope: float = 1.0
    intercept: float = 0.0
    rescaled: bool = False
    unit: str = ""
    thickness_mm: float | None = None
    splits: Mapping[str, object] = field(default_factory=dict)
    uids: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        """The file, and the frame where the file has several."""
        return str(self.path) if self.index == 0 else f"{self.path} (frame {self.index + 1})"


def frames_of(dataset: Dataset, path: Path, *, max_voxels: int) -> list[Frame]:
    """Return the frames of one data set, in the order of the file.

    Raises
    ------
    FileProblem
        ``IGX-IMG-102``: damaged.
    InputError
        ``IGX-IMG-107``: no place in space, or a spacing that is not positive; ``IGX-IMG-116``: too many voxels;
        ``IGX-IMG-118``: no usable scale.
    """
    where = str(path)
    rows, columns = (whole(dataset, k, where=where) or 0 for k in ("Rows", "Columns"))
    n_frames = whole(dataset, "NumberOfFrames", where=where)
    count = 1 if n_frames is None else n_frames
    if min(rows, columns, count) < 1:
        raise damaged(path, f"the file declares {rows} rows, {columns} columns and {count} frames")
    check_size(rows * columns * count, (count, rows, columns), where=where, max_voxels=max_voxels)
    if count > MAX_FRAMES:
        raise damaged(path, f"the file declares {count:,} frames")
    per_frame = layers_of(dataset, where=where, count=count)
    return [_frame(layers, path, i, (rows, columns)) for i, layers in enumerate(per_frame)]


def check_size(n_voxels: int, shape: tuple[int, ...], *, where: str, max_voxels: int) -> None:
    """Refuse more voxels than allowed, before memory is taken for them (``IGX-IMG-116``)."""
    if n_voxels <= max_voxels:
        return
    raise InputError(
        "IGX-IMG-116",
        f"the header declares {n_voxels:,} voxels, size {shape} (z, y, x)",
        where=where,
        expected=f"at most {max_voxels:,}",
        remedy="if the size is true, raise max_voxels; if not, the header is damaged: export the series again",
    )


def _frame(layers: Layers, path: Path, index: int, size: tuple[int, int]) -> Frame:
    where = str(path) if index == 0 else f"{path} (frame {index + 1})"
    slope, intercept = (layers.number(k) for k in ("RescaleSlope", "RescaleIntercept"))
    if slope == 0 or (slope is None) != (intercept is None):
        raise InputError(
            "IGX-IMG-118",
            "the rescale slope is 0" if slope == 0 else "only one of rescale slope and intercept is there",
            where=where,
            expected="both, and a slope other than 0",
            remedy="export the series again; the stored numbers alone are not the grey values",
        )
    position, orientation, spacing = place_of(lambda k, n: layers.numbers(k, count=n), where)
    return Frame(
        path=path,
        index=index,
        rows=size[0],
        columns=size[1],
        position_mm=position,
        orientation=orientation,
        pixel_spacing_mm=spacing,
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        rescaled=slope is not None,
        unit=layers.text("Units") or layers.text("RescaleType"),
        thickness_mm=layers.number("SliceThickness"),
        splits=splitting_values(layers),
        uids=(layers.text("SOPInstanceUID"), layers.text("FrameOfReferenceUID")),
    )


def place_of(read: Callable[[str, int], object], where: str) -> list[tuple[float, ...]]:
    """Return position, orientation and pixel spacing, each read by keyword and number of values.

    Raises
    ------
    InputError
        ``IGX-IMG-107``: one of them is missing, or a spacing is not positive.
    """
    found = []
    for keyword, count in PLACE.items():
        values = read(keyword, count)
        if not isinstance(values, tuple) or len(values) != count:
            raise InputError(
                "IGX-IMG-107",
                f"the file does not say where its pixels lie: '{keyword}' is missing",
                where=where,
                expected="position, orientation and pixel spacing of each slice",
                remedy="use the original series: screenshots, secondary captures and projections have no place in the "
                "patient",
            )
        found.append(values)
    _check_positive(found[2], where)
    return found


def _check_positive(spacing: tuple[float, ...], where: str) -> None:
    if min(spacing) > 0:
        return
    raise InputError(
        "IGX-IMG-107",
        f"the pixel spacing {spacing[0]:g}, {spacing[1]:g} mm is not positive",
        where=where,
        expected="two positive numbers in mm",
        remedy="export the series again",
    )
