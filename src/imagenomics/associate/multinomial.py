"""Multinomial logistic models of all pairs of two categorical columns, adjusted for covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    MANY_COVARIATES,
    NO_MAXIMUM,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.outcome import Block, Rules, blank, unknown
from imagenomics.associate.predictors import predictor_columns
from imagenomics.associate.score_flips import (
    NOTE,
    FlipBlock,
    all_log_p,
    several_scores,
    smallest_flipped,
)
from imagenomics.associate.sides import Side
from imagenomics.stats.tails import LN10, log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROUNDS = 200
GAIN = 1e-13  # relative gain of log likelihood below which a fit stands
PERFECT = 1e-6  # log likelihood (without sign) at which the covariates predict every patient
FLAT = 1e-13  # share of the largest information that is added to every direction: groups may separate


class MultinomialEngine:
    """Tests whether the levels of a categorical feature follow a categorical target beyond the covariates.

    The feature is the response; the effect is the gain of the likelihood, for there is no single odds ratio.

    Parameters
    ----------
    features, targets : Side
        Categorical columns.
    design : Design
    rules : Rules
    flips : bool
        Signs of scores will be drawn for a family-wise p.
    """

    def __init__(
        self, features: Side, targets: Side, *, design: Design, rules: Rules, flips: bool = False
    ) -> None:
        self.features, self.targets = features.values, targets.values
        self.predictors = targets
        self.basis = design.basis
        self.rules, self.flips = rules, flips
        self.blocks: list[FlipBlock] = []

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = (self.targets.shape[1], self.features.shape[1])
        found = np.full((*shape, 2), np.nan)
        code, n = np.empty(shape, dtype=np.int8), np.empty(shape, dtype=np.int32)
        self.blocks = []
        for t, f in np.ndindex(*shape):
            both = ~np.isnan(self.targets[:, t]) & ~np.isnan(self.features[:, f])
            n[t, f] = both.sum()
            code[t, f] = self._fit(
                self.features[both, f], self.targets[both, t], self.basis[both], found[t, f]
            )
            if self.flips and code[t, f] == OK:
                rows = np.flatnonzero(both)
                self.blocks.append(_flip_block(f, t, rows, self.features[rows, f], self.basis[rows]))
        drawn = self._log_p(None)
        ratio, df = (blank(part, code) for part in np.moveaxis(found, 2, 0))
        p, neg = p_and_log10(log_sf_chi2(ratio, df))
        nothing = unknown(shape)
        return Block(
            test="multinomial logistic regression (LR)",
            effect_name="partial Cox-Snell R squared",
            n=n,
            code=code,
            effect=-np.expm1(-ratio / np.maximum(n, 1)),
            ci_low=nothing,
            ci_high=nothing,
            statistic=ratio,
            p=p,
            neg_log10_p=neg,
            se=nothing,
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
            note="no interval is made for partial Cox-Snell R squared",
            neg_log10_drawn=-drawn / LN10 if self.flips else None,
            drawn=NOTE,
        )

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Flip signs of scores; see the protocol."""
        return smallest_flipped(self.blocks, self._columns, orders, "two-sided")

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        return np.nan_to_num(self._log_p(order))

    def _log_p(self, order: IntArray | None) -> FloatArray:
        shape = self.targets.shape[1], self.features.shape[1]
        return all_log_p(self.blocks, self._columns, shape, order=order, direction="two-sided")

    def _columns(self, rows: IntArray, predictors: IntArray) -> list[FloatArray]:
        return [predictor_columns(self.predictors, int(p), rows) for p in predictors]

    def _fit(self, response: FloatArray, factor: FloatArray, basis: FloatArray, found: FloatArray) -> int:
        """Fill likelihood ratio and degrees of freedom of one pair; return its code."""
        (levels, sizes), (others, counts) = (np.unique(v, return_counts=True) for v in (response, factor))
        if response.size < self.rules.patients:
            return FEW
        if levels.size < 2:
            return FEATURE_CONSTANT
        if others.size < 2:
            return TARGET_CONSTANT
        if min(sizes.min(), counts.min()) < self.rules.group:
            return SMALL_GROUP
        null = orthonormal(basis)
        full = orthonormal(np.hstack([null, (factor[:, None] == others[1:]).astype(np.float64)]))
        terms = full.shape[1] - null.shape[1]
        if terms == 0:
            return TARGET_EXPLAINED
        if sizes.min() < self.rules.per_term * full.shape[1]:
            return MANY_COVARIATES
        Y = (response[:, None] == levels[1:]).astype(np.float64)
        without = multinomial_likelihood(null, Y)
        if without > -PERFECT:
            return FEATURE_EXPLAINED
        ratio = 2.0 * (multinomial_likelihood(full, Y) - without)
        found[:] = max(ratio, 0.0), terms * (levels.size - 1)
        return NO_MAXIMUM if np.isnan(ratio) else OK


