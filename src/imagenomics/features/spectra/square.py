"""The largest square inside a region: where spectra and fractal surfaces are measured without a made-up border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Square:
    """A square of pixels in one slice.

    Parameters
    ----------
    plane, row, column : int
        Slice, and the first pixel of the square.
    side : int
        Pixels along each side; 0 where the region has no voxel.
    """

    plane: int
    row: int
    column: int
    side: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the pixels (side, side) of an image (z, y, x)."""
        pixels: np.ndarray = image[
            self.plane, self.row : self.row + self.side, self.column : self.column + self.side
        ]
        return pixels


def largest_square(mask: np.ndarray) -> Square:
    """Find the largest square inside a region.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The region.

    Returns
    -------
    Square
        Along the axes of the slice. Of several in a slice the one nearest to the region's centroid there, of
        several slices the first.
    """
    best = Square(0, 0, 0, 0)
    for plane in np.argsort(-mask.sum(axis=(1, 2)), kind="stable").tolist():
        if np.count_nonzero(mask[plane]) <= best.side**2:
            break
        side = _largest_side(mask[plane], best.side)
        if side > best.side:
            row, column = _central_corner(mask[plane], side)
            best = Square(plane, row, column, side)
    return best


def _largest_side(mask: np.ndarray, known: int) -> int:
    """Return the side of the largest square, or ``known`` where there is none larger, by halving."""
    sums = np.pad(mask.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    low, high = known, min(*mask.shape, int(np.sqrt(np.count_nonzero(mask))))
    while low < high:
        middle = (low + high + 1) // 2
        if _full(sums, middle).any():
            low = middle
        else:
            high = middle - 1
    return low


def _full(sums: np.ndarray, side: int) -> np.ndarray:
    """Return for each corner whether the square of this side lies inside, from the table of running sums."""
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    full: np.ndarray = inside == side * side
    return full


def _central_corner(mask: np.ndarray, side: int) -> tuple[int, int]:
    sums = np.pad(mask.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    corners = np.argwhere(_full(sums, side))
    offset = corners + (side - 1) / 2 - np.argwhere(mask).mean(axis=0)
    row, column = corners[np.rint((offset**2).sum(axis=1) * 1e6).argmin()].tolist()
    return int(row), int(column)
