"""Whether acting on a prediction would do more good than harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.verdicts.probabilities import to_probabilities


def decision_curve(predictions: pd.DataFrame, *, points: int = 99) -> pd.DataFrame:
    """Return the net benefit of treating patients above each threshold probability.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions of labels 0/1.
    points : int
        Thresholds, evenly spaced between 0 and 1.

    Returns
    -------
    DataFrame
        ``threshold, model, all, none``: net benefit (true positives less weighted false positives, per
        patient) of the model, of treating everyone, and of treating nobody (0).

    Raises
    ------
    InputError
        ``IGX-VERD-003``: labels are not 0 and 1.

    Source
    ------
    Vickers & Elkin 2006, Medical Decision Making 26:565.
    """
    table = to_probabilities(predictions)
    p, y = table["probability"].to_numpy(), table["label"].to_numpy(dtype=np.float64)
    threshold = np.arange(1, points + 1) / (points + 1)
    odds = threshold / (1.0 - threshold)
    treated = p[None, :] >= threshold[:, None]
    model = (treated * y).mean(axis=1) - (treated * (1.0 - y)).mean(axis=1) * odds
    everyone = y.mean() - (1.0 - y.mean()) * odds
    return pd.DataFrame({"threshold": threshold, "model": model, "all": everyone, "none": 0.0})
