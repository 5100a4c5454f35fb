"""A 4-D NIfTI file as a series of volumes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import nibabel
import numpy as np

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.files.nifti import read_nifti_layout
from imagenomics.images.grid import Grid
from imagenomics.images.series4d import Frames, Series4D, finite_values
from imagenomics.images.settings import MAX_VOXELS

SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


def read_series(
    path: Path,
    *,
    times_s: Sequence[float] | float | Literal["header"] | None = None,
    b_values: Sequence[float] | None = None,
    b_vectors: np.ndarray | None = None,
    in_memory: bool = True,
    max_voxels: int = MAX_VOXELS,
) -> Series4D:
    """Read a 4-D NIfTI file with the times or b-values that belong to its volumes.

    Parameters
    ----------
    path : Path
        ``.nii`` or ``.nii.gz`` with four dimensions.
    times_s : sequence of float (t,), float or "header", optional
        The time of each volume in seconds, or the interval between volumes, or the interval that the header
        declares, where it also declares its unit. Nothing is taken from the header unasked: many converters
        leave a 1 there.
    b_values, b_vectors : (t,) in s/mm2 and (t, 3), optional
        See :func:`imagenomics.images.gradients.read_gradients`.
    in_memory : bool
        False: one volume at a time is read whenever the series is passed through.
    max_voxels : int
        Refuse a single volume that declares more.

    Returns
    -------
    Series4D
        Values float32, after the scaling that the header declares.

    Raises
    ------
    FileProblem, InputError
        Those of :func:`imagenomics.images.files.nifti.read_nifti_layout`; ``IGX-IMG-190`` not four-dimensional or too
        large, ``IGX-IMG-191`` times or b-values that do not fit, ``IGX-IMG-193`` values that are not finite,
        ``IGX-IMG-194`` no interval in the header.
    """
    path = Path(path)
    image = _open(path, max_voxels)
    n_frames = int(image.shape[3])
    frames: Frames = _all_frames(image, path) if in_memory else lambda: _pass_through(path)
    return Series4D(
        frames,
        _grid(image),
        n_frames=n_frames,
        times_s=_times(times_s, n_frames, image, path),
        b_values=b_values,
        b_vectors=b_vectors,
        source=str(path),
        history=(f"read {path.name}: {n_frames} volumes",),
    )


def _open(path: Path, max_voxels: int) -> Any:
    if not path.is_file():
        raise FileProblem(
            "IGX-IMG-001", "image file not found", where=str(path), remedy="check the path of the series"
        )
    sizes = read_nifti_layout(path).sizes
    if len(sizes) != 4:
        raise InputError(
            "IGX-IMG-190",
            f"the image has {len(sizes)} dimensions, size {sizes} (x, y, z, ...)",
            where=str(path),
            expected="four dimensions: a series of volumes",
            remedy="name the 4-D file, or join the volumes into one (nibabel.concat_images); in a study, one volume is "
            'an [[images]] block without form = "series"',
        )
    if int(np.prod(sizes[:3])) > max_voxels:
        raise InputError(
            "IGX-IMG-190",
            f"one volume declares {int(np.prod(sizes[:3])):,} voxels",
            where=str(path),
            expected=f"at most {max_voxels:,}",
            remedy="if the size is true, crop the series or raise max_voxels",
        )
    return nibabel.load(path)


def _all_frames(image: Any, path: Path) -> np.ndarray:
    return finite_values(np.ascontiguousarray(_numbers(image.dataobj, path).T), str(path))


def _pass_through(path: Path) -> Iterator[np.ndarray]:
    image: Any = nibabel.load(path, keep_file_open=True)  # gzip can then go on where it was
    for k in range(image.shape[3]):
        yield np.ascontiguousarray(_numbers(image.dataobj, path, k).T)


def _numbers(stored: Any, path: Path, frame: int | None = None) -> np.ndarray:
    try:
        return np.asarray(stored if frame is None else stored[..., frame], dtype=np.float32)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise FileProblem(
            "IGX-IMG-004",
            f"the file ends or breaks before its last voxel ({error})",
            where=str(path),
            remedy="copy or download the file again",
        ) from error


def _grid(image: Any) -> Grid:
    """Return the lattice; NIfTI counts from left to right and back to front, the patient's mm here do not."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    direction = affine[:3, :3] / np.where(edges > 0, edges, 1.0)
    x, y, z = (float(v) for v in edges)
    i, j, k = (float(v) + 0.0 for v in affine[:3, 3])
    n_x, n_y, n_z = image.shape[:3]
    return Grid((n_z, n_y, n_x), (z, y, x), (i, j, k), tuple(float(v) + 0.0 for v in direction.ravel()))


def _times(
    asked: Sequence[float] | float | Literal["header"] | None, n_frames: int, image: Any, path: Path
) -> np.ndarray | None:
    if asked is None:
        return None
    if isinstance(asked, str):
        unit = image.header.get_xyzt_units()[1]
        asked = float(image.header.get_zooms()[3]) * SECONDS.get(unit, np.nan)
        if not (np.isfinite(asked) and asked > 0):
            raise InputError(
                "IGX-IMG-194",
                f"the header declares no interval between volumes (time unit '{unit}')",
                where=str(path),
                expected="a positive interval with a unit of time",
                remedy="declare the interval or the times in seconds",
            )
    times = np.asarray(asked, np.float64)
    return np.arange(n_frames) * times if times.ndim == 0 else times
