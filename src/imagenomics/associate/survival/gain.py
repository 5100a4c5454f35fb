"""How much better models order patients whom they have not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.survival.concordance import ordered_pairs
from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.settings import CompareSettings, CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def gains(
    designs: Mapping[str, pd.DataFrame],
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    settings: CompareSettings,
    rules: CoxSettings,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Return of each model its cross-validated C-index and its gain over the model before it.

    All models are tried in the same folds. Only patients of one fold (and stratum) are compared: they have scores of
    one fit. The interval draws patients again from the held-out scores, within events and censored ones, and fits
    nothing anew: it is too narrow by how much models change with their training patients.

    Parameters
    ----------
    designs : mapping of str to DataFrame, (n, k)
        Columns of each model, in order, of the patients of ``times``.
    times, strata
        Follow-up of the same patients.
    settings : CompareSettings
        Folds, repeats, draws.
    rules : CoxSettings
        Ties and confidence.
    seed : int
        Of folds and draws.

    Returns
    -------
    dict of str to dict
        ``c_index``, and of all but the first ``c_gain, c_gain_low, c_gain_high``; NaN where a model could not be
        fitted in a training part.
    """
    if not designs or times.time.size < 2 * settings.folds:
        return {}
    fold = event_folds(times, folds=settings.folds, repeats=settings.repeats, seed=seed)
    weights = _weights(times, settings.draws, seed)
    part = np.zeros(times.time.size, dtype=np.int64)
    if strata is not None:
        part = pd.factorize(strata.reindex(times.ids).astype(str), sort=True)[0].astype(np.int64)
    found: dict[str, dict[str, float]] = {}
    before: FloatArray | None = None
    tail = 0.5 - rules.confidence / 2.0
    for model, X in designs.items():
        c = np.mean(
            [_c_of_repeat(X, times, strata, rules, own, part, weights) for own in fold], axis=0
        )  # first of all patients as they are, then of each draw
        found[model] = {"c_index": float(c[0])}
        if before is not None:
            gain = c - before
            low, high = np.quantile(gain[1:], [tail, 1.0 - tail])
            found[model] |= {"c_gain": float(gain[0]), "c_gain_low": float(low), "c_gain_high": float(high)}
        before = c
    return found


def held_out_scores(
    X: pd.DataFrame, times: SurvivalTimes, fold: IntArray, *, strata: pd.Series | None, rules: CoxSettings
) -> FloatArray:
    """Return the linear predictor (n,) of each patient by the model of the other folds; NaN where there is none.

    A column that does not vary in a training part has no weight there.
    """
    score = np.full(times.time.size, np.nan)
    quick = CoxSettings(ties=rules.ties, events_per_term=1)
    for k in np.unique(fold):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        own = X.iloc[train]
        varying = own.columns[np.ptp(own.to_numpy(dtype=np.float64), axis=0) > 0]
        score[test] = 0.0
        if not len(varying):
            continue
        try:
            model = fit_cox(own[varying], times.rows(train), strata=strata, settings=quick)
        except InputError:
            score[test] = np.nan
            continue
        score[test] = model.predict(X.iloc[test]).to_numpy()
    return score


def _c_of_repeat(
    X: pd.DataFrame,
    times: SurvivalTimes,
    strata: pd.Series | None,
    rules: CoxSettings,
    fold: IntArray,
    part: IntArray,
    weights: FloatArray,
) -> FloatArray:
    score = held_out_scores(X, times, fold, strata=strata, rules=rules)
    won, known = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        w = weights[rows]
        if np.isnan(score[rows]).any():
            return np.full(weights.shape[1], np.nan)
        good, all_pairs = ordered_pairs(times.rows(rows), score[rows], part[rows])
        won += ((good.T @ w) * w).sum(axis=0)
        known += ((all_pairs.T @ w) * w).sum(axis=0)
    return np.divide(won, known, out=np.full(known.size, np.nan), where=known > 0)


def _weights(times: SurvivalTimes, draws: int, seed: int) -> FloatArray:
    """Return how often each patient counts (n, 1 + draws): once, then as drawn within events and censored ones."""
    random = generator(seed, "gain", "bootstrap")
    weights = np.ones((times.time.size, 1 + draws))
    for happened in (False, True):
        rows = np.flatnonzero(times.event == happened)
        if rows.size:
            weights[rows, 1:] = random.multinomial(
                rows.size, np.full(rows.size, 1.0 / rows.size), size=draws
            ).T
    return weights
