"""Which series lie in a folder: one row each, and one row for each file that is none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import ImagenomicsError
from imagenomics.images.dicom.attributes import ATTRIBUTES, MEASURED
from imagenomics.images.dicom.frames import Frame, place_of
from imagenomics.images.dicom.scan import Scan, is_picture, scan_folder
from imagenomics.images.dicom.splitters import SPLITTERS
from imagenomics.images.dicom.stack import stack_frames
from imagenomics.images.dicom.walk import MAX_FILES, Problem
from imagenomics.images.grid import Grid
from imagenomics.work.executor import Executor

COUNTS = ("n_files", "n_instances", "n_frames", "n_duplicates")
COLUMNS = (
    "kind",
    *(a.column for a in ATTRIBUTES),
    *(a.column for a in MEASURED),
    "orientation",
    "is_picture",
    *COUNTS,
    "varies",
    "path",
    "code",
    "problem",
    "remedy",
)
PLANES = ("sagittal", "coronal", "axial")  # by the axis of the patient that the normal is nearest to
OBLIQUE = 0.9  # cosine of the normal with its nearest axis below which a plane is called oblique
_OWN = ("AcquisitionTime", "SliceLocation")  # differs between slices of every series
_TIME = {4: "%H%M", 6: "%H%M%S"}


def index_folder(
    folder: Path | Scan, *, executor: Executor | None = None, max_files: int = MAX_FILES
) -> pd.DataFrame:
    """Find the DICOM series in a folder; no pixel is read.

    Parameters
    ----------
    folder : Path or Scan
        Folder (with its subfolders), or what :func:`imagenomics.images.dicom.scan.scan_folder` returned.
    executor : Executor, optional
        Reads blocks of files on several processes and shows the progress.
    max_files : int
        Refuse folders with more files.

    Returns
    -------
    DataFrame
        ``kind`` is ``series`` (one row each, sorted by patient, study and series number), ``problem`` (a damaged
        file, or the files of a folder that are not DICOM) or ``left out`` (a DICOMDIR). A series that
        :func:`~imagenomics.images.dicom.series.read_series` would refuse carries ``code``, ``problem`` and
        ``remedy``. ``varies`` names the columns that differ between its slices; the row shows the first slice.
        Rows of problems hold paths and no value of a header.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001``: no such folder; ``IGX-IMG-100``: pydicom is not installed.
    InputError
        ``IGX-IMG-119``: too many files.
    """
    scan = folder if isinstance(folder, Scan) else scan_folder(folder, executor=executor, max_files=max_files)
    rows = []
    if len(scan.files):
        files = scan.files.assign(is_picture=is_picture(scan.files))
        rows = [
            _series_row(group)
            for _, group in files.groupby(["SeriesInstanceUID", "Modality"], sort=False, dropna=False)
        ]
        rows.sort(key=_order)
    rows.extend(_problem_row(problem) for problem in scan.problems)
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    for attribute in (*ATTRIBUTES, *MEASURED):
        if attribute.kind == "number":
            table[attribute.column] = pd.to_numeric(table[attribute.column], errors="coerce").astype(
                "float64"
            )
    for name in COUNTS:
        table[name] = table[name].astype("int64")
    return table


def _series_row(files: pd.DataFrame) -> dict[str, Any]:
    first = files.iloc[0]
    row: dict[str, Any] = {"kind": "series", "code": "", "problem": "", "remedy": ""}
    row |= {a.column: _cell(first[a.keyword], a.kind) for a in ATTRIBUTES}
    n_instances = int(files["SOPInstanceUID"].nunique())
    row |= {
        "path": str(Path(first["path"]).parent),
        "n_files": len(files),
        "n_instances": n_instances,
        "n_frames": sum(_frames(n) for n in files["NumberOfFrames"]) if first["is_picture"] else 0,
        "n_duplicates": len(files) - n_instances,
        "is_picture": bool(files["is_picture"].all()),
        "varies": ", ".join(
            a.column for a in ATTRIBUTES if a.keyword not in _OWN and _varies(files[a.keyword])
        ),
        "contrast_delay_s": _delay(row["contrast_start_time"], row["acquisition_time"]),
    }
    return row | _measured(files, row)


def _measured(files: pd.DataFrame, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the places of the slices say: spacing and plane, or why there is no volume."""
    for what, column in (("patients", "patient_id"), ("studies", "study_uid")):
        if column in row["varies"].split(", "):
            return _wrong(
                "IGX-IMG-108", f"the slices of one series belong to several {what}", "part the files by hand"
            )
    if not row["is_picture"]:
        return {}
    if files["NumberOfFrames"].map(lambda n: _is_number(n) and n > 1).any():
        return _of_multiframe(files.iloc[0])
    try:
        grid = stack_frames([_frame(r) for r in _records(files)], where=row["path"]).grid
    except ImagenomicsError as error:
        return _wrong(error.code, f"{error.what} ({error.where})", error.remedy or "") | _of_multiframe(
            files.iloc[0]
        )
    return _of_grid(grid)


