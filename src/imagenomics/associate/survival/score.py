"""Additive scores: cut-points and sides learned in some patients and counted in others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

from imagenomics.associate.survival.concordance import harrell_c
from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.cut_kernel import best_cut, log_rank_z, risk_spans, trend_z
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.score_card import ScoreCard, count_points
from imagenomics.associate.survival.score_settings import ScoreSettings, ScoreTerm
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.resample.permutation import permuted_order
from imagenomics.resample.sequential import SequentialP

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
NAN = float("nan")
FROZEN = "log-rank for trend over points, one-sided: more points, sooner event"
LEARNED = "log-rank for trend over points that were learned without the patient, permutation of all learning"


@dataclass(frozen=True)
class Rule:
    """Cut-points (t,) and whether the side above each is a point (t,)."""

    cuts: FloatArray
    above: BoolArray


@dataclass(frozen=True)
class TestedScore:
    """An additive score and what it says of survival.

    Parameters
    ----------
    rule : Rule
        Learned from all patients; for other cohorts.
    rules : tuple of Rule
        Learned in each training part; empty where nothing is learned.
    points : array of int, (n,)
        By the rule of all patients.
    honest : array of int, (n,)
        By the rule of the training part that each patient is not in; ``points`` where nothing is learned.
    c_apparent, c_index : float
        Harrell's C of ``points`` and of ``honest`` (within folds and strata).
    ratio_apparent : float
        Hazard ratio per point of ``points``.
    ratio : (float, float, float, float)
        Of ``honest``: hazard ratio per point, its interval, and the standard error of its logarithm.
    z : float
        Log-rank statistic for trend of ``honest``.
    p_naive : float
        Of a trend test that does not know that anything was learned.
    p : float
        Honest.
    draws : int
        Permutations.
    problem : str
        Why there is no test; '' where there is one.
    """

    rule: Rule
    rules: tuple[Rule, ...]
    points: IntArray
    honest: IntArray
    c_apparent: float = NAN
    c_index: float = NAN
    ratio_apparent: float = NAN
    ratio: tuple[float, float, float, float] = (NAN, NAN, NAN, NAN)
    z: float = NAN
    p_naive: float = NAN
    p: float = NAN
    draws: int = 0
    problem: str = ""


def frozen_rule(card: ScoreCard) -> Rule:
    """Return the rule of a card."""
    return Rule(np.array([t.cut for t in card.terms]), np.array([t.worse == "above" for t in card.terms]))


def needs_learning(terms: Sequence[ScoreTerm]) -> bool:
    """Tell whether a cut-point or a side is learned."""
    return any(term.at is None or term.worse == "learned" for term in terms)


def learn_rule(
    values: FloatArray, terms: Sequence[ScoreTerm], rows: IntArray, spans: IntArray, *, share: float
) -> Rule:
    """Learn cut-points and sides from the patients ``rows`` alone.

    Parameters
    ----------
    values : array, (n, t)
        Numbers, without missing values.
    terms : sequence of ScoreTerm, (t,)
    rows : int array, (m,)
        The patients who teach.
    spans : int array, (3, n)
        From :func:`imagenomics.associate.survival.cut_kernel.risk_spans`.
    share : float
        Smallest share of them on either side of a maximal cut; where no cut leaves it, the cut is NaN.
    """
    cuts, above = np.full(len(terms), np.nan), np.zeros(len(terms), dtype=np.bool_)
    least = max(1, int(np.ceil(share * rows.size)))
    for j, term in enumerate(terms):
        x = np.ascontiguousarray(values[:, j])
        if term.at is not None:
            cuts[j] = term.at
        elif term.cut == "median":
            cuts[j] = np.median(x[rows])
        else:
            cuts[j] = best_cut(x, rows, spans, least)[0]
        if term.worse == "learned":
            above[j] = log_rank_z((x > cuts[j]).astype(np.int64), rows, spans) >= 0.0
        else:
            above[j] = term.worse == "above"
    return Rule(cuts, above)


def try_score(
    values: pd.DataFrame,
    times: SurvivalTimes,
    source: Sequence[ScoreTerm] | ScoreCard,
    *,
    strata: pd.Series | None = None,
    within: pd.Series | None = None,
    settings: ScoreSettings,
    rules: CoxSettings,
    seed: int = 0,
) -> TestedScore:
    """Count the points of each patient and test whether more points go with a sooner event.

    What is learned is learned anew in each training part and counted in the patients left out; the p value comes from
    permuting the patients' numbers together against (time, event) and learning all again. With a card, or with
    cut-points and sides that are all given, nothing is learned and the test is one-sided.

    Parameters
    ----------
    values : DataFrame, (n, t)
        Numbers of the patients of ``times``, with a column for each term, without missing values.
    times : SurvivalTimes
    source : sequence of ScoreTerm, (t,), or ScoreCard
        What gives a point.
    strata, within : Series, optional
        Patients are compared within strata, and exchanged within ``within`` (``strata`` where nothing is given).
    settings : ScoreSettings
    rules : CoxSettings
        Ties and confidence of the hazard ratio.
    seed : int
        Of folds and draws.

    Source
    ------
    Zinn et al. 2012, PLoS ONE 7:e41522 (volume, age, performance status); Simon et al. 2011, Briefings in
    Bioinformatics 12:203 (why points learned without the patient need a permutation).
    """
    groups = _codes(strata, times)
    spans = risk_spans(times, groups)
    names = [t.name for t in source.terms] if isinstance(source, ScoreCard) else [t.by for t in source]
    X = np.ascontiguousarray(values.loc[times.ids, names].to_numpy(dtype=np.float64))
    everybody = np.arange(len(X), dtype=np.int64)
    terms = () if isinstance(source, ScoreCard) else source
    rule = (
        frozen_rule(source)
        if isinstance(source, ScoreCard)
        else learn_rule(X, terms, everybody, spans, share=settings.min_share)
    )
    points = count_points(X, rule.cuts, rule.above)
    if np.isnan(rule.cuts).any():
        return TestedScore(
            rule, (), points, points, problem="no cut-point leaves enough patients on both sides"
        )
    if np.unique(points).size < 2:
        return TestedScore(rule, (), points, points, problem="all patients have the same points")
    if not needs_learning(terms):
        z = float(trend_z(points, spans))
        c = harrell_c(times, points.astype(np.float64), within=groups)
        ratio = _ratio(points, times, strata, rules)
        return TestedScore(
            rule, (), points, points, c_index=c, ratio=ratio, z=z, p_naive=NAN, p=float(norm.sf(z))
        )
    fold = event_folds(times, folds=settings.folds, seed=seed)[0]
    own, honest = _held_out(X, terms, fold, spans, settings.min_share)
    z = float(trend_z(honest, spans))
    moved = strata if within is None else within
    blocks = None if moved is None else moved.reindex(times.ids).astype(str).to_numpy()
    chance = SequentialP(z, settings.permutations)
    while not chance.done:
        order = permuted_order(times.ids, blocks, seed=seed, draw=len(chance.draws), stream="score")
        drawn = _held_out(np.ascontiguousarray(X[order]), terms, fold, spans, settings.min_share)[1]
        chance.add(float(trend_z(drawn, spans)))
    naive = float(trend_z(points, spans))
    return TestedScore(
        rule,
        own,
        points,
        honest,
        c_apparent=harrell_c(times, points.astype(np.float64), within=groups),
        c_index=harrell_c(times, honest.astype(np.float64), within=groups * settings.folds + fold),
        ratio_apparent=_ratio(points, times, strata, rules)[0],
        ratio=_ratio(honest, times, strata, rules),
        z=z,
        p_naive=float(chi2.sf(naive * naive, 1)),
        p=chance.p,
        draws=len(chance.draws),
    )


def _held_out(
    X: FloatArray, terms: Sequence[ScoreTerm], fold: IntArray, spans: IntArray, share: float
) -> tuple[tuple[Rule, ...], IntArray]:
    """Return the rule of each training part, and the points of the patients left out; no cut gives no point."""
    points, rules = np.zeros(len(X), dtype=np.int64), []
    for k in np.unique(fold):
        rule = learn_rule(X, terms, np.flatnonzero(fold != k), spans, share=share)
        test = np.flatnonzero(fold == k)
        known = ~np.isnan(rule.cuts)
        points[test] = count_points(X[test][:, known], rule.cuts[known], rule.above[known])
        rules.append(rule)
    return tuple(rules), points


def _codes(strata: pd.Series | None, times: SurvivalTimes) -> IntArray:
    if strata is None:
        return np.zeros(times.time.size, dtype=np.int64)
    return pd.factorize(strata.reindex(times.ids).astype(str), sort=True)[0].astype(np.int64)


def _ratio(
    points: IntArray, times: SurvivalTimes, strata: pd.Series | None, rules: CoxSettings
) -> tuple[float, float, float, float]:
    """Return the hazard ratio per point, its interval and the standard error of its logarithm; NaN without a fit."""
    terms = pd.DataFrame({"points": points.astype(np.float64)}, index=times.ids)
    quick = CoxSettings(ties=rules.ties, events_per_term=1, confidence=rules.confidence)
    try:
        row = fit_cox(terms, times, strata=strata, settings=quick).table.iloc[0]
    except InputError:
        return NAN, NAN, NAN, NAN
    return float(row["hazard_ratio"]), float(row["ci_low"]), float(row["ci_high"]), float(row["se"])
