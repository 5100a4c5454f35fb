"""What a model of one response must be able to do; one engine tests all pairs with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imagenomics.associate.score_flips import NullScores

FloatArray = npt.NDArray[np.float64]
ROUNDS = 100
GAIN = 1e-13  # relative gain of log likelihood below which a fit stands
DRIFT = 0.05  # a fitted value that still moves this much by then goes to infinity


@dataclass(frozen=True)
class Fit:
    """One fitted model.

    Parameters
    ----------
    likelihood : float
        Log likelihood; NaN where it has no maximum.
    beta : array, (p,)
        Coefficients of the columns.
    covariance : array, (p, p)
        Of the coefficients.
    own : array
        What the model has besides: thresholds, or the dispersion.
    drifts : bool
        A coefficient goes to infinity.
    """

    likelihood: float
    beta: FloatArray
    covariance: FloatArray
    own: FloatArray = field(default_factory=lambda: np.empty(0))
    drifts: bool = False


@dataclass(frozen=True)
class Compared:
    """Two nested fits compared.

    Parameters
    ----------
    statistic, log_p : float
    df, df_factor : float
        As the table of associations has them.
    ratio : float
        Likelihood ratio, or what has its distribution.
    scale : float
        Factor of the standard errors.
    """

    statistic: float
    log_p: float
    df: float
    df_factor: float
    ratio: float
    scale: float = 1.0


class ResponseModel(Protocol):
    """A likelihood of one response given columns."""

    test: str
    measure: str  # what the exponential of a coefficient is called
    note: str

    def columns(self, nuisance: FloatArray) -> FloatArray:
        """Return orthonormal columns that span what a model adjusts for, as this model wants them."""
        ...

    def terms(self, response: FloatArray) -> float:
        """Return the patients that a response is worth."""
        ...

    def fit(self, response: FloatArray, X: FloatArray, start: Fit | None) -> Fit:
        """Fit the model; ``start`` has the first columns of ``X``."""
        ...

    def compare(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> Compared:
        """Test the columns that ``whole`` has more than ``without``."""
        ...

    def code(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> int:
        """Return whether an assumption is doubtful, as a code."""
        ...

    def scores(self, response: FloatArray, X: FloatArray, fit: Fit) -> NullScores:
        """Return what each patient says under ``fit`` to ``X``."""
        ...
