"""Whether a hazard ratio stays the same over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, rankdata

from imagenomics.associate.survival.cox import CoxModel
from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]
Scale = Literal["rank", "identity", "log"]


def proportional_hazards(
    model: CoxModel, terms: pd.DataFrame, times: SurvivalTimes, *, scale: Scale = "rank"
) -> pd.DataFrame:
    """Test each term, and all together, for a hazard ratio that changes with time (scaled Schoenfeld residuals).

    Parameters
    ----------
    model : CoxModel
        Fitted to ``terms`` without strata.
    scale : {"rank", "identity", "log"}
        How time enters.

    Returns
    -------
    DataFrame
        By term, and ``(all)``: ``rho`` (correlation with time), ``statistic``, ``df``, ``p``.

    Source
    ------
    Grambsch & Therneau 1994, Biometrika 81:515.
    """
    ids = model.linear_predictor.index
    followed = times.of(ids)
    names = list(model.table.index)
    X = terms.loc[ids, names].to_numpy(dtype=np.float64) - model.means
    residuals, moments = _schoenfeld(X, followed, np.exp(model.linear_predictor.to_numpy()))
    g = {"rank": rankdata, "identity": np.asarray, "log": np.log}[scale](moments).astype(np.float64)
    g = g - g.mean()
    d = len(moments)
    scaled = residuals @ model.covariance * d
    slope = g @ residuals
    length = float(g @ g)
    spread = model.covariance * d
    single = (slope @ spread) ** 2 / (np.diag(spread) * length)
    together = float(slope @ spread @ slope / length)
    rows = [
        (float(np.corrcoef(g, scaled[:, j])[0, 1]), float(single[j]), 1, float(chi2.sf(single[j], 1)))
        for j in range(len(names))
    ]
    rows.append((float("nan"), together, len(names), float(chi2.sf(together, len(names)))))
    return pd.DataFrame(
        rows, columns=["rho", "statistic", "df", "p"], index=pd.Index([*names, "(all)"], name="term")
    )


def _schoenfeld(X: FloatArray, times: SurvivalTimes, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the difference (d, k) between each patient with the event and the mean of those at risk, and its time."""
    rows, moments = [], []
    for i in np.lexsort((times.ids.astype(str).to_numpy(), times.time)):
        if times.event[i]:
            here = (times.time >= times.time[i]) & (times.start < times.time[i])
            rows.append(X[i] - np.average(X[here], axis=0, weights=weight[here]))
            moments.append(times.time[i])
    return np.array(rows), np.array(moments)