def _flip_block(
    feature: int, target: int, rows: IntArray, response: FloatArray, basis: FloatArray
) -> FlipBlock:
    """Return what the patients of a pair say under the model without the target."""
    null = orthonormal(basis)
    Y = (response[:, None] == np.unique(response)[1:]).astype(np.float64)
    chance = maximise(null, Y)[1]
    variance = chance[:, :, None] * (np.eye(chance.shape[1]) - chance[:, None, :])
    scores, root = several_scores(Y - chance, variance, null)
    return FlipBlock(feature, np.array([target]), rows, scores, root)


def multinomial_likelihood(X: FloatArray, Y: FloatArray) -> float:
    """Return the largest log likelihood of a multinomial logistic model; NaN where none is found.

    Parameters as of :func:`maximise`.
    """
    return maximise(X, Y)[0]


def maximise(X: FloatArray, Y: FloatArray) -> tuple[float, FloatArray]:
    """Fit a multinomial logistic model by Newton's method.

    Parameters
    ----------
    X : array, (n, p)
        Orthonormal columns with the intercept in their span.
    Y : array, (n, K - 1)
        Indicators of all levels of the response but the first.

    Returns
    -------
    float
        Largest log likelihood; NaN where none is found.
    array, (n, K - 1)
        Probabilities of these levels.
    """
    p, k = X.shape[1], Y.shape[1]
    beta = np.zeros((p, k))
    best, chance = _likelihood(X @ beta, Y)
    calm = 0
    for _ in range(ROUNDS):
        step = _step(X, Y, chance)
        value, trial = -np.inf, chance
        for _half in range(40):
            value, trial = _likelihood(X @ (beta + step), Y)
            if value >= best - 1e-12 * abs(best):
                break
            step = step / 2.0
        beta, gain, chance = beta + step, value - best, trial
        best = max(best, value)
        calm = calm + 1 if gain < GAIN * (1.0 + abs(best)) else 0
        if calm == 2:
            return best, chance
    return float("nan"), chance


def _likelihood(eta: FloatArray, Y: FloatArray) -> tuple[float, FloatArray]:
    """Return the log likelihood and the probabilities of all levels but the first."""
    top = np.maximum(eta.max(axis=1), 0.0)
    total = top + np.log(np.exp(-top) + np.exp(eta - top[:, None]).sum(axis=1))
    return float((Y * eta).sum() - total.sum()), np.exp(eta - total[:, None])


def _step(X: FloatArray, Y: FloatArray, chance: FloatArray) -> FloatArray:
    """Return Newton's step, (p, K - 1)."""
    p, k = X.shape[1], Y.shape[1]
    H = np.empty((k, p, k, p))
    for a in range(k):
        for b in range(k):
            weight = chance[:, a] * ((a == b) - chance[:, b])
            H[a, :, b, :] = (X * weight[:, None]).T @ X
    square = H.reshape(k * p, k * p)
    square[np.diag_indices(k * p)] += max(FLAT * square.diagonal().max(), 1e-300)
    return np.asarray(np.linalg.solve(square, (X.T @ (Y - chance)).T.reshape(-1)).reshape(k, p).T)
