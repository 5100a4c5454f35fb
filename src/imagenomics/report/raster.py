"""A table of numbers as a small PNG: one pixel for each cell, blue below zero, red above."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float64]
ENDS = ((33, 102, 172), (244, 245, 246), (178, 24, 43))  # below, at and above zero
MISSING = (160, 166, 172)
STEPS = 63  # colours on the whole scale, an odd number


def palette() -> npt.NDArray[np.uint8]:
    """Return the colours from lowest to highest, then that of a missing value: (STEPS + 1, 3)."""
    half = STEPS // 2
    share = np.linspace(0.0, 1.0, half + 1)[:, None]
    low, middle, high = (np.array(c, dtype=np.float64) for c in ENDS)
    below = low + share * (middle - low)
    above = middle + share[1:] * (high - middle)
    return np.vstack([below, above, MISSING]).round().astype(np.uint8)


def png_of(values: FloatArray, *, reach: float) -> str:
    """Return the picture as a data address.

    Parameters
    ----------
    values : array, (rows, columns)
        NaN is grey.
    reach : float
        The value with the strongest colour, on either side of zero; values beyond it look the same.
    """
    scaled = np.clip(values / (reach or 1.0), -1.0, 1.0)
    codes = np.where(np.isnan(scaled), STEPS, np.round((np.nan_to_num(scaled) + 1.0) * (STEPS // 2)))
    picture = Image.fromarray(codes.astype(np.uint8))
    picture.putpalette(palette().tobytes())
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
