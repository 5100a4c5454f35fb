"""DICOM segmentations on the grid of an image: every frame placed by its geometry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.objects import broken, code_in, read_object, required, required_number
from imagenomics.images.dicom.open import damaged, reading
from imagenomics.images.dicom.place import FramePlace, frame_geometry, place_frame, put_frame
from imagenomics.images.dicom.regions import (
    NamedRegions,
    check_reference,
    empty_regions,
    pick_names,
    region_row,
    region_table,
    remark_table,
)
from imagenomics.images.settings import MAX_VOXELS
from imagenomics.images.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Naming = Literal["label", "number", "code"]
KINDS = ("BINARY", "FRACTIONAL", "LABELMAP")
Code = tuple[str, str, str]


@dataclass(frozen=True)
class _Content:
    """The segmentation and from which value on a pixel belongs to its segment."""

    dataset: Dataset
    kind: str
    least: float
    where: str


@dataclass(frozen=True)
class _Segment:
    """One segment as the file describes it."""

    number: int
    label: str
    code: Code

    def name(self, naming: Naming) -> str:
        if naming == "number":
            return str(self.number)
        return self.label if naming == "label" else f"{self.code[1]}:{self.code[0]}"


def read_seg(
    path: Path,
    volume: Volume,
    *,
    segments: Sequence[str] | None = None,
    names: Naming = "label",
    threshold: float | None = None,
    frame_of_reference_uid: str | None = None,
    series_uid: str | None = None,
) -> NamedRegions:
    """Return which voxels of the image belong to each segment.

    Parameters
    ----------
    path : Path
        A DICOM SEG: binary, fractional or label map.
    volume : Volume
        The image, with its spacing in mm. Frames may be turned or mirrored against it, fewer than its slices,
        and in any order; slices without a frame are empty.
    segments : sequence of str, optional
        Names of the segments to read; default: all.
    names : {'label', 'number', 'code'}
        What a segment is called: its label, its number, or its property type as ``scheme:code``.
    threshold : float, optional
        Needed for fractional segmentations, above 0 and up to 1: the smallest share of the largest possible value
        that counts as inside.
    frame_of_reference_uid, series_uid : str, optional
        UIDs of the image; a segmentation of another one is refused. None: not compared, and the history says so.

    Returns
    -------
    NamedRegions

    Raises
    ------
    FileProblem
        Those of :func:`~imagenomics.images.dicom.open.open_dicom`; ``IGX-IMG-102`` pixels that cannot be decoded.
    InputError
        ``IGX-IMG-150`` no segmentation; ``-151`` an attribute is missing; ``-152`` threshold; ``-153`` another
        frame of reference; ``-154`` another series; ``-155`` not on the grid; ``-156`` voxels outside the image;
        ``-157`` unknown segment; ``-158`` names that are not unique; ``-161`` image without mm; ``-162`` too many
        segments; ``-163`` two frames at one place; ``-164`` a slide.

    Source
    ------
    DICOM PS3.3 A.51 and C.8.20 (Segmentation).
    """
    where = str(path)
    content = _content(read_object(Path(path), kind="segmentation"), threshold, where)
    history = _check_references(content, volume, frame_of_reference_uid, series_uid)
    described = _segments(content.dataset, where)
    called = [segment.name(names) for segment in described]
    found = dict(zip(called, described, strict=True))
    wanted = pick_names(called, segments, kind="segment", where=where)
    numbers = {found[name].number: name for name in wanted}
    regions = empty_regions(wanted, volume, where=where)
    for number, place, inside in _frames(content, numbers, volume):
        put_frame(regions[numbers[number]], place, inside, where=f"image {volume.source}; mask {where}")
    rows = [region_row(name, found[name].number, found[name].label, found[name].code) for name in wanted]
    table = region_table(rows, regions, volume.grid)
    return NamedRegions(regions, volume.grid, table, remark_table([]), where, history)


def _content(dataset: Dataset, threshold: float | None, where: str) -> _Content:
    kind = fields.text(dataset, "SegmentationType", where=where)
    if kind not in KINDS:
        raise broken("SegmentationType", f"is '{kind}'", where=where)
    fractional = kind == "FRACTIONAL"
    if fractional != (threshold is not None) or not 0 < (1 if threshold is None else threshold) <= 1:
        raise InputError(
            "IGX-IMG-152",
            f"the segmentation is {kind.lower()}, and the threshold is {threshold}",
            where=where,
            expected="a threshold above 0 and up to 1 for a fractional segmentation, none for any other",
            remedy="declare e.g. threshold = 0.5" if fractional else "leave the threshold out",
        )
    most = float(required_number(dataset, "MaximumFractionalValue", where=where)) if fractional else 1.0
    return _Content(dataset, kind, (threshold or 1.0) * most, where)


def _check_references(
    content: _Content, volume: Volume, frame_of_reference_uid: str | None, series_uid: str | None
) -> tuple[str, ...]:
    dataset, where = content.dataset, content.where
    frames = [fields.text(dataset, "FrameOfReferenceUID", where=where)]
    referenced = fields.items(dataset, "ReferencedSeriesSequence", where=where)
    series = [fields.text(item, "SeriesInstanceUID", where=where) for item in referenced]
    cut = f", inside from {content.least:g} on" if content.kind == "FRACTIONAL" else ""
    return (
        f"read {Path(where).name} ({content.kind.lower()}{cut})",
        check_reference(
            frames, frame_of_reference_uid, what="frame of reference", volume=volume, where=where
        ),
        check_reference(series, series_uid, what="series", volume=volume, where=where),
    )


def _segments(dataset: Dataset, where: str) -> list[_Segment]:
    """Return the descriptions of the segments; number 0 is the background of a label map."""
    segments = []
    for item in required(dataset, "SegmentSequence", where=where):
        number = fields.whole(item, "SegmentNumber", where=where)
        label = fields.text(item, "SegmentLabel", where=where)
        code = code_in(item, "SegmentedPropertyTypeCodeSequence", where=where)
        segments.append(_Segment(-1 if number is None else number, label, code))
    numbers = [segment.number for segment in segments]
    if min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise broken("SegmentNumber", f"does not number the segments: {numbers}", where=where)
    return [segment for segment in segments if segment.number]


def _frames(
    content: _Content, numbers: dict[int, str], volume: Volume
) -> Iterator[tuple[int, FramePlace, np.ndarray]]:
    """Yield segment number, place and inside pixels of each frame of the wanted segments."""
    dataset, where = content.dataset, content.where
    groups = required(dataset, "PerFrameFunctionalGroupsSequence", where=where)
    shared = next(iter(fields.items(dataset, "SharedFunctionalGroupsSequence", where=where)), None)
    n_frames = fields.whole(dataset, "NumberOfFrames", where=where) or 1
    if len(groups) != n_frames:
        raise damaged(where, f"{n_frames} frames are declared, {len(groups)} are described")
    owners = [_owner(group, shared, content) for group in groups]
    chosen = [k for k, owner in enumerate(owners) if owner is None or owner in numbers]
    seen: dict[tuple[int, bytes], int] = {}
    for k, pixels in zip(chosen, _pixels(content, chosen), strict=True):
        frame = f"{where}: frame {k + 1}"
        geometry = frame_geometry(groups[k], shared, pixels.shape, where=frame)
        place = place_frame(geometry, volume.grid, where=f"image {volume.source}; mask {frame}")
        owner = owners[k]
        for number in numbers if owner is None else (owner,):
            first = seen.setdefault((number, place.start.tobytes()), k)
            if first != k:
                raise _twice(first, k, numbers[number], where)
            yield number, place, pixels == number if owner is None else pixels >= content.least


def _owner(group: Dataset, shared: Dataset | None, content: _Content) -> int | None:
    """Return the segment of a frame; None in a label map, where each pixel names its own."""
    if content.kind == "LABELMAP":
        return None
    for source in (group, shared):
        found = (
            []
            if source is None
            else fields.items(source, "SegmentIdentificationSequence", where=content.where)
        )
        for item in found:
            return required_number(item, "ReferencedSegmentNumber", where=content.where)
    raise broken("SegmentIdentificationSequence", "is absent", where=content.where)


def _pixels(content: _Content, chosen: Sequence[int]) -> Iterator[np.ndarray]:
    """Decode the chosen frames (rows, columns), one at a time."""
    dataset, where = content.dataset, content.where
    rows, columns = (required_number(dataset, name, where=where) for name in ("Rows", "Columns"))
    if rows * columns > MAX_VOXELS:
        raise broken("Rows", f"and Columns declare frames of {rows:,} x {columns:,} pixels", where=where)
    if not chosen:
        return
    what = "the pixels cannot be decoded"
    with reading(where, what):
        decoded = need("pydicom.pixels").iter_pixels(dataset, indices=list(chosen), raw=True)
    for _ in chosen:
        with reading(where, what):
            frame = np.asarray(next(decoded)).reshape(rows, columns)
        yield frame


def _twice(first: int, second: int, name: str, where: str) -> InputError:
    return InputError(
        "IGX-IMG-163",
        f"frames {first + 1} and {second + 1} show the same segment '{name}' at the same place",
        where=where,
        expected="one frame for each segment and slice",
        remedy="this may be a time series of masks: store one segmentation for each time",
    )
