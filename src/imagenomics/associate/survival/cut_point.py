"""A cut-point that is chosen by the survival it then divides, and what honesty makes of its p value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

from imagenomics.associate.survival.cut_kernel import best_cut, held_out, risk_spans
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.settings import GroupSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.resample.permutation import permuted_order
from imagenomics.resample.sequential import SequentialP

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CutPoint:
    """A cut-point with three p values, only the first of which may be believed.

    Parameters
    ----------
    cut : float
        The cut with the largest log-rank statistic among all patients; NaN where none leaves enough on both sides.
    statistic : float
        Its chi-square.
    p : float
        Honest: how often the cross-validated statistic is as large when numbers are exchanged between patients.
    p_naive : float
        That of a log-rank test which does not know that the cut was chosen.
    p_corrected : float
        The same, corrected for the choice by its asymptotic distribution.
    z_held_out : float
        Standardised log-rank statistic of the risk groups of patients whom the cut had not seen.
    high : array of int, (n,)
        Those risk groups, in the order of the follow-up.
    cuts : array, (folds,)
        The cut of each training part.
    draws : int
        Permutations drawn.
    """

    cut: float
    statistic: float
    p: float
    p_naive: float
    p_corrected: float
    z_held_out: float
    high: IntArray
    cuts: FloatArray
    draws: int


def find_cut(
    x: pd.Series,
    times: SurvivalTimes,
    *,
    strata: pd.Series | None = None,
    within: pd.Series | None = None,
    settings: GroupSettings,
    seed: int = 0,
) -> CutPoint:
    """Find where a number divides patients best, and test it without believing the choice.

    In each fold the cut, and which side is worse, is chosen among the other patients; the groups it gives to the
    patients left out are compared. As the folds depend on each other, the p value comes from permuting the number
    against (time, event) and choosing all cuts anew.

    Parameters
    ----------
    x : Series, (n,)
        The number, without missing values, by patient.
    times : SurvivalTimes
        Follow-up of the same patients.
    strata : Series, optional
        Patients are compared within these.
    within : Series, optional
        Numbers are exchanged between patients of one of these groups only (``strata`` where nothing is given).
    settings : GroupSettings
        Folds, smallest share, draws.
    seed : int
        Of folds and draws.

    Source
    ------
    Faraggi & Simon 1996, Statistics in Medicine 15:2203; Lausen & Schumacher 1992, Biometrics 48:73; Simon et al.
    2011, Briefings in Bioinformatics 12:203 (why the held-out groups need a permutation).
    """
    ids = times.ids
    groups = None if strata is None else pd.factorize(strata.reindex(ids).astype(str), sort=True)[0]
    spans = risk_spans(times, groups)
    value = np.ascontiguousarray(x.reindex(ids).to_numpy(dtype=np.float64))
    least = max(1, int(np.ceil(settings.min_share * value.size)))
    rows = np.arange(value.size, dtype=np.int64)
    cut, z = best_cut(value, rows, spans, least)
    fold = event_folds(times, folds=settings.folds, seed=seed)[0]
    high = np.zeros(value.size, dtype=np.int64)
    if np.isnan(cut):
        nan = float("nan")
        return CutPoint(cut, nan, nan, nan, nan, nan, high, np.full(settings.folds, nan), 0)
    tested = held_out(value, fold, settings.folds, spans, settings.min_share, high)
    cuts = np.array(
        [_cut_without(value, fold != k, spans, settings.min_share) for k in range(settings.folds)]
    )
    moved = strata if within is None else within
    blocks = None if moved is None else moved.reindex(ids).astype(str).to_numpy()
    chance = SequentialP(tested, settings.permutations)
    scratch = np.zeros(value.size, dtype=np.int64)
    while not chance.done:
        order = permuted_order(ids, blocks, seed=seed, draw=len(chance.draws), stream="cut")
        chance.add(held_out(value[order], fold, settings.folds, spans, settings.min_share, scratch))
    return CutPoint(
        cut=float(cut),
        statistic=float(z * z),
        p=chance.p,
        p_naive=float(chi2.sf(z * z, 1)),
        p_corrected=corrected_p(abs(float(z)), settings.min_share),
        z_held_out=float(tested),
        high=high,
        cuts=cuts,
        draws=len(chance.draws),
    )


def corrected_p(z: float, share: float) -> float:
    """Return the p of the largest of all standardised statistics whose cuts leave ``share`` of patients on each side.

    Source
    ------
    Lausen & Schumacher 1992, Biometrics 48:73, equation for the maximally selected statistic.
    """
    if z <= 0.0:
        return 1.0
    density = float(norm.pdf(z))
    found = 4.0 * density / z + density * (z - 1.0 / z) * float(np.log(((1.0 - share) / share) ** 2))
    return min(1.0, max(found, float(chi2.sf(z * z, 1))))


def _cut_without(value: FloatArray, keep: npt.NDArray[np.bool_], spans: IntArray, share: float) -> float:
    train = np.flatnonzero(keep)
    return float(best_cut(value, train, spans, max(1, int(np.ceil(share * train.size))))[0])
