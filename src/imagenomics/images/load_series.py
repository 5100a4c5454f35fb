"""A series of one patient, ready for measures: its volumes with their times, and the regions on its grid."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.files.formats import is_dicom_source
from imagenomics.images.find import CaseFiles
from imagenomics.images.gradients import TIME_KEYS, frame_times, read_frame_times, read_gradients
from imagenomics.images.load import WHOLE, read_regions
from imagenomics.images.read_series import read_series
from imagenomics.images.series4d import Series4D
from imagenomics.images.settings import ImageSettings
from imagenomics.images.volume import Volume

Times = Sequence[float] | float | Literal["header"] | None


def load_series(files: CaseFiles, settings: ImageSettings) -> tuple[Series4D, dict[str, np.ndarray]]:
    """Read the header of a series, what belongs to its volumes, and the regions; the volumes are read as they are used.

    Parameters
    ----------
    files : CaseFiles
        The series, its mask, and the files beside it.
    settings : ImageSettings
        An ``[[images]]`` block with ``form = "series"``.

    Returns
    -------
    series : Series4D
        One volume is in memory at a time.
    regions : dict of str to ndarray, bool (z, y, x)
        As :func:`imagenomics.images.load.load_case` gives them.

    Raises
    ------
    FileProblem, InputError
        ``IGX-IMG-250``: no NIfTI file; those of
        :func:`imagenomics.images.read_series.read_series` and of reading times, b-values and masks.
    """
    series = open_series(files, settings)
    blank = Volume(
        np.zeros(series.grid.shape),
        spacing_mm=series.grid.spacing_mm,
        origin_mm=series.grid.origin_mm,
        direction=series.grid.direction,
        spacing_known=series.spacing_known,
        source=series.source,
    )
    if files.mask is None:
        return series, {WHOLE: np.ones(series.grid.shape, dtype=bool)}
    found, history = read_regions(files.mask, blank, settings, {})
    steps = (*series.history, "; ".join(["mask", *history]))
    return dataclasses.replace(series, history=steps), found


def open_series(files: CaseFiles, settings: ImageSettings) -> Series4D:
    """Return a series whose header, times and b-values are read; see :func:`load_series`."""
    path = files.image
    if is_dicom_source(path) or not path.name.lower().endswith((".nii", ".nii.gz")):
        raise _no_series("not a NIfTI file", path)
    plain = read_series(path, in_memory=False, max_voxels=settings.max_voxels)
    b_values, b_vectors = None, None
    if "b_values" in files.beside:
        b_values, b_vectors = read_gradients(files.beside["b_values"], files.beside.get("b_vectors"))
    series = read_series(
        path,
        times_s=_times(files, settings, plain.n_frames),
        b_values=None if b_values is None else b_values.tolist(),
        b_vectors=b_vectors,
        in_memory=False,
        max_voxels=settings.max_voxels,
    )
    return _with_spacing(series, settings)


def mean_volume(series: Series4D) -> Volume:
    """Return the mean of all volumes, for pictures; values that are not finite are refused (``IGX-IMG-193``)."""
    total = np.zeros(series.grid.shape)
    for frame in series.volumes():
        total += frame
    if not np.isfinite(total).all():
        raise InputError(
            "IGX-IMG-193",
            f"{int((~np.isfinite(total)).sum())} voxels of the series are NaN or infinite in some volume",
            where=series.source,
            expected="finite numbers",
            remedy="replace them in the file by the value of the background",
        )
    grid = series.grid
    return Volume(
        total / series.n_frames,
        spacing_mm=grid.spacing_mm,
        origin_mm=grid.origin_mm,
        direction=grid.direction,
        spacing_known=series.spacing_known,
        source=series.source,
        history=(*series.history, f"mean of {series.n_frames} volumes"),
    )


def _times(files: CaseFiles, settings: ImageSettings, n_frames: int) -> Times:
    chosen = settings.series
    if chosen.tr_s is not None:
        return chosen.tr_s
    if chosen.frame_s is not None:
        return chosen.frame_s
    if "sidecar" in files.beside:
        times: list[float] = read_frame_times(files.beside["sidecar"], n_frames).tolist()
        return times
    content = json.loads(files.metadata) if settings.reads_times and files.metadata else {}
    if any(key in content for key in TIME_KEYS):  # a measure that needs times says so where there are none
        written: list[float] = frame_times(content, n_frames, where=str(files.image)).tolist()
        return written
    return None


def _with_spacing(series: Series4D, settings: ImageSettings) -> Series4D:
    """Return the series with the spacing that the study declares instead of the file's."""
    declared = settings.spacing
    if declared == "file":
        return series
    known = not isinstance(declared, str)
    z, y, x = (float(s) for s in declared) if known else (1.0, 1.0, 1.0)
    note = "spacing as the study declares it, whatever the file says"
    return dataclasses.replace(
        series,
        grid=dataclasses.replace(series.grid, spacing_mm=(z, y, x)),
        spacing_known=known,
        history=(*series.history, note),
    )


def _no_series(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-IMG-250",
        f"the image is declared as a series and is {what}",
        where=str(path),
        expected="one NIfTI file (.nii, .nii.gz) with four dimensions",
        remedy='convert the DICOM series to one 4-D file (dcm2niix does it), or take form = "series" away where each '
        "patient has one volume",
    )
