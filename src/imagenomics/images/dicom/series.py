"""A DICOM series as one volume, or the parts of a 4-D series as several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.choose import choose_series
from imagenomics.images.dicom.fields import text
from imagenomics.images.dicom.frames import Frame, check_size, frames_of
from imagenomics.images.dicom.layout import PixelLayout, check_length, pixel_layout
from imagenomics.images.dicom.open import open_dicom
from imagenomics.images.dicom.pixels import decode_frames
from imagenomics.images.dicom.scale import grey_values
from imagenomics.images.dicom.scan import Scan, scan_folder
from imagenomics.images.dicom.split import Key, chosen_split, part_frames
from imagenomics.images.dicom.stack import Stack, stack_frames
from imagenomics.images.settings import MAX_VOXELS
from imagenomics.images.volume import Volume
from imagenomics.work.executor import SerialExecutor
from imagenomics.work.progress import Progress

Source = Path | str | Scan | Iterable[Path | str]
Layouts = dict[Path, PixelLayout]


def read_series(paths: Source, *, series_uid: str | None = None, max_voxels: int = MAX_VOXELS) -> Volume:
    """Read one CT, MR or PET series as a volume.

    Parameters
    ----------
    paths : Path, Scan or iterable of Path
        A folder (with its subfolders), a scan of one, one multi-frame file, or the files of the series.
    series_uid : str, optional
        Series instance UID, where there are several series.
    max_voxels : int
        Refuse series that declare more, before memory is taken.

    Returns
    -------
    Volume
        Intensities float64 (z, y, x): slope * stored number + intercept of each slice (HU, Bq/ml, ...). z runs along
        the normal of the slices; origin and direction as in NIfTI files read by
        :func:`imagenomics.images.read.read_volume`. ``source`` is the path that was given; no value of the header
        enters source or history.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001`` absent, ``-005`` empty, ``-100`` pydicom is not installed, ``-101`` not DICOM, ``-102``
        damaged, ``-103`` no pictures, ``-113`` a compression that is not read, ``-114`` truncated pixels.
    InputError
        ``IGX-IMG-104`` several series, ``-105`` unknown UID, ``-106`` not grey values, ``-107`` no place in space,
        ``-108`` slices that contradict each other, ``-109`` a missing slice, ``-110`` a slice twice, ``-111``
        several volumes, ``-112`` a tilted gantry, ``-115`` numbers that do not fit their bits, ``-116`` too large,
        ``-118`` no usable scale, ``-121`` not finite, ``-122`` uneven distances.

    Assumes
    -------
    Grey values are those of the rescale slope and intercept; real-world value maps are not looked at.
    """
    frames, layouts, source, notes = _frames(paths, series_uid, max_voxels)
    return _volume(stack_frames(frames, where=source), layouts, source=source, notes=notes)


def split_series(
    paths: Source,
    *,
    by: str | Sequence[str] | None = None,
    series_uid: str | None = None,
    max_voxels: int = MAX_VOXELS,
) -> dict[Key, Volume]:
    """Read the volumes of a 4-D series: time points, b-values, echoes, cardiac phases.

    Parameters
    ----------
    paths, series_uid
        See :func:`read_series`.
    by : str or sequence of str, optional
        DICOM keyword(s) whose value tells the volumes apart, e.g. ``"DiffusionBValue"`` or ``"EchoTime"``. Not
        given: the first one that gives volumes without two slices at one place.
    max_voxels : int
        Limit for all volumes together.

    Returns
    -------
    dict of value to Volume
        In ascending order of the value (a tuple of values for several keywords).

    Raises
    ------
    FileProblem, InputError
        Those of :func:`read_series` for any part; ``IGX-IMG-117``: no such value, or nothing splits the series.
    """
    frames, layouts, source, notes = _frames(paths, series_uid, max_voxels)
    keywords = chosen_split(frames, by, where=source)
    parts = part_frames(frames, keywords)
    name = " and ".join(keywords)
    stacks = {key: stack_frames(part, where=f"{source}, {name} = {key}") for key, part in parts.items()}
    return {
        key: _volume(stack, layouts, source=source, notes=(*notes, f"the part with {name} = {key}"))
        for key, stack in stacks.items()
    }


def series_stack(paths: Source, *, max_voxels: int = MAX_VOXELS) -> Stack:
    """Return the slices of a series in order, with their grid; headers are read and no pixel is decoded."""
    frames, _, source, _ = _frames(paths, None, max_voxels)
    return stack_frames(frames, where=source)


def _frames(
    paths: Source, series_uid: str | None, max_voxels: int
) -> tuple[list[Frame], Layouts, str, tuple[str, ...]]:
    """Return the frames of the chosen series, how their numbers are stored, the source and what to note."""
    files, source, notes = series_files(paths, series_uid)
    frames: list[Frame] = []
    layouts: Layouts = {}
    uids = set()
    for path in files:
        dataset = open_dicom(path)
        layouts[path] = pixel_layout(dataset, path)
        frames.extend(frames_of(dataset, path, max_voxels=max_voxels))
        check_length(layouts[path], path)
        uids.add(text(dataset, "SeriesInstanceUID", where=str(path)))
    if len(uids) > 1:
        raise InputError(
            "IGX-IMG-104",
            f"the files belong to {len(uids)} series",
            where=source,
            expected="the files of one series",
            remedy="name the folder and choose with series_uid=..., see index_folder",
        )
    shape = (len(frames), frames[0].rows, frames[0].columns)
    check_size(sum(f.rows * f.columns for f in frames), shape, where=source, max_voxels=max_voxels)
    return frames, layouts, source, notes


def series_files(paths: Source, series_uid: str | None) -> tuple[list[Path], str, tuple[str, ...]]:
    """Return the files that :func:`read_series` would read, the source, and what was left aside."""
    if isinstance(paths, Scan):
        files, notes = choose_series(paths, series_uid=series_uid, where="scan")
        return files, str(files[0].parent), notes
    if isinstance(paths, (str, Path)):
        if not Path(paths).is_dir():
            return [Path(paths)], str(paths), ()
        scan = scan_folder(Path(paths), executor=SerialExecutor(progress=Progress(shown=False)))
        files, notes = choose_series(scan, series_uid=series_uid, where=str(paths))
        return files, str(paths), notes
    files = [Path(p) for p in paths]
    if not files:
        raise FileProblem(
            "IGX-IMG-103", "no file was given", remedy="name the files of the series or its folder"
        )
    return files, str(files[0].parent if len(files) > 1 else files[0]), ()


def _volume(stack: Stack, layouts: Layouts, *, source: str, notes: tuple[str, ...]) -> Volume:
    array = np.empty(stack.grid.shape, dtype=np.float64)
    places: dict[Path, dict[int, int]] = {}
    for z, frame in enumerate(stack.frames):
        places.setdefault(frame.path, {})[frame.index] = z
    padded = 0
    for path, wanted in places.items():
        layout = layouts[path]
        for index, stored in decode_frames(path, list(wanted)):
            z = wanted[index]
            array[z] = grey_values(stored, stack.frames[z], layout)
            if layout.padding is not None:
                padded += int((stored == layout.padding).sum())
    return Volume(
        array,
        spacing_mm=stack.grid.spacing_mm,
        origin_mm=stack.grid.origin_mm,
        direction=stack.grid.direction,
        spacing_known=stack.spacing_known,
        source=source,
        history=(_read(stack), *notes, *stack.notes, *_notes(stack, layouts, padded)),
    )


def _read(stack: Stack) -> str:
    n = len(stack.frames)
    return f"read {n} DICOM slice{'s' if n > 1 else ''}"


def _notes(stack: Stack, layouts: Layouts, padded: int) -> tuple[str, ...]:
    used = [layouts[frame.path] for frame in stack.frames]
    found = {
        "no rescale slope in the header: grey values are the stored numbers": not stack.frames[0].rescaled,
        "MONOCHROME1: shown with low values bright, values as stored": any(u.inverted for u in used),
        f"{padded} voxels hold the padding value, kept as it is": padded > 0,
    }
    return tuple(text for text, true in found.items() if true)
