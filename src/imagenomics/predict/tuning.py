"""Nested tuning: every inner fold is prepared anew and scores the whole grid; the best is refitted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from imagenomics.errors import InputError
from imagenomics.predict.family import Family, Fitted, Part
from imagenomics.predict.inner import inner_folds
from imagenomics.predict.settings import PredictSettings
from imagenomics.predict.sigmoid import fit_line, platt_targets
from imagenomics.predict.threshold import best_threshold
from imagenomics.prepare.base import NO_COLUMN, FloatArray, IntArray, Task
from imagenomics.prepare.chain import Chain, fit_chain
from imagenomics.prepare.fold_columns import Matrix, presort
from imagenomics.stats.risk_sets import RiskSets

SAFE = 1e-3  # probabilities closer to 0 or 1 than this do not make the log-loss any larger


class Table(NamedTuple):
    """A training table: values (n, p) with NaN, labels (n,), which columns (p,) are of the baseline."""

    values: FloatArray
    y: FloatArray
    baseline: npt.NDArray[np.bool_]
    task: Task
    groups: Any = None
    sites: Any = None


class Tuned(NamedTuple):
    """A tuned and refitted model: what `TunedClassifier`, `TunedRegressor` and `TunedSurvival` predict with.

    ``losses`` (settings,) are mean inner losses (NaN where no inner fold was possible); ``line`` turns
    scores into probabilities (slope and intercept on the logit scale), None where scores are probabilities,
    numbers or log hazards already; ``threshold`` divides scores into low and high ones.
    """

    chain: Chain
    model: Fitted
    setting: int
    losses: FloatArray
    line: tuple[float, float] | None
    threshold: float


def tune(table: Table, family: Family, settings: PredictSettings, *, seed: int) -> Tuned:
    """Choose the setting with the smallest inner loss and refit it on the whole training part.

    The loss is the log-loss (binary) or the squared error, each patient counted once, when it was held out; of times
    to an event it is :func:`partial_loss`. Of equal settings the first in the grid, the simplest, is taken. Where a
    class is too small for two inner folds the middle of the grid is taken untuned.
    """
    matrix = presort(table.values)
    every = np.arange(table.y.size, dtype=np.int64)
    held_out = _hold_out(table, family, settings, matrix=matrix, seed=seed)
    count = len(family.settings())
    losses, setting = np.full(count, np.nan), count // 2
    line: tuple[float, float] | None = None
    threshold = float(table.y.mean())
    if held_out is not None:
        losses = held_out.losses
        setting = int(np.argmin(np.round(losses, 12)))
    chain, part = _prepared(table, matrix, every, settings)
    model = family.refit(part, setting)
    chosen = model.score(part.Z) if held_out is None else held_out.scores[:, setting]
    if table.task == "survival":
        threshold = float(np.median(chosen))
    if table.task == "binary":
        if not family.probabilistic:
            line = fit_line(chosen, platt_targets(table.y))
            chosen = on_line(chosen, line)
        threshold = best_threshold(chosen, table.y)
    return Tuned(chain, model, setting, losses, line, threshold)


class _HeldOut(NamedTuple):
    """Scores of every row (n, settings) by models that were prepared and fitted without it, and their mean losses."""

    scores: FloatArray
    losses: FloatArray


def _hold_out(
    table: Table, family: Family, settings: PredictSettings, *, matrix: Matrix, seed: int
) -> _HeldOut | None:
    folds = inner_folds(
        table.y,
        n_splits=settings.inner_folds,
        seed=seed,
        task=table.task,
        groups=table.groups,
        sites=table.sites,
    )
    if folds is None:
        return None
    followed = table.task == "survival"
    scores = np.empty((table.y.size, len(family.settings())))
    losses = np.zeros(scores.shape[1])
    for fold in range(int(folds.max()) + 1):
        train = np.flatnonzero(folds != fold).astype(np.int64)
        test = np.flatnonzero(folds == fold)
        rows = np.arange(table.y.size) if followed else test
        try:
            chain, part = _prepared(table, matrix, train, settings)
        except InputError as error:
            if error.code != NO_COLUMN:
                raise
            # Nothing varies in this part: the model without columns, which says the same of everybody.
            same = not followed and (family.probabilistic or table.task != "binary")
            said = np.full((rows.size, scores.shape[1]), table.y[train].mean() if same else 0.0)
        else:
            said = family.grid_scores(part, chain.apply(table.values[rows]))
        scores[test] = said[test] if followed else said
        if followed:
            losses += partial_loss(said, table.y, train)
    if not followed:
        binary = table.task == "binary"
        losses = inner_losses(scores, table.y, binary=binary, probabilistic=family.probabilistic)
    return _HeldOut(scores, losses)


def _prepared(table: Table, matrix: Matrix, rows: IntArray, settings: PredictSettings) -> tuple[Chain, Part]:
    y = table.y[rows]
    prepare = settings.prepare
    chain = fit_chain(matrix, rows, y, settings=prepare, task=table.task, protected=table.baseline)
    light = table.baseline[chain.columns]
    free = int((~table.baseline).sum())
    wide = free if prepare.select is None else min(free, prepare.select)
    return chain, Part(chain.apply(table.values[rows]), y, table.task, light, 5 * wide >= table.y.size)


def inner_losses(scores: FloatArray, y: FloatArray, *, binary: bool, probabilistic: bool) -> FloatArray:
    """Return the mean loss of each setting from held-out scores (n, settings)."""
    if not binary:
        return ((scores - y[:, None]) ** 2).mean(axis=0)
    if not probabilistic:
        targets = platt_targets(y)
        scores = np.column_stack([on_line(s, fit_line(s, targets)) for s in scores.T])
    p = np.clip(scores, SAFE, 1.0 - SAFE)
    return -np.where(y[:, None] > 0, np.log(p), np.log1p(-p)).mean(axis=0)


def partial_loss(eta: FloatArray, y: FloatArray, train: IntArray) -> FloatArray:
    """Return what held-out patients add to minus the log partial likelihood, per event of all patients (settings,).

    The likelihood of everybody, less that of the training part, of one model: so each held-out patient is compared with
    all who are at risk, not with the few of a small fold.

    Parameters
    ----------
    eta : array, (n, settings)
        Linear predictors of all patients by a model of the training part.
    y : array, (n,)
        Signed times.
    train : array of int, (m,)
        Rows of the training part.

    Source
    ------
    Verweij & van Houwelingen 1993, Statistics in Medicine 12:2305.
    """
    everybody = RiskSets.of(y).log_likelihood(eta)
    lost = RiskSets.of(y[train]).log_likelihood(eta[train]) - everybody
    return np.asarray(lost / max(int((y > 0).sum()), 1), dtype=np.float64)


def on_line(scores: FloatArray, line: tuple[float, float]) -> FloatArray:
    """Turn scores into probabilities by a logistic line (slope, intercept)."""
    return expit(line[0] * scores + line[1])
