"""What many patients teach about features, fitted as one step on a training part and blind to the labels.

In this order: measures learned from all patients' voxels (habitats, intensity standards, components), the filter of
stable features, harmonisation between sites, and what confounders explain.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from imagenomics.errors import InputError, unknown_name
from imagenomics.prepare.harmonise import ComBat
from imagenomics.prepare.residualise import Residualise
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.prepare.stability import StabilityFilter

CONTEXT = "context:"  # before the name of a column that steps look at and models do not
BAG = "bag:"  # before the name of a column of arrays, one for each patient
Learner = tuple[str, Any]


class CohortSteps(TransformerMixin, BaseEstimator):
    """Learn from the patients of a training part, without their labels, and change everybody's features by it.

    The table holds, beside the features: columns ``context:<name>`` (site, confounders), columns ``bag:<name>`` with
    an array for each patient, and repetitions ``<feature>@2``. None of these comes out.

    Parameters
    ----------
    settings : PrepareSettings, optional
        Which steps; by default none.
    learners : tuple of (str, estimator)
        For each ``bag:<name>`` what is learned from it: an estimator with ``fit``, ``transform`` and
        ``get_feature_names_out`` on a list of arrays. Its columns are called ``<name>.<feature>``.
    passing : tuple of str
        Columns that come out as they are (clinical columns beside the features).
    stability : DataFrame, optional
        Table of :class:`~imagenomics.prepare.stability.StabilityFilter`, measured on other patients.

    Attributes
    ----------
    features_ : list of str
        The features that go through the steps, those of the learners included.
    """

    features_: list[str]
    fitted_learners_: tuple[Learner, ...]
    steps_: list[tuple[Any, list[str]]]
    names_: list[str]

    def __init__(
        self,
        settings: PrepareSettings | None = None,
        *,
        learners: tuple[Learner, ...] = (),
        passing: tuple[str, ...] = (),
        stability: pd.DataFrame | None = None,
    ) -> None:
        self.settings = settings
        self.learners = learners
        self.passing = passing
        self.stability = stability

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn every step from the patients of ``X`` (n, p); the labels are not looked at.

        Raises
        ------
        InputError
            ``IGX-PREP-032``: a context or bag column is not there; those of the steps.
        """
        settings = self.settings if self.settings is not None else PrepareSettings()
        self._check_columns(X, settings)
        self.fitted_learners_ = tuple(
            (name, clone(learner).fit(list(X[BAG + name]))) for name, learner in self.learners
        )
        table = self._features(X)
        self.features_ = list(table.columns)
        self.steps_ = []
        for step, context in self._declared(settings):
            table = _beside(table, X, context)
            step.fit(table)
            table = _changed(step, table)
            self.steps_.append((step, context))
        self.names_ = list(table.columns)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the features as the training part has them, and the passing columns, of the patients of ``X``."""
        check_is_fitted(self)
        table = self._features(X)
        for step, context in self.steps_:
            table = _changed(step, _beside(table, X, context))
        return pd.concat([table, X[list(self.passing)]], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns that come out."""
        check_is_fitted(self)
        return np.asarray([*self.names_, *self.passing], dtype=object)

    def _declared(self, settings: PrepareSettings) -> list[tuple[Any, list[str]]]:
        """Return the steps that are asked for, each with the context columns it needs."""
        steps: list[tuple[Any, list[str]]] = []
        chosen = settings.stability
        if chosen is not None:
            keep = StabilityFilter(
                chosen.threshold, table=self.stability, bound=chosen.bound, unknown=chosen.unknown
            )
            steps.append((keep, []))
        site = settings.harmonise
        if site is not None:
            by, kept = CONTEXT + site.by, [CONTEXT + name for name in site.keep]
            combat = ComBat(by, covariates=kept, unseen=site.unseen, min_patients=site.min_patients)
            steps.append((combat, [by, *kept]))
        if settings.residualise:
            confounds = [CONTEXT + name for name in settings.residualise]
            steps.append((Residualise(confounds), confounds))
        return steps

    def _features(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the columns that go through the steps: plain ones, and those of the learners."""
        beside = set(self.passing)
        plain = [c for c in X.columns if c not in beside and not c.startswith((CONTEXT, BAG))]
        parts = [X[plain]]
        for name, learner in self.fitted_learners_:
            columns = [f"{name}.{feature}" for feature in learner.get_feature_names_out()]
            parts.append(pd.DataFrame(learner.transform(list(X[BAG + name])), index=X.index, columns=columns))
        return pd.concat(parts, axis=1)

    def _check_columns(self, X: pd.DataFrame, settings: PrepareSettings) -> None:
        if not isinstance(X, pd.DataFrame):
            raise InputError(
                "IGX-PREP-032", "the steps need a table with column names", expected="a DataFrame"
            )
        wanted = [CONTEXT + n for n in settings.context] + [BAG + n for n, _ in self.learners]
        for name in (*wanted, *self.passing):
            if name not in X.columns:
                raise unknown_name("IGX-PREP-032", "column", name, map(str, X.columns), where="CohortSteps")


def _beside(table: pd.DataFrame, X: pd.DataFrame, context: list[str]) -> pd.DataFrame:
    return pd.concat([table, X[context]], axis=1) if context else table


def _changed(step: Any, table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(step.transform(table), index=table.index, columns=step.get_feature_names_out())
