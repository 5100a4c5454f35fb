"""The estimators: preparation, nested tuning and a model family behind ``fit`` and ``predict``."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.errors import InputError
from imagenomics.predict.columns import Layout, read_layout
from imagenomics.predict.families import check_survival, find_family
from imagenomics.predict.settings import PredictSettings
from imagenomics.predict.tuning import Table, Tuned, on_line, tune
from imagenomics.prepare.base import FloatArray, Task
from imagenomics.stats.signed_times import split_times


class TunedModel(BaseEstimator):
    """What classifier and regressor share: columns are read, the family is tuned, new rows are scored.

    Parameters
    ----------
    family : str
        "elastic-net", "svm", "random-forest", "boosting", "tree" or "supervised-pc".
    baseline : tuple
        Names (positions, for an array) of columns that bypass filter and selection and are penalised
        lightly.
    settings : PredictSettings, optional
        Preparation, grids and inner folds; the defaults where None.
    seed : int
        Seed of inner folds and of families that draw.

    Attributes
    ----------
    chosen_ : dict
        The setting that won.
    columns_ : list of str
        Names of the columns that entered the final model.
    inner_losses_ : array, (settings,)
        Mean inner loss of each setting of the grid.
    """

    _columns_in: pd.Index | None = None
    layout_: Layout
    tuned_: Tuned
    chosen_: dict[str, Any]
    columns_: list[str]
    inner_losses_: FloatArray

    def __init__(
        self,
        family: str = "elastic-net",
        *,
        baseline: tuple[Any, ...] = (),
        settings: PredictSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.family = family
        self.baseline = baseline
        self.settings = settings
        self.seed = seed

    def for_matrix(self, X: pd.DataFrame) -> tuple[Self, FloatArray] | None:
        """Return the same model for the numbers of ``X`` without their names, and these; None where it needs names.

        It needs them for text columns, and to say which column is infinite or missing.
        """
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in set(X.dtypes)):
            return None
        places = X.columns.get_indexer(pd.Index(list(self.baseline), dtype=object))
        values = X.to_numpy(dtype=np.float64, na_value=np.nan)
        if not X.columns.is_unique or (places < 0).any() or np.isinf(values).any():
            return None
        return clone(self).set_params(baseline=tuple(int(p) for p in places)), values

    def weights(self) -> pd.Series:
        """Return the weights of the standardised columns of the final model, for linear families.

        Raises
        ------
        InputError
            ``IGX-PRED-007``: the family has no weights.
        """
        check_is_fitted(self)
        weights = self.tuned_.model.weights
        if weights is None:
            raise InputError(
                "IGX-PRED-007", f"the family '{self.family}' has no weights", expected="elastic-net or svm"
            )
        return pd.Series(weights, index=pd.Index(self.columns_, name="column"), name="weight")

    def _learn(self, X: Any, y: FloatArray, *, task: Task, groups: Any, sites: Any) -> None:
        settings = self.settings if self.settings is not None else PredictSettings()
        family = find_family(self.family, settings, seed=self.seed)
        self.layout_ = read_layout(X, baseline=self.baseline)
        if groups is None and isinstance(X, pd.DataFrame) and X.index.name == "patient":
            groups = X.index.to_numpy() if X.index.has_duplicates else None
        table = Table(self.layout_.matrix(X), y, self.layout_.baseline, task, groups, sites)
        self.tuned_ = tune(table, family, settings, seed=self.seed)
        self.chosen_ = family.settings()[self.tuned_.setting]
        self.columns_ = [self.layout_.names[j] for j in self.tuned_.chain.columns]
        self.inner_losses_ = self.tuned_.losses

    def _read(self, X: Any, y: Any = None, *, reset: bool) -> tuple[Any, Any]:
        """Check a table; frames stay frames, so that text columns and names are kept."""
        if isinstance(X, pd.DataFrame) and not X.empty:
            if reset or not X.columns.equals(self._columns_in):
                validate_data(self, X, reset=reset, skip_check_array=True)
            if not reset:
                return X, None
            self._columns_in = X.columns
            labels = column_or_1d(y, warn=True)
            check_consistent_length(X, labels)
            assert_all_finite(labels, input_name="y")
            return X, labels
        options = {"dtype": np.float64, "ensure_all_finite": "allow-nan", "reset": reset}
        if not reset:
            return validate_data(self, X, **options), None
        return validate_data(self, X, y, ensure_min_samples=2, **options)

    def _scores(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        table, _ = self._read(X, reset=False)
        scores = self.tuned_.model.score(self.tuned_.chain.apply(self.layout_.matrix(table)))
        return scores if self.tuned_.line is None else on_line(scores, self.tuned_.line)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


class TunedClassifier(ClassifierMixin, TunedModel):
    """Predict which of two classes a patient has; parameters as in :class:`TunedModel`.

    ``predict`` calls the class with the larger probability; ``threshold_`` is the probability with the
    largest balanced accuracy on held-out scores of the training part.
    """

    classes_: npt.NDArray[Any]
    threshold_: float

    def fit(self, X: Any, y: Any, *, groups: Any = None, sites: Any = None) -> Self:
        """Tune and fit.

        Parameters
        ----------
        X : DataFrame or array, (n, p)
            Numbers with NaN; in a frame also text columns with a few levels.
        y : array, (n,)
            Two classes; the larger (in sorting order) is the positive one.
        groups : array, (n,), optional
            Patient of each row where a patient has several; inner folds keep them together. The index of a
            frame, where it is called ``patient``, by default.
        sites : array, (n,), optional
            Site of each row; inner folds spread the sites.

        Raises
        ------
        InputError
            ``IGX-PRED-001``: unknown family; ``IGX-PRED-003``: unknown baseline column; ``IGX-PRED-005``: a
            column that cannot be used; ``IGX-PRED-006``: not two classes; ``IGX-PREP-002``: no column
            varies.
        """
        table, labels = self._read(X, y, reset=True)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if self.classes_.size != 2:
            count = self.classes_.size
            raise InputError(
                "IGX-PRED-006",
                f"the training part holds {count} {'class' if count == 1 else 'classes'}"
                + ("" if count == 1 else ". Only binary classification is supported."),
                expected="two classes in every training part",
                remedy="use fewer folds, or look at the class counts of the target",
            )
        self._learn(table, codes.astype(np.float64), task="binary", groups=groups, sites=sites)
        self.threshold_ = self.tuned_.threshold
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probabilities (n, 2) of the two classes."""
        positive = self._scores(X)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the more probable class of each row."""
        larger = self._scores(X) > 0.5
        return self.classes_[larger.astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class TunedRegressor(RegressorMixin, TunedModel):
    """Predict a number; parameters as in :class:`TunedModel`."""

    def fit(self, X: Any, y: Any, *, groups: Any = None, sites: Any = None) -> Self:
        """Tune and fit; parameters and errors as in :meth:`TunedClassifier.fit`, ``y`` (n,) being numbers."""
        table, values = self._read(X, y, reset=True)
        numbers = np.asarray(values, dtype=np.float64)
        self._learn(table, numbers, task="continuous", groups=groups, sites=sites)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return the predicted numbers (n,)."""
        return self._scores(X)


