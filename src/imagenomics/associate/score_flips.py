"""Family-wise p values of models with a likelihood: the sign of what each patient says is drawn anew.

Under the hypothesis that a predictor adds nothing, the score of its coefficient is a sum of one term per patient, each
with a mean of 0. Signs are flipped, one for each patient and all pairs, and sums are divided by the standard deviation
that they have once the covariates are estimated. The size of a patient's term may be anything: a variance that the
model has wrong does not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.one_sided import Direction, log_p_toward, toward
from imagenomics.stats.tails import log_sf_chi2, log_two_sided_normal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Columns = Callable[[IntArray, IntArray], Sequence[FloatArray]]
NOTE = "p_maxt by flipping signs of scores"
LEAST = 1e-6  # share of the variance below which a draw tells nothing


@dataclass(frozen=True)
class NullScores:
    """What each patient says under the model without a predictor, the coefficients of nuisances scaled to identity.

    Parameters
    ----------
    residual : array, (n,)
        Derivative of the log likelihood in the linear predictor.
    nuisance : array, (n, q)
        Derivatives in the coefficients of nuisances.
    curve : array, (n,)
        Expected square of the residual.
    cross : array, (n, q)
        Expected product of residual and nuisance scores.
    squares : array, (n, q, q)
        Expected products of nuisance scores; they sum to the identity.
    """

    residual: FloatArray
    nuisance: FloatArray
    curve: FloatArray
    cross: FloatArray
    squares: FloatArray


@dataclass(frozen=True)
class FlipBlock:
    """The tested predictors of one response that share their patients.

    ``root`` (n, k, k) belongs to a response with k scores for each patient: ``scores`` then has k rows for each, and
    its columns are those of the predictor times each score (see :func:`several_scores`).
    """

    response: int
    predictors: IntArray
    rows: IntArray
    scores: NullScores
    root: FloatArray | None = None


def shared_rows(masks: npt.NDArray[np.bool_], places: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Return the columns (by their places) that are known in the same patients, with those patients.

    Parameters
    ----------
    masks : bool array, (N, F)
        Where each column is known.
    places : int array, (F,)
    """
    if not places.size:
        return
    kinds, place = np.unique(masks, axis=1, return_inverse=True)
    for k in range(kinds.shape[1]):
        yield places[place.reshape(-1) == k], np.flatnonzero(kinds[:, k])


def scaled_scores(
    residual: FloatArray, nuisance: FloatArray, curve: FloatArray, cross: FloatArray, squares: FloatArray
) -> NullScores:
    """Return scores with the information of the nuisances scaled to identity; shapes as in :class:`NullScores`."""
    information = squares.sum(axis=0)
    information[np.diag_indices_from(information)] += 1e-12 * information.diagonal().max(initial=0.0)
    inverse: FloatArray = np.linalg.inv(np.linalg.cholesky(information)).T
    return NullScores(
        residual, nuisance @ inverse, curve, cross @ inverse, np.asarray(inverse.T @ squares @ inverse)
    )


def linear_scores(residual: FloatArray, variance: FloatArray, Z: FloatArray) -> NullScores:
    """Return the scores of a generalised linear model.

    Parameters
    ----------
    residual : array, (n,)
        Derivative of the log likelihood in the linear predictor.
    variance : array, (n,)
        Its variance in the model.
    Z : array, (n, q)
        What the model adjusts for.
    """
    cross = variance[:, None] * Z
    return scaled_scores(residual, residual[:, None] * Z, variance, cross, cross[:, :, None] * Z[:, None, :])


def several_scores(
    residual: FloatArray, variance: FloatArray, Z: FloatArray
) -> tuple[NullScores, FloatArray]:
    """Return the scores of a response with several residuals for each patient (levels of a category).

    Residuals are made independent within a patient, each a row of its own: with the root L of their variance, residuals
    are L u, and L u times a row of columns is the sum over k of u_k times the column L_k beside that row.

    Parameters
    ----------
    residual : array, (n, k)
        Derivatives of the log likelihood in the linear predictors.
    variance : array, (n, k, k)
        Their variance in the model.
    Z : array, (n, q)
        What the model adjusts for, in every linear predictor.

    Returns
    -------
    NullScores
        Of n k rows.
    array, (n, k, k)
        Transposed roots, as :func:`beside_scores` takes them.
    """
    n, k = residual.shape
    scaled = variance + 1e-12 * np.trace(variance, axis1=1, axis2=2)[:, None, None] * np.eye(k)
    root = np.linalg.cholesky(scaled)
    alone = np.linalg.solve(root, residual[:, :, None])[:, :, 0].reshape(-1)
    turned = np.ascontiguousarray(root.transpose(0, 2, 1))
    return linear_scores(
        np.asarray(alone, dtype=np.float64), np.ones(n * k), beside_scores(turned, Z)
    ), turned


