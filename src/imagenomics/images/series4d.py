"""Several volumes of one patient on one grid: over time, over diffusion weightings, over flip angles."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.grid import Grid

Frames = np.ndarray | Callable[[], Iterator[np.ndarray]]
FINE = 1e-9  # two times closer than this are one


@dataclass(frozen=True, eq=False)
class Series4D:
    """A series of volumes of one patient.

    Parameters
    ----------
    frames : ndarray of float (t, z, y, x), or a function that returns an iterator of t arrays (z, y, x)
        The volumes. The function is for series that shall not lie in memory; it is called for each pass.
    grid : Grid
        Where the voxels lie.
    n_frames : int, optional
        The number of volumes t; needed with a function only.
    times_s : sequence of float (t,), optional
        When each volume was taken, in seconds, strictly ascending.
    b_values : sequence of float (t,), optional
        Diffusion weighting in s/mm2.
    b_vectors : array of float (t, 3), optional
        Direction of the diffusion gradient of each volume.
    spacing_known : bool
        False when the spacing stands for 'one voxel'.
    source : str
        File the series came from.
    history : tuple of str
        What was done to it, oldest first.

    Raises
    ------
    InputError
        ``IGX-IMG-190``: not four-dimensional, or not on the grid; ``IGX-IMG-191``: times, b-values or vectors
        that do not fit the volumes, or times that do not ascend.
    """

    frames: Frames
    grid: Grid
    n_frames: int = 0
    times_s: np.ndarray | Sequence[float] | None = None
    b_values: np.ndarray | Sequence[float] | None = None
    b_vectors: np.ndarray | None = None
    spacing_known: bool = True
    source: str = "array"
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.frames, np.ndarray):
            _check_array(self.frames, self.grid, self.source)
            object.__setattr__(self, "n_frames", len(self.frames))
        for name in ("times_s", "b_values", "b_vectors"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, np.asarray(values, dtype=np.float64))
        _check_axis(self)

    def volumes(self) -> Iterator[np.ndarray]:
        """Pass through the volumes (z, y, x) in order."""
        return iter(self.frames) if isinstance(self.frames, np.ndarray) else self.frames()

    def signals(self, region: np.ndarray) -> np.ndarray:
        """Return the signal of each voxel of a region, float64 (n, t).

        Parameters
        ----------
        region : array of bool (z, y, x)
            Which voxels; only they are kept while the volumes pass by.

        Raises
        ------
        InputError
            ``IGX-IMG-190``: another shape, or no voxel, or more or fewer volumes than promised;
            ``IGX-IMG-193``: values that are not finite.
        """
        if region.shape != self.grid.shape or not region.any():
            raise _not_fitting(
                f"a region of shape {region.shape} with {int(np.count_nonzero(region))} voxels", self
            )
        found = np.empty((int(np.count_nonzero(region)), self.n_frames))
        n = -1
        for n, frame in enumerate(self.volumes()):
            if n >= self.n_frames or frame.shape != self.grid.shape:
                raise _not_fitting(f"volume {n + 1} of shape {frame.shape}", self)
            found[:, n] = frame[region]
        if n + 1 != self.n_frames:
            raise _not_fitting(f"{n + 1} volumes", self)
        return finite_values(found, self.source)

    def paint(self, values: np.ndarray, region: np.ndarray) -> np.ndarray:
        """Return a map (z, y, x) with the values (n,) in the voxels of a region, and NaN elsewhere."""
        painted = np.full(self.grid.shape, np.nan)
        painted[region] = values
        return painted

    def replace(self, frames: Frames, step: str) -> Series4D:
        """Return the series with new volumes; ``step`` is appended to its history."""
        return dataclasses.replace(self, frames=frames, history=(*self.history, step))


def _check_array(frames: np.ndarray, grid: Grid, source: str) -> None:
    if frames.ndim == 4 and frames.shape[1:] == grid.shape and len(frames) and frames.dtype.kind in "fiu":
        return
    raise InputError(
        "IGX-IMG-190",
        f"an array of shape {frames.shape} and type {frames.dtype} is no series on a grid of {grid.shape}",
        where=source,
        expected="real numbers (t, z, y, x)",
        remedy="move the axis of time to the front: np.moveaxis(array, -1, 0)",
    )


def _check_axis(series: Series4D) -> None:
    n = series.n_frames
    for name, shape in (("times_s", (n,)), ("b_values", (n,)), ("b_vectors", (n, 3))):
        values = getattr(series, name)
        if values is not None and (values.shape != shape or not np.isfinite(values).all()):
            raise _wrong_axis(series, f"{name} of shape {values.shape} do not fit {n} volumes")
    times, weights = series.times_s, series.b_values
    if times is not None and not (np.diff(times) > FINE).all():
        place = int(np.argmin(np.diff(times))) + 1
        raise _wrong_axis(series, f"times_s do not ascend at volume {place + 1} ({times[place]:g} s)")
    if weights is not None and np.min(weights) < 0:
        raise _wrong_axis(series, f"b_values hold {np.min(weights):g} s/mm2")


def _wrong_axis(series: Series4D, what: str) -> InputError:
    return InputError(
        "IGX-IMG-191",
        what,
        where=series.source,
        expected="one finite number for each volume; times in seconds in ascending order",
        remedy="look for another series' times or b-values, and for volumes that were left out",
    )


def _not_fitting(what: str, series: Series4D) -> InputError:
    return InputError(
        "IGX-IMG-190",
        f"{what} cannot be used with {series.n_frames} volumes of shape {series.grid.shape}",
        where=series.source,
        expected="the shape of one volume (z, y, x), and at least one voxel",
        remedy="bring the mask to the grid of the series, and look at its labels",
    )


def finite_values(values: np.ndarray, source: str) -> np.ndarray:
    """Return values, or refuse those that are NaN or infinite (``IGX-IMG-193``)."""
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise InputError(
            "IGX-IMG-193",
            f"{bad} values of the series are NaN or infinite",
            where=source,
            expected="finite numbers",
            remedy="replace them in the file by the value of the background, or leave the voxels out of the mask",
        )
    return values
