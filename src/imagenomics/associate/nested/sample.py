"""The rows of one pair as every model of nested units reads them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Sample(NamedTuple):
    """Rows of some units, those of a patient next to each other; one predictor and k responses."""

    starts: IntArray  # (G,) first row of each patient
    sizes: IntArray  # (G,) units of each patient
    basis: FloatArray  # (n, C) orthonormal: intercept and covariates
    predictor: FloatArray  # (n,) what the basis leaves of it, of unit length
    responses: FloatArray  # (n, k)

    @property
    def design(self) -> FloatArray:
        """Return the orthonormal columns of the model, the predictor last."""
        return np.column_stack([self.basis, self.predictor])

    def sums(self, values: FloatArray) -> FloatArray:
        """Return sums over the units of each patient, (G, ...)."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))


class Fitted(NamedTuple):
    """What a model says of the predictor, for each of k responses."""

    slope: FloatArray
    error: FloatArray
    df: FloatArray
    code: npt.NDArray[np.int8]
    icc: FloatArray  # share of the variance that lies between patients; NaN where it is not estimated


def by_patient(sample: Sample, values: FloatArray) -> FloatArray:
    """Return rows as one layer for each patient, (G, m, ...), filled up with zeros."""
    most = int(sample.sizes.max())
    inside = np.arange(most)[None, :] < sample.sizes[:, None]
    rows = np.where(inside, sample.starts[:, None] + np.arange(most)[None, :], 0)
    layers = values[rows]
    layers[~inside] = 0.0
    return layers
