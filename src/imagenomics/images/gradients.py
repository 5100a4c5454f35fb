"""The text files beside a 4-D image: b-values, gradient directions, times of the volumes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from imagenomics.errors import FileProblem, InputError

TIME_KEYS = ("VolumeTiming", "FrameTimesStart", "RepetitionTime")
UNIT_LENGTH = 0.05  # how far the length of a direction may lie from 1


def read_gradients(b_values: Path, b_vectors: Path | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the files that FSL and BIDS lay beside a diffusion image.

    Parameters
    ----------
    b_values : Path
        ``.bval``: t numbers in s/mm2.
    b_vectors : Path, optional
        ``.bvec``: three rows of t numbers (t rows of three are taken too, where t is not 3).

    Returns
    -------
    b_values : array (t,)
    b_vectors : array (t, 3) or None
        Unit length where b is not 0, in the axes of the file; measures that do not change with rotation (FA,
        MD, AD, RD) need nothing else.

    Raises
    ------
    FileProblem
        ``IGX-IMG-192``: absent, or not numbers.
    InputError
        ``IGX-IMG-192``: numbers of values that do not fit, directions that are not of unit length.
    """
    values = _numbers(Path(b_values)).ravel()
    if b_vectors is None:
        return values, None
    vectors = _numbers(Path(b_vectors))
    if vectors.shape[0] == 3:
        vectors = vectors.T
    if vectors.shape != (len(values), 3):
        raise _wrong(
            Path(b_vectors),
            f"{vectors.shape} directions do not fit {len(values)} b-values",
            "three rows of t numbers",
        )
    length = np.linalg.norm(vectors, axis=1)
    odd = (values > 0) & (length > 0) & (np.abs(length - 1) > UNIT_LENGTH)
    if odd.any():
        raise _wrong(
            Path(b_vectors),
            f"direction {int(np.argmax(odd)) + 1} has the length {length[odd][0]:.4g}",
            "unit vectors; (0, 0, 0) for volumes without a direction",
        )
    return values, vectors / np.where(length > 0, length, 1.0)[:, None]


def read_frame_times(sidecar: Path, n_frames: int) -> np.ndarray:
    """Read when each volume was taken from the JSON file that BIDS lays beside an image.

    Parameters
    ----------
    sidecar : Path
        JSON with ``VolumeTiming`` or ``FrameTimesStart`` (t numbers) or ``RepetitionTime`` (one), in seconds.
    n_frames : int
        The number of volumes t.

    Returns
    -------
    array (t,)
        Times in seconds.

    Raises
    ------
    FileProblem, InputError
        ``IGX-IMG-192``: absent, not JSON, none of the keys, or another number of times.
    """
    return frame_times(_json(Path(sidecar)), n_frames, where=str(sidecar))


def frame_times(content: Mapping[str, Any], n_frames: int, *, where: str) -> np.ndarray:
    """Return when each volume was taken, in seconds, from metadata in the words of BIDS (``IGX-IMG-192``)."""
    for key in TIME_KEYS[:2]:
        if key in content:
            times = np.asarray(content[key], dtype=np.float64)
            if times.shape != (n_frames,):
                raise _wrong(
                    Path(where), f"'{key}' holds {times.size} times for {n_frames} volumes", "one for each"
                )
            return times
    interval = content.get("RepetitionTime")
    if not isinstance(interval, (int, float)) or not interval > 0:
        raise _wrong(
            Path(where),
            "no times of volumes",
            "'VolumeTiming', 'FrameTimesStart' or 'RepetitionTime' in seconds",
        )
    return np.arange(n_frames) * float(interval)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it holds no keys")
    return content


def _numbers(path: Path) -> np.ndarray:
    try:
        rows = [[float(v) for v in line.split()] for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    rows = [row for row in rows if row]
    if not rows or len({len(row) for row in rows}) != 1 or not np.isfinite(rows).all():
        raise _unreadable(path, "its rows are not finite numbers of equal length")
    return np.array(rows)


def _unreadable(path: Path, reason: str) -> FileProblem:
    return FileProblem(
        "IGX-IMG-192",
        f"the file cannot be read: {reason}",
        where=str(path),
        expected="plain numbers separated by blanks (.bval, .bvec), or JSON",
        remedy="convert the DICOM series again (dcm2niix writes these files)",
    )


def _wrong(path: Path, what: str, expected: str) -> InputError:
    return InputError(
        "IGX-IMG-192",
        what,
        where=str(path),
        expected=expected,
        remedy="look for another series' file, and for volumes that were left out",
    )
