"""The headers of many files: one row for each DICOM object, one problem for each file that is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from imagenomics.errors import FileProblem, ImagenomicsError
from imagenomics.images.dicom.attributes import ATTRIBUTES
from imagenomics.images.dicom.fields import several
from imagenomics.images.dicom.groups import SHARED, layers_of
from imagenomics.images.dicom.layout import SEGMENTATION
from imagenomics.images.dicom.need import need
from imagenomics.images.dicom.open import damaged, is_dicom, open_dicom, reading
from imagenomics.images.dicom.splitters import SPLITTERS, plain
from imagenomics.images.dicom.walk import MAX_FILES, Problem, list_files
from imagenomics.work.executor import Executor, SerialExecutor

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

DIRECTORY = "1.2.840.10008.1.3.10"
BLOCK = 500  # files for one task
# Values that only the slices need: geometry, identity of the object, number of frames, splitting values.
OF_SLICES = (
    "SOPInstanceUID",
    "NumberOfFrames",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
)
KEYWORDS = tuple(dict.fromkeys((*(a.keyword for a in ATTRIBUTES), *OF_SLICES, *SPLITTERS)))
NOT_DICOM = "IGX-IMG-101"


@dataclass(frozen=True)
class Scan:
    """What the files of a folder are.

    Parameters
    ----------
    files : DataFrame
        One row for each DICOM object: ``path`` and one column for each keyword of ``KEYWORDS`` (object values, None
        where absent).
    problems : list of Problem
        Files that are no DICOM objects, that are damaged, or that are left out.
    """

    files: pd.DataFrame
    problems: list[Problem]

    def paths_of(self, series_uid: str) -> list[Path]:
        """Return the files of one series; where it holds pictures and other objects, those of the pictures."""
        files = self.files[self.files["SeriesInstanceUID"] == series_uid]
        pictures = files[is_picture(files)]
        return [Path(p) for p in (pictures if len(pictures) else files)["path"]]


def scan_folder(folder: Path, *, executor: Executor | None = None, max_files: int = MAX_FILES) -> Scan:
    """Read the headers of all files below a folder; no pixel is read.

    Parameters
    ----------
    folder : Path
        Where to look, subfolders included. Archives are not opened.
    executor : Executor, optional
        Does blocks of files, on several processes where it has them, and shows the progress.
    max_files : int
        Refuse folders with more files.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001``: no such folder; ``IGX-IMG-100``: pydicom is not installed.
    InputError
        ``IGX-IMG-119``: too many files.
    """
    need()
    paths, problems = list_files(folder, max_files=max_files)
    blocks = {f"{i}": [str(p) for p in paths[i : i + BLOCK]] for i in range(0, len(paths), BLOCK)}
    outcome = (executor or SerialExecutor()).map(scan_files, blocks, label="headers")
    rows: list[tuple[Any, ...]] = []
    for name in blocks:
        if name in outcome.results:
            found, wrong = outcome.results[name]
            rows.extend(found)
            problems.extend(wrong)
    for failure in outcome.failures:
        block = blocks[failure.item]
        text = f"{len(block)} files from here on could not be read: {failure.error}"
        problems.append(Problem(block[0], failure.code, text, failure.remedy, len(block)))
    files = pd.DataFrame(rows, columns=["path", *KEYWORDS], dtype=object)
    return Scan(files, _together(problems))


def is_picture(files: pd.DataFrame) -> pd.Series:
    """Tell which objects hold grey-value or colour pictures, segmentations not counted."""
    return files["Rows"].notna() & ~files["SOPClassUID"].isin(SEGMENTATION) & (files["Modality"] != "SEG")


def scan_files(paths: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[Problem]]:
    """Read the headers of these files: rows for DICOM objects, problems for the others."""
    tag = need("pydicom.datadict").tag_for_keyword
    tags = {keyword: int(tag(keyword)) for keyword in KEYWORDS}
    wanted = [*tags.values(), int(tag(SHARED)), int(tag("SpecificCharacterSet"))]
    seen: dict[Any, Any] = {}
    rows: list[tuple[Any, ...]] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        try:
            if not is_dicom(path):
                problems.append(Problem(str(path), NOT_DICOM, "not a DICOM file"))
                continue
            rows.append(_row(open_dicom(path, tags=wanted), path, tags, seen))
        except (ImagenomicsError, OSError) as error:
            problems.append(_problem(path, error))
    return rows, problems


def _row(dataset: FileDataset, path: Path, tags: dict[str, int], seen: dict[Any, Any]) -> tuple[Any, ...]:
    with reading(path):
        kind = str(dataset.file_meta.get("MediaStorageSOPClassUID", ""))
        if kind == DIRECTORY:
            raise FileProblem("", "a DICOMDIR; the files that it lists are found without it", where=str(path))
        raw: dict[Any, Any] = dict(dataset.items())  # not decoded yet
        values = [_value(dataset, raw.get(tag), seen) for tag in tags.values()]
        if SHARED in dataset:
            values = _with_shared(dataset, path, list(tags), values)
    row = (str(path), *values)
    if row[1 + list(tags).index("SeriesInstanceUID")] is None:
        raise damaged(path, "the file does not say to which series it belongs")
    return row


def _value(dataset: FileDataset, raw: Any, seen: dict[Any, Any]) -> Any:
    """Return the plain value; equal bytes are decoded once, because the slices of a series repeat them."""
    if raw is None:
        return None
    if not isinstance(raw.value, bytes):
        return _plain(dataset[raw.tag].value)
    key = (raw.tag, raw.VR, raw.value)
    if key not in seen:
        seen[key] = _plain(dataset[raw.tag].value)
    return seen[key]


def _plain(value: Any) -> Any:
    if value is None or (hasattr(value, "__len__") and len(value) == 0):
        return None
    if isinstance(value, str):
        return str(value).strip() or None
    parts = list(several(value))
    if all(isinstance(p, str) and not hasattr(p, "original_string") for p in parts):
        return "\\".join(p.strip() for p in parts)
    return plain(value)


def _with_shared(dataset: FileDataset, path: Path, keywords: list[str], values: list[Any]) -> list[Any]:
    """Fill what an enhanced object keeps in its shared functional groups."""
    layers = layers_of(dataset, where=str(path), count=1)[0]
    return [
        _plain(layers.value(keyword)) if value is None else value
        for keyword, value in zip(keywords, values, strict=True)
    ]


def _problem(path: Path, error: Exception) -> Problem:
    if isinstance(error, ImagenomicsError):
        return Problem(str(path), error.code, error.what, error.remedy or "")
    what = f"the file cannot be opened ({type(error).__name__})"
    return Problem(str(path), "IGX-IMG-102", what, "ask for the right to read it")


def _together(problems: list[Problem]) -> list[Problem]:
    """Set the files of a folder that are no DICOM at all into one row."""
    kept = [p for p in problems if p.code != NOT_DICOM]
    others: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.code == NOT_DICOM:
            others.setdefault(str(Path(problem.path).parent), []).append(problem)
    for place, group in others.items():
        text = f"{len(group)} files are not DICOM, e.g. {Path(group[0].path).name}"
        kept.append(Problem(place, NOT_DICOM, text, "nothing, where they are not pictures", len(group)))
    return kept
