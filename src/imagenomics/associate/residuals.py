"""Columns with the covariates taken out, as the linear engines read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.sides import Side

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Residuals:
    """One side, residualised on the covariates and of unit length, zero where missing."""

    values: FloatArray  # (N, p)
    observed: npt.NDArray[np.bool_]  # (N, p)
    length: FloatArray  # (p,) length before scaling
    sd: FloatArray  # (p,) standard deviation of the observed values, before adjustment
    constant: npt.NDArray[np.bool_]  # (p,)
    explained: npt.NDArray[np.bool_]  # (p,) nothing left after the covariates
    ones: npt.NDArray[np.int8]  # (N, p) for binary columns, else (0, 0)


def residualise(side: Side, basis: FloatArray) -> Residuals:
    """Return the columns of ``side`` with the covariates' ``basis`` taken out, missing values at the mean."""
    observed = ~np.isnan(side.values)
    n = observed.sum(axis=0)
    filled = np.where(observed, side.values, 0.0)
    centred = np.where(observed, filled - filled.sum(axis=0) / np.maximum(n, 1), 0.0)
    squares = np.einsum("ij,ij->j", centred, centred)
    sd = np.sqrt(squares / np.maximum(n - 1, 1))
    low = np.where(observed, filled, np.inf).min(axis=0, initial=np.inf)
    high = np.where(observed, filled, -np.inf).max(axis=0, initial=-np.inf)
    constant = ~(high > low)
    scale = np.sqrt(np.where(constant, 1.0, squares))
    left = centred / scale
    left = np.where(observed, left - basis @ (basis.T @ left), 0.0)
    length = np.sqrt(np.einsum("ij,ij->j", left, left))
    explained = (length < 1e-8) & ~constant
    left /= np.where(constant | explained, 1.0, length)
    binary = bool(len(side.kinds)) and bool((side.kinds == "binary").all())
    ones = ((filled == 1) & observed).astype(np.int8) if binary else np.zeros((0, 0), dtype=np.int8)
    return Residuals(
        np.ascontiguousarray(left),
        np.ascontiguousarray(observed),
        length * scale,
        sd,
        constant,
        explained,
        ones,
    )


def missing_rows(observed: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Return where each column's missing rows start in a list, and the list."""
    columns, rows = np.nonzero(~observed.T)
    counts = np.bincount(columns, minlength=observed.shape[1])
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), rows.astype(np.int64)
