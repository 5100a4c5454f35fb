"""How much better models order patients whom they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.survival.cox import cox_weights, stratum_codes
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.settings import CompareSettings, CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.resample.intervals import Interval, widened
from imagenomics.stats.ordered_pairs import ordered_pairs
from imagenomics.work.seeds import generator, integer_seed

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
GROUPS = 10  # parts of the patients that are left out in turn
TRIED = 3  # repeats of the folds in which that is done


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
    one fit. The interval draws patients again from the held-out scores, within events and censored ones, which leaves
    the models as they are; it is widened to the error of the gain where tenths of the patients are left out and
    everything is fitted again (docs/decisions/0041).

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
        fitted in a training part. ``refitted`` is False where the models could not be fitted without some tenth of
        the patients, so that the interval is that of the bootstrap alone.
    """
    if not designs or times.time.size < 2 * settings.folds:
        return {}
    fold = event_folds(times, folds=settings.folds, repeats=settings.repeats, seed=seed)
    weights = _weights(times, settings.draws, seed)
    part = np.zeros(times.time.size, dtype=np.int64)
    if strata is not None:
        part = pd.factorize(strata.reindex(times.ids).astype(str), sort=True)[0].astype(np.int64)
    try_model = partial(_c_of_repeat, part=part, rules=rules, strata=strata)
    errors = _left_out_error(list(designs.values()), times, fold[:TRIED], try_model, seed)
    found: dict[str, dict[str, float]] = {}
    before: FloatArray | None = None
    tail = 0.5 - rules.confidence / 2.0
    for error, (model, X) in zip(errors, designs.items(), strict=True):
        c = np.mean(
            [try_model(X, times, fold=own, weights=weights) for own in fold], axis=0
        )  # first of all patients as they are, then of each draw
        found[model] = {"c_index": float(c[0])}
        if before is not None:
            gain = c - before
            low, high = np.quantile(gain[1:], [tail, 1.0 - tail])
            drawn = Interval(float(gain[0]), float(low), float(high), rules.confidence)
            wide = widened(drawn, float(error), bounds=(-1.0, 1.0))
            found[model] |= {"c_gain": wide.estimate, "c_gain_low": wide.low, "c_gain_high": wide.high}
            found[model]["refitted"] = bool(error == error)
        before = c
    return found


def _left_out_error(
    designs: Sequence[pd.DataFrame],
    times: SurvivalTimes,
    fold: IntArray,
    try_model: Callable[..., FloatArray],
    seed: int,
) -> FloatArray:
    """Return the standard error of the C-index of each model less that of the one before, NaN for the first.

    A tenth of the patients is left out at a time, everything is fitted again to the others, who keep their folds: the
    jackknife of groups.
    """
    parts = min(GROUPS, times.time.size)
    group = event_folds(times, folds=parts, seed=integer_seed(seed, "gain", "groups"))[0]
    c = np.full((len(designs), parts), np.nan)
    for g in range(parts):
        rows = np.flatnonzero(group != g)
        others, once = times.rows(rows), np.ones((rows.size, 1))
        for m, X in enumerate(designs):
            own = X.iloc[rows]
            tried = [try_model(own, others, fold=f[rows], weights=once, rows=rows)[0] for f in fold]
            c[m, g] = np.mean(tried)
    gain = np.diff(c, axis=0)
    spread = np.square(gain - gain.mean(axis=1, keepdims=True)).sum(axis=1)
    return np.append(np.nan, np.sqrt((parts - 1) / parts * spread))


def held_out_scores(
    X: pd.DataFrame, times: SurvivalTimes, fold: IntArray, *, strata: pd.Series | None, rules: CoxSettings
) -> FloatArray:
    """Return the linear predictor (n,) of each patient by the model of the other folds; NaN where there is none.

    A column that does not vary in a training part has no weight there.
    """
    values = np.ascontiguousarray(X.to_numpy(dtype=np.float64))
    codes = stratum_codes(strata, times.ids)
    order = times.sorted_with(codes)
    sorted_fold = fold[order]
    risk = np.vstack([codes, times.event.astype(np.int64)])[:, order]
    when = np.vstack([times.start, times.time])[:, order]
    score = np.full(times.time.size, np.nan)
    for k in np.unique(fold):
        train = np.flatnonzero(sorted_fold != k)
        weights = cox_weights(values[order[train]], risk[:, train], when[:, train], ties=rules.ties)
        test = fold == k
        score[test] = np.nan if weights is None else values[test] @ weights
    return score


def _c_of_repeat(
    X: pd.DataFrame,
    times: SurvivalTimes,
    *,
    fold: IntArray,
    weights: FloatArray,
    part: IntArray,
    strata: pd.Series | None,
    rules: CoxSettings,
    rows: IntArray | None = None,
) -> FloatArray:
    """Return the C-index in one set of folds for each column of ``weights``; ``rows`` are theirs among all."""
    score = held_out_scores(X, times, fold, strata=strata, rules=rules)
    part = part if rows is None else part[rows]
    won, known = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    for k in np.unique(fold):
        tested = np.flatnonzero(fold == k)
        w = weights[tested]
        if np.isnan(score[tested]).any():
            return np.full(weights.shape[1], np.nan)
        own = times.rows(tested)
        good, all_pairs = ordered_pairs(
            own.time, own.event, score[tested], start=own.start, within=part[tested]
        )
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
