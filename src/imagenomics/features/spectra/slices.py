"""Pixels whose neighbourhood in the slice lies in the region."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def inner_pixels(mask: np.ndarray, *, reach: int = 1) -> np.ndarray:
    """Return the pixels of a region (z, y, x) whose whole square of side 2 reach + 1 lies in it."""
    square = np.ones((1, 2 * reach + 1, 2 * reach + 1), bool)
    inner: np.ndarray = ndimage.binary_erosion(mask, square)
    return inner


def shares_entropy(shares: np.ndarray) -> float:
    """Return the entropy of shares, in bits."""
    present = shares[shares > 0]
    return float(-(present * np.log2(present)).sum()) + 0.0
