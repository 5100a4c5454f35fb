r"""The elastic-net path of logistic, linear and Cox regression, solved to its optimality conditions.

    minimise over b0, b:   mean_i loss(y_i, b0 + x_i'b) + lambda * sum_j f_j (a |b_j| + (1 - a)/2 b_j^2)

with loss = log(1 + exp(eta)) - y eta, or (y - eta)^2 / 2; of a Cox model minus the log partial likelihood (ties by
Efron's method) over n, without intercept. The intercept is free; f_j is the relative penalty of a column. Along a
falling sequence of lambda each solution starts from the one before.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from imagenomics.errors import InternalError
from imagenomics.predict.path_kernels import (
    ETA,
    FACTOR,
    INTERCEPT,
    LAMBDA,
    LOGISTIC,
    LOSS,
    MIX,
    PARTIAL,
    SQUARED,
    TOLERANCE,
    B,
    Y,
    solve,
)
from imagenomics.prepare.base import FloatArray, null_residuals

Loss = Literal["logistic", "squared", "partial"]
CODES = {"squared": SQUARED, "logistic": LOGISTIC, "partial": PARTIAL}
FAR_APART = 50.0  # log hazards this far apart say that a column (nearly) orders all events
EXACT = 5e-7  # largest violation of an optimality condition, in units of the gradient of the mean loss


class Path(NamedTuple):
    """Coefficients (L, p) and intercepts (L,) at each lambda (L,)."""

    lambdas: FloatArray
    coefficients: FloatArray
    intercepts: FloatArray


def solve_path(
    X: FloatArray,
    y: FloatArray,
    lambdas: FloatArray,
    *,
    mix: float,
    loss: Loss,
    factor: FloatArray | None = None,
    tolerance: float = EXACT,
) -> Path:
    """Solve the elastic net at each lambda.

    Parameters
    ----------
    X : array, (n, p)
        Columns, standardised and without missing values.
    y : array, (n,)
        Labels 0/1, both present (logistic), numbers (squared), or signed times, some with the event (partial).
    lambdas : array, (L,)
        Penalties, falling.
    mix : float
        Share of the absolute penalty, from 0 to 1 (``l1_ratio``).
    loss : {"logistic", "squared", "partial"}
        Loss of classes, of numbers, or of times to an event.
    factor : array, (p,), optional
        Relative penalty of each column, above 0; 1 for all by default.
    tolerance : float
        Largest violation of an optimality condition, in units of the gradient of the mean loss.

    Returns
    -------
    Path
        Every optimality condition holds to the tolerance. The intercepts of Cox models are 0. Where events are nearly
        ordered by the columns, so that log hazards would lie more than 50 apart, weaker penalties keep the last
        solution with a finite meaning.

    Raises
    ------
    InternalError
        ``IGX-PRED-004``: a solution was not reached within the step limit.

    Source
    ------
    Friedman, Hastie & Tibshirani 2010, Journal of Statistical Software 33(1); Simon, Friedman, Hastie & Tibshirani
    2011, Journal of Statistical Software 39(5), for Cox models.
    """
    n, p = X.shape
    if loss == "partial":
        order = np.argsort(-np.abs(y), kind="stable")
        X, y = X[order], y[order]
    start = _start(y, loss)
    patients = np.zeros((7, n))
    patients[Y], patients[ETA] = y, start
    places = np.zeros((12, p))
    places[FACTOR] = 1.0 if factor is None else factor
    scalars = np.zeros(8)
    scalars[MIX], scalars[LOSS], scalars[INTERCEPT] = mix, CODES[loss], start
    scalars[TOLERANCE] = tolerance
    sequence = np.ascontiguousarray(lambdas, dtype=np.float64)
    by_row = np.array(X, dtype=np.float64, order="C")  # a copy: the kernel reorders columns
    by_column = np.array(X.T, dtype=np.float64, order="C")
    which = np.arange(p, dtype=np.int64)
    square = np.empty((2, p, p))  # the Gram matrix, and room for its factors
    coefficients, intercepts = np.zeros((sequence.size, p)), np.zeros(sequence.size)
    count, worst = 0, 0.0
    for place, strength in enumerate(sequence):
        scalars[LAMBDA] = strength
        count, violation = solve(by_row, by_column, patients, places, which, square, scalars, count)
        if loss == "partial" and np.ptp(patients[ETA]) > FAR_APART:
            coefficients[place:] = coefficients[place - 1] if place else 0.0
            break
        worst = violation if not violation <= worst else worst  # a violation that is NaN stays
        intercepts[place] = 0.0 if loss == "partial" else scalars[INTERCEPT]
        coefficients[place, which[:count]] = places[B, :count]
    if not worst <= tolerance:
        raise InternalError(
            "IGX-PRED-004",
            f"the elastic net did not converge (optimality violated by {worst:.2g})",
            where=f"{n} patients, {p} columns, l1_ratio {mix}",
            remedy="raise lambda_ratio in the settings of the elastic net, and report this",
        )
    return Path(sequence, coefficients, intercepts)


def _start(y: FloatArray, loss: Loss) -> float:
    """Return the intercept of the model without columns."""
    if loss == "partial":
        return 0.0
    mean = float(y.mean())
    return float(np.log(mean / (1.0 - mean))) if loss == "logistic" else mean


def largest_lambda(X: FloatArray, y: FloatArray, *, mix: float, factor: FloatArray, loss: Loss) -> float:
    """Return the smallest lambda at which the most heavily penalised columns are 0 in a model of their own.

    With equal penalties this is where the path begins; lightly penalised columns are then in the model
    already.
    """
    if X.shape[1] == 0:
        return 1.0
    heavy = factor >= factor.max()
    left = null_residuals(y, "survival" if loss == "partial" else "continuous")
    gradient = np.abs(left @ X[:, heavy]) / y.size / factor[heavy]
    # A target that follows nothing still needs a positive penalty.
    return max(float(gradient.max()) / mix, 1e-6)