def _frame(values: Mapping[str, Any]) -> Frame:
    """Return a light frame, enough to be put in order."""
    where = values["path"]
    position, orientation, spacing = place_of(lambda keyword, _: values[keyword], where)
    return Frame(
        path=Path(where),
        index=0,
        rows=int(values["Rows"]),
        columns=int(values["Columns"]) if _is_number(values["Columns"]) else 0,
        position_mm=position,
        orientation=orientation,
        pixel_spacing_mm=spacing,
        thickness_mm=values["SliceThickness"] if _is_number(values["SliceThickness"]) else None,
        unit=str(values["Units"] or ""),
        splits={k: values[k] for k in SPLITTERS if values[k] is not None},
        uids=(str(values["SOPInstanceUID"]), str(values["FrameOfReferenceUID"])),
    )


def _records(files: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in files.to_dict("records")]


def _of_grid(grid: Grid) -> dict[str, Any]:
    z, y, x = grid.spacing_mm
    matrix = np.reshape(grid.direction, (3, 3))
    return {
        "spacing_z_mm": z,
        "spacing_y_mm": y,
        "spacing_x_mm": x,
        "plane": _plane(matrix[:, 2]),
        "orientation": json.dumps([round(float(v), 6) for v in matrix[:, :2].T.ravel()]),
    }


def _of_multiframe(first: pd.Series) -> dict[str, Any]:
    """Return what is known without the place of each frame."""
    spacing, cosines = first["PixelSpacing"], first["ImageOrientationPatient"]
    found: dict[str, Any] = {}
    if isinstance(spacing, tuple) and len(spacing) == 2:
        found |= {"spacing_y_mm": spacing[0], "spacing_x_mm": spacing[1]}
    if isinstance(cosines, tuple) and len(cosines) == 6:
        normal = np.cross(cosines[:3], cosines[3:])
        found |= {"plane": _plane(normal), "orientation": json.dumps(list(cosines))}
    between = first["SpacingBetweenSlices"]
    return found | ({"spacing_z_mm": abs(between)} if _is_number(between) else {})


def _plane(normal: np.ndarray) -> str:
    share = np.abs(normal)
    return PLANES[int(np.argmax(share))] if share.max() >= OBLIQUE else "oblique"


def _delay(start: Any, acquired: Any) -> float | None:
    """Return the seconds from the start of the contrast bolus to the acquisition, which tell the contrast phase."""
    times = [_clock(t) for t in (start, acquired)]
    if times[0] is None or times[1] is None:
        return None
    return (times[1] - times[0]) % 86_400  # over midnight


def _clock(value: Any) -> float | None:
    digits = str(value or "").partition(".")[0]
    form = _TIME.get(len(digits))
    try:
        time = datetime.strptime(digits, form) if form else None
    except ValueError:
        return None
    return None if time is None else time.hour * 3600.0 + time.minute * 60 + time.second


def _cell(value: Any, kind: str) -> Any:
    if kind == "number":
        return value if _is_number(value) else value[0] if isinstance(value, tuple) else None
    return "" if value is None else str(value)


def _varies(values: Iterable[Any]) -> bool:
    return len(set(values)) > 1


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _frames(value: Any) -> int:
    return int(value) if _is_number(value) else 1


def _wrong(code: str, problem: str, remedy: str) -> dict[str, Any]:
    return {"code": code, "problem": problem, "remedy": remedy}


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    number = row["series_number"]
    return row["patient_id"], row["study_uid"], number if _is_number(number) else np.inf, row["series_uid"]


def _problem_row(problem: Problem) -> dict[str, Any]:
    return {
        "kind": "problem" if problem.code else "left out",
        "is_picture": False,
        "n_files": problem.n_files,
        "n_instances": 0,
        "n_frames": 0,
        "n_duplicates": 0,
        "path": problem.path,
        **_wrong(problem.code, problem.problem, problem.remedy),
    }
