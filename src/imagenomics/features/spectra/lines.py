"""A straight line through the logarithms of a scaling law."""

from __future__ import annotations

import numpy as np


def log_slope(scale: np.ndarray, measure: np.ndarray) -> tuple[float, float]:
    """Return the slope of log(measure) on log(scale) by least squares, and its R squared.

    Points without a positive finite measure are left out; NaN with fewer than three, R squared NaN where the
    measure is constant.
    """
    kept = np.isfinite(measure) & (measure > 0) & (scale > 0)
    if np.count_nonzero(kept) < 3:
        return float("nan"), float("nan")
    x, y = np.log(scale[kept]), np.log(measure[kept])
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    total = float(y @ y)
    return slope, float(slope * (x @ y) / total) if total > 1e-24 else float("nan")
