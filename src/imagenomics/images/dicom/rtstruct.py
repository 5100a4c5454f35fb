"""RT structure sets on the grid of an image: contours in mm, filled by the even-odd rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.contour_slices import Between, Contour, fill_contours
from imagenomics.images.dicom.objects import code_in, read_object, required, required_number
from imagenomics.images.dicom.regions import (
    NamedRegions,
    check_reference,
    empty_regions,
    pick_names,
    region_row,
    region_table,
    remark_table,
)
from imagenomics.images.volume import Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


@dataclass(frozen=True)
class _Roi:
    """One region of interest as it is written; ``reason`` says why it is no region, if so."""

    number: int
    label: str
    frame_uid: str
    code: tuple[str, str, str]
    items: Sequence[Dataset]
    reason: str


def read_rtstruct(
    path: Path,
    volume: Volume,
    *,
    rois: Sequence[str] | None = None,
    names: Literal["label", "number"] = "label",
    between: Between = "refuse",
    frame_of_reference_uid: str | None = None,
    series_uid: str | None = None,
) -> NamedRegions:
    """Return which voxels of the image belong to each region of interest.

    A voxel belongs to a region when its centre lies inside an odd number of the contours of its slice, so that a
    contour within another one is a hole. References from contours to slices are not needed and not used: the
    coordinates decide.

    Parameters
    ----------
    path : Path
        A DICOM RTSTRUCT.
    volume : Volume
        The image, with its spacing in mm; the contours lie in planes of its voxels, whichever way it is turned.
    rois : sequence of str, optional
        Names of the regions to read, each refused when it cannot be read. Default: all; those that are no closed
        planar contours (points, lines) or have none are listed in the table with the reason.
    names : {'label', 'number'}
        What a region is called: its name or its number.
    between : {'refuse', 'nearest'}
        Contours that lie between two slices: refuse them, or take them for the nearest slice (halfway: the one
        with the smaller index). Where several planes then meet in one slice, the nearest plane counts, alone.
    frame_of_reference_uid, series_uid : str, optional
        UIDs of the image; contours of another one are refused. None: not compared, and the history says so.

    Returns
    -------
    NamedRegions
        ``remarks`` lists contours that cross themselves or each other, leave the image, enclose nothing, or were
        taken to another slice, and slices without contour between those with one.

    Raises
    ------
    FileProblem, InputError
        ``IGX-IMG-150`` to ``-162`` as for :func:`~imagenomics.images.dicom.seg.read_seg`; ``IGX-IMG-170``
        contours that are not closed; ``-171`` between slices; ``-172`` not parallel to the slices; ``-173`` broken
        numbers; ``-174`` outside the image; ``-175`` no contours.

    Source
    ------
    DICOM PS3.3 C.8.8.6 (ROI Contour); the phantom that decides is that of Zwanenburg and others 2020,
    Radiology.
    """
    where = str(path)
    dataset = read_object(Path(path), kind="structure set")
    found = _rois(dataset, where)
    labels = [str(roi.number) if names == "number" else roi.label for roi in found]
    wanted = pick_names(labels, rois, kind="region", where=where)
    chosen = dict(zip(labels, found, strict=True))
    if rois is not None:
        for name in wanted:
            _refuse(chosen[name], name, where)
    readable = [name for name in wanted if not chosen[name].reason]
    frames = [chosen[name].frame_uid for name in readable]
    history = (
        f"read {Path(path).name} (even-odd rule, voxel centres, contours between slices: {between})",
        check_reference(
            frames, frame_of_reference_uid, what="frame of reference", volume=volume, where=where
        ),
        check_reference(_series(dataset, where), series_uid, what="series", volume=volume, where=where),
    )
    regions = empty_regions(readable, volume, where=where)
    remarks: list[tuple[str, str, int, str]] = []
    for name in readable:
        contours = _contours(chosen[name], where=f"{where}: {name}")
        place = f"image {volume.source}; mask {where}: {name}"
        found_remarks = fill_contours(regions[name], contours, volume.grid, between=between, where=place)
        remarks += [(name, item, index, remark) for item, index, remark in found_remarks]
    rows = [
        region_row(n, chosen[n].number, chosen[n].label, chosen[n].code, chosen[n].reason) for n in wanted
    ]
    table = region_table(rows, regions, volume.grid)
    return NamedRegions(regions, volume.grid, table, remark_table(remarks), where, history)


def _rois(dataset: Dataset, where: str) -> list[_Roi]:
    """Return every region of interest with its contours."""
    contours: dict[int, list[Dataset]] = defaultdict(list)
    for item in fields.items(dataset, "ROIContourSequence", where=where):
        number = required_number(item, "ReferencedROINumber", where=where)
        contours[number] += fields.items(item, "ContourSequence", where=where)
    codes = {
        fields.whole(item, "ReferencedROINumber", where=where): code_in(
            item, "RTROIIdentificationCodeSequence", where=where
        )
        for item in fields.items(dataset, "RTROIObservationsSequence", where=where)
    }
    frame = fields.text(dataset, "FrameOfReferenceUID", where=where)
    rois = []
    for item in required(dataset, "StructureSetROISequence", where=where):
        number = required_number(item, "ROINumber", where=where)
        label = fields.text(item, "ROIName", where=where)
        own = fields.text(item, "ReferencedFrameOfReferenceUID", where=where)
        drawn = contours[number]
        rois.append(
            _Roi(number, label, own or frame, codes.get(number, ("", "", "")), drawn, _reason(drawn, where))
        )
    return rois


def _reason(items: Sequence[Dataset], where: str) -> str:
    kinds = {fields.text(item, "ContourGeometricType", where=where) or "no type" for item in items}
    wrong = sorted(kinds - set(CLOSED))
    if wrong:
        return f"contours that enclose nothing: {', '.join(wrong)}"
    return "" if items else "no contours"


def _refuse(roi: _Roi, name: str, where: str) -> None:
    if not roi.reason:
        return
    raise InputError(
        "IGX-IMG-170" if roi.items else "IGX-IMG-175",
        f"the region '{name}' cannot become a mask: {roi.reason}",
        where=where,
        expected=f"contours of the types {' and '.join(CLOSED)}",
        remedy="points and lines mark places, not regions: name another region, or draw this one",
    )


def _series(dataset: Dataset, where: str) -> list[str]:
    """Return the UIDs of the series that the contours were drawn on."""
    return [
        fields.text(series, "SeriesInstanceUID", where=where)
        for frame in fields.items(dataset, "ReferencedFrameOfReferenceSequence", where=where)
        for study in fields.items(frame, "RTReferencedStudySequence", where=where)
        for series in fields.items(study, "RTReferencedSeriesSequence", where=where)
    ]


def _contours(roi: _Roi, *, where: str) -> list[Contour]:
    contours = []
    for k, item in enumerate(roi.items):
        place = f"{where}, contour {k + 1}"
        numbers = fields.numbers(item, "ContourData", where=place) or ()
        declared = fields.whole(item, "NumberOfContourPoints", where=place)
        n = len(numbers) // 3 if declared is None else declared
        if len(numbers) != 3 * n:
            raise InputError(
                "IGX-IMG-173",
                f"the contour has {len(numbers)} numbers for {n} points",
                where=place,
                expected="three numbers, x, y, z in mm, for each point",
                remedy="export the structure set again",
            )
        contours.append(Contour(str(k + 1), np.array(numbers, dtype=np.float64).reshape(-1, 3)))
    return contours
