"""Intensity profiles of patients on one learned scale: landmarks of the tissue, then what is reported."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from imagenomics.errors import InputError
from imagenomics.prepare.bags import one_row_each
from imagenomics.prepare.base import FloatArray
from imagenomics.prepare.nyul import PERCENTILES, NyulStandard


class NyulProfiles(TransformerMixin, BaseEstimator):
    """Learn an intensity standard from patients' profiles and report their intensities on it.

    Parameters
    ----------
    names : tuple of str
        What the intensities behind the landmarks are called.

    Attributes
    ----------
    standard_ : array, (11,)
        The learned landmarks.

    Source
    ------
    That of :class:`imagenomics.prepare.nyul.NyulStandard`.
    """

    model_: NyulStandard

    def __init__(self, *, names: tuple[str, ...]) -> None:
        self.names = names

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the standard from the profiles, an array (1, 11 + k) for each patient, or a table of them.

        What may hold the arrays: see :func:`imagenomics.prepare.bags.read_bags`.

        Raises
        ------
        InputError
            ``IGX-PREP-027``: a profile of another length; those of the standard.
        """
        self.model_ = NyulStandard(range(len(PERCENTILES))).fit(self._table(X))
        self.standard_ = self.model_.standard_
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the intensities (n, k) on the standard scale."""
        check_is_fitted(self)
        return np.asarray(self.model_.transform(self._table(X))[:, len(PERCENTILES) :], dtype=np.float64)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the intensities."""
        return np.asarray(self.names, dtype=object)

    def _table(self, X: Any) -> FloatArray:
        """Return the profiles as a table (n, 11 + k), NaN for a patient without one."""
        length = len(PERCENTILES) + len(self.names)
        table = np.asarray(one_row_each(X, columns=length), dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != length:
            raise InputError(
                "IGX-PREP-027",
                f"profiles of shape {table.shape} cannot be used",
                where="NyulProfiles",
                expected=f"for each patient {len(PERCENTILES)} landmarks and {len(self.names)} intensities",
            )
        return table
