"""Logistic models of units: the working model is independence, the error is estimated from patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import NO_DF, NO_MAXIMUM, OK
from imagenomics.associate.nested.sample import Fitted, Sample, by_patient

FloatArray = npt.NDArray[np.float64]
ROUNDS = 40
STILL = 1e-9  # largest last step, as a share of the coefficients, of a fit that stands
EXTREME = 30.0  # fitted log odds beyond which groups separate


def fit_logistic(sample: Sample, *, robust: bool) -> Fitted:
    """Return log odds ratios (generalised estimating equations under working independence).

    Parameters
    ----------
    sample : Sample
        Responses are 0 and 1.
    robust : bool
        The error of Mancl and DeRouen, with as many degrees of freedom as patients less coefficients; else that of
        independent rows.

    Source
    ------
    Liang & Zeger 1986, Biometrika 73:13; Mancl & DeRouen 2001, Biometrics 57:126.
    """
    X = sample.design
    beta, stands = _maximise(X, sample.responses)
    mean = 1.0 / (1.0 + np.exp(-(X @ beta.T)))
    weight = mean * (1.0 - mean)
    naive = np.asarray(np.linalg.pinv(_information(X, weight), hermitian=True), dtype=np.float64)
    code = np.where(stands, OK, NO_MAXIMUM).astype(np.int8)
    if not robust:
        error, df = np.sqrt(naive[:, -1, -1]), float(X.shape[0] - X.shape[1])
    else:
        error = _robust(sample, X, sample.responses - mean, weight=weight, naive=naive)
        df = float(len(sample.starts) - X.shape[1])
    if df < 1:
        code[:] = NO_DF
    shape = code.shape
    return Fitted(beta[:, -1], error, np.full(shape, df), code, np.full(shape, np.nan))


def _information(X: FloatArray, weight: FloatArray) -> FloatArray:
    R = X.shape[1]
    products = (X[:, :, None] * X[:, None, :]).reshape(len(X), -1)
    return np.asarray((weight.T @ products).reshape(-1, R, R))


def _maximise(X: FloatArray, y: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return coefficients (k, R) by Newton's method, and which of the fits stand."""
    beta = np.zeros((y.shape[1], X.shape[1]))
    eye = 1e-12 * np.eye(X.shape[1])
    share = np.full(len(beta), np.inf)
    for _ in range(ROUNDS):
        eta = np.clip(X @ beta.T, -2 * EXTREME, 2 * EXTREME)
        mean = 1.0 / (1.0 + np.exp(-eta))
        gradient = (X.T @ (y - mean)).T
        step = np.linalg.solve(_information(X, mean * (1.0 - mean)) + eye, gradient[:, :, None])[:, :, 0]
        moved = np.abs(step @ X.T).max(axis=1)
        beta = beta + step * np.minimum(1.0, 4.0 / np.maximum(moved, 1e-300))[:, None]
        share = np.abs(step).max(axis=1) / (1.0 + np.abs(beta).max(axis=1))
    return beta, (share < STILL) & (np.abs(X @ beta.T).max(axis=0) < EXTREME)


def _robust(
    sample: Sample, X: FloatArray, left: FloatArray, *, weight: FloatArray, naive: FloatArray
) -> FloatArray:
    """Return Mancl and DeRouen's error: residuals divided by I - H of their patient."""
    layers = by_patient(sample, X)
    weights, lefts = by_patient(sample, weight), by_patient(sample, left)
    eye = np.eye(layers.shape[1])
    errors = np.empty(left.shape[1])
    for k in range(left.shape[1]):
        hat = (layers @ naive[k] @ layers.transpose(0, 2, 1)) * weights[:, :, None, k]
        grown = np.linalg.solve(eye - hat + 1e-12 * eye, lefts[:, :, k, None])[:, :, 0]
        scores = np.einsum("gmr,gm->gr", layers, grown) @ naive[k][:, -1]
        errors[k] = np.sqrt((scores**2).sum())
    return errors
