"""Whether predicted probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.predict.sigmoid import fit_line
from imagenomics.verdicts.probabilities import to_probabilities

EDGE = 1e-4  # probabilities are kept this far from 0 and 1 on the logit scale


def calibration_curve(predictions: pd.DataFrame, *, bins: int = 5) -> pd.DataFrame:
    """Compare predicted probabilities with observed shares, in groups of equally many patients.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions of labels 0/1.
    bins : int
        Groups wanted; fewer where probabilities are tied.

    Returns
    -------
    DataFrame
        ``bin, n, predicted, observed, low, high``: mean probability, share of positives and its 95% Wilson
        interval.

    Raises
    ------
    InputError
        ``IGX-VERD-003``: labels are not 0 and 1.
    """
    table = to_probabilities(predictions)
    group = pd.qcut(table["probability"], min(bins, len(table)), labels=False, duplicates="drop")
    if group.isna().all():  # all probabilities are equal
        group = pd.Series(0, index=table.index)
    rows = []
    for place, (_, part) in enumerate(table.groupby(group, sort=True)):
        share, n = float(part["label"].mean()), len(part)
        low, high = wilson(share, n)
        rows.append((place, n, float(part["probability"].mean()), share, low, high))
    return pd.DataFrame(rows, columns=["bin", "n", "predicted", "observed", "low", "high"])


def recalibration(predictions: pd.DataFrame) -> dict[str, float]:
    """Measure calibration by logistic recalibration of the held-out probabilities.

    Returns
    -------
    dict
        ``slope`` of the labels on the logit of the probability (1 is right; below 1 predictions are too
        extreme), its ``intercept``, and ``mean_predicted`` beside ``mean_observed`` (calibration in the
        large).

    Raises
    ------
    InputError
        ``IGX-VERD-003``: labels are not 0 and 1.

    Source
    ------
    Cox 1958, Biometrika 45:562.
    """
    table = to_probabilities(predictions)
    p = np.clip(table["probability"].to_numpy(), EDGE, 1.0 - EDGE)
    label = table["label"].to_numpy(dtype=np.float64)
    slope, intercept = fit_line(np.log(p / (1.0 - p)), label)
    return {
        "slope": slope,
        "intercept": intercept,
        "mean_predicted": float(p.mean()),
        "mean_observed": float(label.mean()),
    }


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95% Wilson interval of a share among n."""
    z = 1.959963984540054
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))
