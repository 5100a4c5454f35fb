"""Metagenes: a few non-negative programmes of which each patient's expression is a sum."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.prepare.base import FloatArray, bad_parameter, names_in
from imagenomics.work.seeds import integer_seed
from imagenomics.work.threads import one_thread


class Metagenes(TransformerMixin, BaseEstimator):
    """Say how much of each metagene a patient has.

    Each gene is measured from its smallest value in the training part, in units of its spread there; what lies below in
    a new patient counts as zero, as do missing values after they stand at the training mean. The matrix is factored
    into non-negative metagenes (genes by k) and amounts (patients by k).

    Parameters
    ----------
    n_metagenes : int
    seed : int

    Attributes
    ----------
    loadings_ : array, (k, p)
        Weight of each gene in each metagene; metagenes with the largest share of the sum come first.

    Source
    ------
    Brunet et al. 2004, PNAS 101:4164.
    """

    loadings_: FloatArray

    def __init__(self, n_metagenes: int = 8, *, seed: int = 0) -> None:
        self.n_metagenes = n_metagenes
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the metagenes from the training part ``X`` (n, p); ``IGX-PREP-003`` for fewer than one."""
        from sklearn.decomposition import non_negative_factorization

        if self.n_metagenes < 1:
            raise bad_parameter(f"n_metagenes = {self.n_metagenes}", where="Metagenes", expected="1 or more")
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2, reset=True
        )
        seen = ~np.isnan(values)
        n = np.maximum(seen.sum(axis=0), 1)
        self._mean = np.where(seen, values, 0.0).sum(axis=0) / n
        filled = np.where(seen, values, self._mean)
        self._low = filled.min(axis=0)
        spread = filled.std(axis=0)
        self._scale = np.where(spread > 1e-10 * np.maximum(np.abs(self._mean), 1e-300), spread, np.inf)
        part = self.positive(values)
        k = min(self.n_metagenes, *part.shape)
        with one_thread():
            amounts, loadings, _ = non_negative_factorization(
                part,
                n_components=k,
                init="nndsvda",
                max_iter=3000,
                tol=1e-4,
                random_state=integer_seed(self.seed, "metagenes"),
            )
        share = amounts.sum(axis=0) * loadings.sum(axis=1)
        order = np.argsort(-np.round(share, 9), kind="stable")
        length = np.sqrt((loadings**2).sum(axis=1))
        self.loadings_ = (loadings / np.where(length > 0, length, 1.0)[:, None])[order]
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the amount of each metagene (n, k): non-negative least squares, each patient alone."""
        from scipy.optimize import nnls

        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        basis = np.ascontiguousarray(self.loadings_.T)
        return np.array([nnls(basis, np.ascontiguousarray(row))[0] for row in self.positive(values)]).reshape(
            len(values), len(self.loadings_)
        )

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return ``metagene_1``, ``metagene_2``, ..."""
        check_is_fitted(self)
        names_in(self, input_features)
        return np.asarray([f"metagene_{m + 1}" for m in range(len(self.loadings_))], dtype=object)

    def positive(self, values: FloatArray) -> FloatArray:
        """Return the non-negative numbers (n, p) that are factored."""
        filled = np.where(np.isnan(values), self._mean, values)
        return np.maximum((filled - self._low) / self._scale, 0.0)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