def beside_scores(root: FloatArray, X: FloatArray) -> FloatArray:
    """Return columns (n, f) beside each score of a patient, (n k, k f); ``root`` as of :func:`several_scores`."""
    n, k = root.shape[:2]
    return np.asarray((root[:, :, :, None] * X[:, None, None, :]).reshape(n * k, -1))


def signs_of(orders: IntArray) -> FloatArray:
    """Return signs for each draw and patient, (B, N), made from the order that the draw has for permutations."""
    out = np.empty(orders.shape)
    for row, order in zip(out, orders, strict=True):
        seed = int.from_bytes(hashlib.blake2b(order.tobytes(), digest_size=16).digest(), "little")
        row[:] = np.random.default_rng(seed).integers(0, 2, order.size) * 2.0 - 1.0
    return out


def flipped(scores: NullScores, X: FloatArray, signs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return score statistics of single columns and their standard deviations, (B, F) each.

    Parameters
    ----------
    scores : NullScores
    X : array, (n, F)
    signs : array, (B, n)

    Source
    ------
    Hemerik, Goeman & Finos 2020, Journal of the Royal Statistical Society B 82:841; the standard deviation: De Santis,
    Goeman, Hemerik, Davenport & Finos 2025, Journal of the American Statistical Association.
    """
    shared = scores.cross.T @ X
    sums = signs @ (scores.residual[:, None] * X - scores.nuisance @ shared)
    whole = scores.curve @ np.square(X) - np.square(shared).sum(axis=0)
    left = np.broadcast_to(whole, sums.shape).copy()
    q = scores.cross.shape[1]
    turned = (signs @ scores.squares.reshape(len(X), -1)).reshape(len(signs), q, q)
    for k in range(q):
        left -= np.square((signs * scores.cross[:, k]) @ X - turned[:, k] @ shared)
    return sums, np.sqrt(np.where(left > LEAST * whole, left, np.inf))


def flipped_factor(scores: NullScores, X: FloatArray, signs: FloatArray) -> FloatArray:
    """Return chi-squares of several columns together, (B,)."""
    shared = scores.cross.T @ X
    sums = signs @ (scores.residual[:, None] * X - scores.nuisance @ shared)
    whole = X.T @ (scores.curve[:, None] * X) - shared.T @ shared
    q = scores.cross.shape[1]
    turned = (signs @ scores.squares.reshape(len(X), -1)).reshape(len(signs), q, q)
    away = np.stack([(signs * scores.cross[:, k]) @ X for k in range(q)], axis=1) - turned @ shared
    left = whole - away.transpose(0, 2, 1) @ away
    left = left + LEAST * np.trace(whole) * np.eye(X.shape[1])
    return np.asarray((sums * np.linalg.solve(left, sums[:, :, None])[:, :, 0]).sum(axis=1))


def block_log_p(block: FlipBlock, columns: Columns, signs: FloatArray, direction: Direction) -> FloatArray:
    """Return log p of each predictor of a block under each row of signs, (B, F), of the block's patients.

    ``columns(rows, predictors)`` returns one array with a column for each predictor, or an array for each.
    """
    own = columns(block.rows, block.predictors)
    if block.root is not None:
        own = [beside_scores(block.root, part) for part in own]
        signs = np.repeat(signs, block.root.shape[1], axis=1)
    elif len(own) == 1 and own[0].shape[1] == len(block.predictors):
        sums, spread = flipped(block.scores, own[0], signs)
        z = sums / spread
        size = toward(z, direction)
        return np.asarray(log_p_toward(log_two_sided_normal(z), size, direction), dtype=np.float64)
    found = [
        log_sf_chi2(flipped_factor(block.scores, part, signs), float(np.linalg.matrix_rank(part)))
        for part in own
    ]
    return np.stack(found, axis=1)


def all_log_p(
    blocks: Sequence[FlipBlock],
    columns: Columns,
    shape: tuple[int, int],
    *,
    order: IntArray | None = None,
    direction: Direction,
) -> FloatArray:
    """Return log p of all pairs in one draw, (predictors, responses); NaN for pairs in no block.

    Without an order no sign is flipped: the score tests as observed.
    """
    signs = None if order is None else signs_of(order[None, :])
    out = np.full(shape, np.nan)
    for block in blocks:
        own = np.ones((1, block.rows.size)) if signs is None else signs[:, block.rows]
        out[block.predictors, block.response] = block_log_p(block, columns, own, direction)[0]
    return out


def smallest_flipped(
    blocks: Sequence[FlipBlock], columns: Columns, orders: IntArray, direction: Direction
) -> FloatArray:
    """Return the smallest log p over all pairs for each draw; see :class:`~imagenomics.associate.outcome.Engine`."""
    signs = signs_of(orders)
    out = np.zeros(len(orders))
    for block in blocks:
        drawn = block_log_p(block, columns, signs[:, block.rows], direction)
        out = np.minimum(out, drawn.min(axis=1, initial=0.0))
    return out
