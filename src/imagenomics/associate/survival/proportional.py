"""Whether a hazard ratio stays the same over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, rankdata

from imagenomics.associate.survival.cox import CoxModel
from imagenomics.associate.survival.frame import ALL
from imagenomics.associate.survival.kaplan_meier import kaplan_meier
from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]
Scale = Literal["km", "rank", "identity", "log"]


def proportional_hazards(
    model: CoxModel,
    terms: pd.DataFrame,
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    scale: Scale = "km",
) -> pd.DataFrame:
    """Test each term, and all together, for a hazard ratio that changes with time.

    The score test of what the product of a term with time would add to the model.

    Parameters
    ----------
    model : CoxModel
        Fitted to ``terms``.
    terms : DataFrame, (n, k)
    times : SurvivalTimes
        Follow-up.
    strata : Series, optional
        Strata of the model.
    scale : {"km", "rank", "identity", "log"}
        How time enters: as the share of patients who have had the event (one less Kaplan-Meier, just before the time),
        by rank, as it is, or its logarithm.

    Returns
    -------
    DataFrame
        By term, and ``(all)``: ``change`` (how much the log hazard ratio changes from the first event to the last, to
        first order; NaN for all), ``statistic``, ``df``, ``p``.

    Source
    ------
    Grambsch & Therneau 1994, Biometrika 81:515, without its approximation that the variance is the same at all events.
    """
    ids = model.linear_predictor.index
    followed = times.of(ids)
    names = list(model.table.index)
    X = terms.loc[ids, names].to_numpy(dtype=np.float64) - model.means
    codes = np.zeros(len(ids), dtype=np.int64)
    if strata is not None:
        codes = pd.factorize(strata.reindex(ids).astype(str), sort=True)[0].astype(np.int64)
    risk = np.exp(model.linear_predictor.to_numpy())
    parts = [
        _residuals(X[rows], followed.rows(rows), risk[rows], efron=model.ties == "efron")
        for rows in (np.flatnonzero(codes == code) for code in np.unique(codes))
    ]
    moments, residuals, spreads = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    g = _scaled(moments, followed, scale)
    score = g @ residuals
    plain, mixed, squared = (np.tensordot(weight, spreads, axes=1) for weight in (np.ones_like(g), g, g * g))
    inside = squared - mixed @ np.linalg.pinv(plain) @ mixed
    width = float(np.ptp(g)) if g.size else 0.0
    rows = [_row(score[[j]], inside[[j]][:, [j]], width) for j in range(len(names))]
    rows.append((float("nan"), *_row(score, inside, width)[1:]))
    return pd.DataFrame(
        rows, columns=["change", "statistic", "df", "p"], index=pd.Index([*names, ALL], name="term")
    )


def _row(score: FloatArray, inside: FloatArray, width: float) -> tuple[float, float, int, float]:
    df = int(np.linalg.matrix_rank(inside))
    if df < score.size:
        return float("nan"), float("nan"), df, float("nan")
    step = np.linalg.solve(inside, score)
    statistic = float(score @ step)
    return float(step[0]) * width, statistic, df, float(chi2.sf(statistic, df))


def _residuals(
    X: FloatArray, times: SurvivalTimes, risk: FloatArray, *, efron: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return of each event time (m,) of a stratum the events less what was expected (m, k), and its variance."""
    moments = np.unique(times.time[times.event])
    k = X.shape[1]
    residuals, spreads = np.zeros((moments.size, k)), np.zeros((moments.size, k, k))
    for m, moment in enumerate(moments):
        happened = times.event & (times.time == moment)
        here = (times.time >= moment) & (times.start < moment)
        d = int(happened.sum())
        residuals[m] = X[happened].sum(axis=0)
        for event in range(d):
            weight = risk * here - (event / d if efron else 0.0) * risk * happened
            weight = weight / weight.sum()
            mean = weight @ X
            residuals[m] -= mean
            spreads[m] += (X * weight[:, None]).T @ X - np.outer(mean, mean)
    return moments, residuals, spreads


def _scaled(moments: FloatArray, times: SurvivalTimes, scale: Scale) -> FloatArray:
    """Return time at each event time, centred."""
    if scale == "km":
        curve = kaplan_meier(times)
        place = np.searchsorted(curve["time"].to_numpy(), moments, side="left") - 1
        g = 1.0 - curve["survival"].to_numpy()[place]
    elif scale == "rank":
        known = times.time[times.event]
        g = np.interp(moments, np.sort(known), np.sort(rankdata(known)))
    else:
        g = np.log(moments) if scale == "log" else moments
    return np.asarray(g - g.mean(), dtype=np.float64) if g.size else g
