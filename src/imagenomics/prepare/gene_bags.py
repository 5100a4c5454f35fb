"""Genes of each patient as one array, so that what they teach is learned beside the features of a training part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from imagenomics.prepare.base import FloatArray


class StackedGenes(TransformerMixin, BaseEstimator):
    """Learn modules or metagenes from the patients' arrays of genes.

    ``X`` is a list of arrays (p,), one for each patient, NaN for missing genes. Where the training part holds no
    module, one column of zeros stands for them: a model can learn nothing from it.

    Parameters
    ----------
    learner : estimator
        On arrays (n, p), such as :class:`~imagenomics.prepare.gene_modules.ModuleEigengenes`.

    Attributes
    ----------
    fitted_ : estimator
    """

    fitted_: Any

    def __init__(self, learner: Any) -> None:
        self.learner = learner

    def fit(self, X: Sequence[FloatArray], y: Any = None) -> Self:
        """Learn from the training patients."""
        self.fitted_ = clone(self.learner).fit(np.vstack(X))
        return self

    def transform(self, X: Sequence[FloatArray]) -> FloatArray:
        """Return one column for each module (n, modules)."""
        check_is_fitted(self)
        found = np.asarray(self.fitted_.transform(np.vstack(X)), dtype=np.float64)
        return found if found.shape[1] else np.zeros((len(X), 1))

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the modules, or ``no_module``."""
        check_is_fitted(self)
        names = self.fitted_.get_feature_names_out()
        return np.asarray(names if len(names) else ["no_module"], dtype=object)
