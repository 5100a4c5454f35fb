"""Linear models of units: errors estimated from patients (CR2), or from the units as if they were patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import OK
from imagenomics.associate.nested.sample import Fitted, Sample, by_patient

FloatArray = npt.NDArray[np.float64]
FLAT = 1e-9  # eigenvalue of a patient's block of I - H at which the model leaves nothing of it


def fit_cluster_robust(sample: Sample) -> Fitted:
    """Return least squares slopes with the bias-reduced cluster-robust error and its degrees of freedom.

    The adjustment makes the error unbiased where units are independent; the degrees of freedom are Satterthwaite's
    for that case. Both depend on the predictor alone, so that responses share them.

    Source
    ------
    Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky & Tipton 2018, JBES 36:672.
    """
    X = sample.design
    slope = sample.predictor @ sample.responses
    left = sample.responses - X @ (X.T @ sample.responses)
    weights = _adjusted(sample, X)
    if weights is None:
        return _fitted(slope, np.full(slope.shape, np.nan), 0.0)
    scores = sample.sums(weights[:, None] * left)
    error = np.sqrt((scores**2).sum(axis=0))
    shared = sample.sums(weights[:, None] * X)
    spread = np.diag(sample.sums(weights**2)) - shared @ shared.T
    total = np.trace(spread) ** 2
    df = total / (spread**2).sum() if total > 0 else 0.0
    return _fitted(slope, error, float(df))


def fit_independent(sample: Sample) -> Fitted:
    """Return least squares slopes with the error of rows that are independent."""
    X = sample.design
    slope = sample.predictor @ sample.responses
    left = sample.responses - X @ (X.T @ sample.responses)
    df = X.shape[0] - X.shape[1]
    return _fitted(slope, np.sqrt((left**2).sum(axis=0) / max(df, 1)), float(df))


def _adjusted(sample: Sample, X: FloatArray) -> FloatArray | None:
    """Return the predictor times the symmetric inverse root of each patient's block of I - H, by row.

    None where one patient alone decides a part of the slope: that part has no error to be seen.
    """
    layers = by_patient(sample, X)
    block = np.eye(layers.shape[1]) - layers @ layers.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(block)
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.where(values > FLAT, 1.0 / np.sqrt(values), 0.0)
    turned = np.einsum("gij,gi->gj", vectors, layers[:, :, -1])
    if (np.abs(turned[roots == 0]) > FLAT**0.5).any():
        return None
    weights = np.einsum("gij,gj->gi", vectors, turned * roots)
    inside = np.arange(layers.shape[1])[None, :] < sample.sizes[:, None]
    return np.asarray(weights[inside])


def _fitted(slope: FloatArray, error: FloatArray, df: float) -> Fitted:
    shape = slope.shape
    return Fitted(slope, error, np.full(shape, df), np.full(shape, OK, dtype=np.int8), np.full(shape, np.nan))
