"""The fold loop: fit on the training part, score the test part, keep one row for each prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from imagenomics.errors import ImagenomicsError, InputError, InternalError
from imagenomics.resample.fold_table import check_folds
from imagenomics.work.threads import one_thread

PREDICTION_COLUMNS = ("patient", "repeat", "fold", "score", "label", "threshold", "train_mean")
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
NO_COLUMN = (
    "IGX-PREP-002"  # of imagenomics.prepare, a room above this one: no column varies in a training part
)


def cross_validate(
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    folds: pd.DataFrame,
    *,
    fit_columns: Mapping[str, pd.Series] | None = None,
    idle: bool = False,
) -> pd.DataFrame:
    """Predict every patient by models that were fitted without it.

    Parameters
    ----------
    estimator : scikit-learn classifier (two classes) or regressor, or a model of log hazards
        Everything that learns, preparation and tuning included; cloned for each fold.
    X : DataFrame, (n, p)
        Columns of the patients, indexed by patient id (repeated where a patient has several rows).
    y : Series, (n,)
        Labels 0/1, numbers or signed times, in the rows of ``X``.
    folds : DataFrame
        ``patient, repeat, fold`` as made by :func:`imagenomics.resample.splits.folds`, or a user's own.
    fit_columns : mapping of str to Series, optional
        Further arguments of ``fit`` by row of ``X``, such as ``groups`` or ``sites``.
    idle : bool
        Where no column varies in a training part, its mean is the prediction of everybody (a null draw of a rare
        feature is a legitimate draw), in place of an error.

    Returns
    -------
    DataFrame
        ``patient, repeat, fold, score, label, threshold, train_mean``, sorted by repeat and patient. A
        larger score speaks for class 1 (a probability where the model gives one), for a larger value, or for
        an earlier event. ``threshold`` is the score from which the training part would call a patient positive,
        or of high risk (NaN for numbers), ``train_mean`` the mean label of the training part.

    Raises
    ------
    InputError
        ``IGX-RES-002`` to ``IGX-RES-004``: the folds do not fit; ``IGX-RES-006``: a fold could not be
        fitted; ``IGX-RES-009``: ``X`` and ``y`` do not name the same patients, or a label is missing.
    """
    _check_rows(X, y)
    plan = check_folds(folds, X.index)
    # Sorted by patient, so that the result does not depend on the order of rows.
    order = np.argsort(X.index.to_numpy().astype(str), kind="stable")
    table, labels = X.iloc[order], y.to_numpy(dtype=np.float64)[order]
    estimator, rows_of = _without_names(estimator, table)
    extra = {name: np.asarray(column)[order] for name, column in (fit_columns or {}).items()}
    names, repeats, fold = (plan[name].to_numpy() for name in ("patient", "repeat", "fold"))
    parts = []
    with one_thread():  # the last bits of a matrix product depend on the number of threads
        for repeat in np.unique(repeats):
            rows = repeats == repeat
            fold_of = fold[rows][pd.Index(names[rows]).get_indexer(table.index.astype(str))]
            parts.append(
                _one_repeat(
                    estimator, rows_of, labels, fold_of=fold_of, extra=extra, repeat=int(repeat), idle=idle
                ).assign(patient=table.index.to_numpy())
            )
    return pd.concat(parts, ignore_index=True)[list(PREDICTION_COLUMNS)]


def _without_names(estimator: Any, table: pd.DataFrame) -> tuple[Any, Callable[[IntArray], Any]]:
    """Return the estimator and a function that takes rows of the table for it.

    Rows of an array are taken many times faster than those of a frame. So an estimator that can work without names
    (``for_matrix``) gets numbers as an array; what it would refuse stays a frame, so that errors name columns.
    """
    if hasattr(estimator, "for_matrix") and not table.index.has_duplicates:
        nameless = estimator.for_matrix(table)
        if nameless is not None:
            model, values = nameless
            return model, lambda rows: values[rows]
    return estimator, lambda rows: table.iloc[rows]


def _one_repeat(
    estimator: Any,
    rows_of: Callable[[IntArray], Any],
    y: FloatArray,
    *,
    fold_of: IntArray,
    extra: Mapping[str, npt.NDArray[Any]],
    repeat: int,
    idle: bool,
) -> pd.DataFrame:
    out = np.full((3, y.size), np.nan)
    for fold in np.unique(fold_of):
        train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        given = {name: values[train] for name, values in extra.items()}
        try:
            model = clone(estimator).fit(rows_of(train), y[train], **given)
            out[0, test] = oriented_scores(model, rows_of(test))
            out[1, test] = _threshold(model, float(y[train].mean()))
        except Exception as error:
            if idle and getattr(error, "code", "") == NO_COLUMN:
                out[:, test] = y[train].mean()
                continue
            where = f"{type(estimator).__name__}, {train.size} training and {test.size} test rows"
            raise _fold_error(error, f"fold {fold} of repeat {repeat}", where) from error
        out[2, test] = y[train].mean()
    if np.isnan(out[0]).any():
        raise InternalError(
            "IGX-RES-006", f"{type(estimator).__name__} returned a score that is not a number"
        )
    named = {"repeat": repeat, "fold": fold_of, "score": out[0], "label": y}
    return pd.DataFrame({**named, "threshold": out[1], "train_mean": out[2]})


def _fold_error(error: Exception, fold: str, where: str) -> InputError:
    """Say which fold failed; an error of the package keeps its code and remedy."""
    if isinstance(error, ImagenomicsError):
        return InputError(
            error.code,
            f"{fold}: {error.what}",
            where=error.where or where,
            expected=error.expected,
            remedy=error.remedy,
        )
    return InputError(
        "IGX-RES-006",
        f"{fold} could not be done: {type(error).__name__}: {error}",
        where=where,
        remedy="fit the estimator on the whole table to see the error alone",
    )


def oriented_scores(model: Any, X: Any) -> FloatArray:
    """Score rows, larger speaking for class 1: a probability, else a decision value, else a number."""
    if not is_classifier(model):
        return np.asarray(model.predict(X), dtype=np.float64)
    if hasattr(model, "predict_proba"):
        positive = list(model.classes_).index(1)
        return np.asarray(model.predict_proba(X)[:, positive], dtype=np.float64)
    return np.asarray(model.decision_function(X), dtype=np.float64)


def _threshold(model: Any, train_mean: float) -> float:
    """Take the model's own threshold (from held-out scores of its inner folds), else a natural one.

    That is the share of positives in the training part for probabilities, and 0 for decision values; a model of numbers
    has none. A model that says the same of everybody calls the larger class.
    """
    last = model[-1] if isinstance(model, Pipeline) else model
    own = getattr(last, "threshold_", None)
    if own is not None:
        return float(own)
    if not is_classifier(model):
        return float("nan")
    if isinstance(last, DummyClassifier):
        return 0.5
    return train_mean if hasattr(model, "predict_proba") else 0.0


def _check_rows(X: pd.DataFrame, y: pd.Series) -> None:
    if not X.index.equals(y.index):
        raise InputError(
            "IGX-RES-009",
            "columns and labels do not name the same patients in the same order",
            remedy="select both by the same patient ids",
        )
    missing = int(y.isna().sum())
    if missing:
        raise InputError(
            "IGX-RES-009",
            f"{missing} patients without a label",
            remedy="leave them out, with a row in the loss table",
        )