class TunedSurvival(TunedModel):
    """Predict who has an event sooner, from signed times; parameters as in :class:`TunedModel`.

    ``threshold_`` is the median of the held-out scores of the training part: it divides patients into low and high risk
    without a look at what became of them.

    Attributes
    ----------
    threshold_ : float
        Score from which a patient counts as of high risk.
    """

    threshold_: float

    def fit(self, X: Any, y: Any, *, groups: Any = None, sites: Any = None) -> Self:
        """Tune and fit a Cox model.

        Parameters
        ----------
        X : DataFrame or array, (n, p)
            Numbers with NaN; in a frame also text columns with a few levels.
        y : array, (n,)
            Signed times: the time where the event happened, minus the time where observation ended without it.
        groups, sites : array, (n,), optional
            As in :meth:`TunedClassifier.fit`.

        Raises
        ------
        InputError
            ``IGX-PRED-008``: a family that does not know survival; ``IGX-PRED-009``: nobody had the event;
            ``IGX-STAT-060``: a signed time that is 0 or no number; others as in :meth:`TunedClassifier.fit`.
        """
        check_survival(self.family)
        table, values = self._read(X, y, reset=True)
        signed = np.asarray(values, dtype=np.float64)
        if not split_times(signed)[1].any():
            raise InputError(
                "IGX-PRED-009",
                f"none of {signed.size} patients of the training part had the event",
                expected="patients with the event in every training part",
                remedy="use fewer folds, or look at the event column: is 1 the event, and 0 censoring?",
            )
        self._learn(table, signed, task="survival", groups=groups, sites=sites)
        self.threshold_ = self.tuned_.threshold
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return the linear predictor (n,): the log hazard beside that of a patient with mean values."""
        return self._scores(X)
