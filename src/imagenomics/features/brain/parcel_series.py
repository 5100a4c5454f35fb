"""Time series of parcels: the mean signal of each region in each frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.images.geometry import compare_grids
from imagenomics.images.grid import Grid
from imagenomics.images.volume import Mask


def volume_series(frames: Iterable[np.ndarray], atlas: Mask, names: pd.Series, *, grid: Grid) -> pd.DataFrame:
    """Return the mean of each region of an atlas in each volume; see :func:`parcel_series`.

    Parameters
    ----------
    frames : iterable of ndarray (z, y, x)
        The volumes in order, e.g. ``Series4D.volumes()``; only one is held.
    atlas : Mask
        Labels.
    names : Series
        Region name by label.
    grid : Grid
        Where the voxels of the series lie.

    Raises
    ------
    InputError
        ``IGX-FEAT-120``: the atlas lies on another grid; those of :func:`parcel_series`.
    """
    difference = compare_grids(grid, atlas.grid)
    if not difference.same:
        raise InputError(
            "IGX-FEAT-120",
            f"series and atlas lie on different grids: {', '.join(difference.parts)} differ",
            where=atlas.source,
            expected=f"one grid\n    series: {grid.text()}\n    atlas:  {atlas.grid.text()}",
            remedy="bring the atlas to the grid of the series (images.geometry.match_mask)",
        )
    return parcel_series(frames, atlas.array, names)


def parcel_series(frames: Iterable[np.ndarray], labels: np.ndarray, names: pd.Series) -> pd.DataFrame:
    """Return the mean of each region in each frame.

    Parameters
    ----------
    frames : iterable of ndarray (z, y, x) or (n,)
        Signal in the volume, or at n places of the cortex, frame by frame.
    labels : ndarray of int (z, y, x) or (n,)
        Label of each place.
    names : Series
        Region name by label.

    Returns
    -------
    DataFrame, (t, p)
        One column for each region of ``names``, in that order; a region without a place is a column of NaN, so that
        the tables of all patients have the same columns.

    Raises
    ------
    InputError
        ``IGX-FEAT-120``: shapes that do not fit; ``IGX-FEAT-124``: none of the labels is there;
        ``IGX-FEAT-126``: places of regions that hold no number.
    """
    label = np.asarray(labels)
    column = pd.Series(range(len(names)), index=names.index).reindex(label.ravel()).to_numpy(np.float64)
    inside = np.flatnonzero(~np.isnan(column))
    if not inside.size:
        raise InputError(
            "IGX-FEAT-124",
            f"no label of the table is in the atlas (its labels: {np.unique(label)[:8].tolist()})",
            remedy="name the table that belongs to this label map",
        )
    which = column[inside].astype(np.int64)
    size = np.bincount(which, minlength=len(names)).astype(np.float64)
    rows = [_sums(np.asarray(frame), label.shape, inside, which, len(names)) for frame in frames]
    means = np.array(rows).reshape(-1, len(names)) / np.where(size > 0, size, np.nan)
    bad = ~np.isfinite(means[:, size > 0])
    if bad.any():
        first = names.to_numpy()[size > 0][bad.any(axis=0)][0]
        raise InputError(
            "IGX-FEAT-126",
            f"{int(bad.any(axis=0).sum())} regions have places without a number, e.g. {first}",
            expected="a number at each place of a region in each frame",
            remedy="cut the labels to the field of view",
        )
    return pd.DataFrame(means, columns=[str(n) for n in names])


def _sums(
    frame: np.ndarray, shape: tuple[int, ...], inside: np.ndarray, which: np.ndarray, n: int
) -> np.ndarray:
    if frame.shape != shape:
        raise InputError(
            "IGX-FEAT-120",
            f"a frame has the shape {frame.shape}, the labels {shape}",
            expected="one label for each place",
            remedy="bring the atlas to the grid of the series",
        )
    return np.bincount(which, weights=frame.ravel()[inside], minlength=n)
