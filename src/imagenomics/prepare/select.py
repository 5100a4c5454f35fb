"""The columns that follow the target most in the training part."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import validate_data

from imagenomics.errors import unknown_name
from imagenomics.prepare.base import (
    FloatArray,
    FoldTransformer,
    IntArray,
    Task,
    bad_parameter,
    null_residuals,
)
from imagenomics.prepare.fold_columns import FoldColumns, fold_columns, presort
from imagenomics.stats.ranks import midranks

TASKS = ("auto", "binary", "continuous", "survival")


class SelectTop(FoldTransformer):
    """Keep the k columns that are, one by one, most associated with the target in the training part.

    Rank-based, so that outliers and monotone transformations do not matter: distance of the AUC from one
    half for a binary target, absolute Spearman correlation for a number, and for signed times the absolute
    correlation of the ranks with the martingale residuals of a model without columns, which is the score
    statistic of a Cox model of the ranks under permutation. Of equal columns the first in order
    is kept; kept columns stay in their order. Missing values stand at the training median while ranks are
    computed.

    Parameters
    ----------
    k : int
        Columns to keep (all, where there are fewer).
    task : {"auto", "binary", "continuous", "survival"}
        "auto" takes a target with two distinct values as binary, any other as a number.

    Attributes
    ----------
    scores_ : array, (p,)
        The association of each column: |AUC - 0.5|, or |correlation|.
    """

    scores_: FloatArray

    def __init__(self, k: int = 60, *, task: str = "auto") -> None:
        self.k = k
        self.task = task

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which columns of ``X`` (n, p) follow ``y`` (n,).

        Raises
        ------
        InputError
            ``IGX-PREP-003``: k below 1; ``IGX-PREP-004``: unknown task.
        """
        if self.k < 1:
            raise bad_parameter(f"k = {self.k}", where="SelectTop", expected="1 or more")
        if self.task not in TASKS:
            raise unknown_name("IGX-PREP-004", "task", self.task, TASKS)
        values, target = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        levels, codes = np.unique(target, return_inverse=True)
        binary = self.task == "binary" or (self.task == "auto" and levels.size <= 2)
        task: Task = "survival" if self.task == "survival" else "binary" if binary else "continuous"
        facts = fold_columns(presort(values), np.arange(values.shape[0], dtype=np.int64))
        followed = np.asarray(target if task == "survival" else codes, dtype=np.float64)
        self.scores_ = association(facts, followed, task=task)
        self.kept_ = strongest(self.scores_, self.k)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def association(facts: FoldColumns, y: FloatArray, *, task: Task) -> FloatArray:
    """Return how strongly each column follows ``y`` (m,), as :class:`SelectTop` says."""
    if task == "binary":
        positive = float((y == y.max()).sum())
        pairs = positive * (y.size - positive)
        if pairs == 0:
            return np.zeros(facts.rank_norm.size)
        return np.abs(facts.ranks @ (y == y.max()).astype(np.float64)) * facts.rank_norm / pairs
    left = null_residuals(y if task == "survival" else midranks(y), task)
    length = float(np.sqrt((left**2).sum()))
    return np.abs(facts.ranks @ left) / length if length > 0 else np.zeros(facts.rank_norm.size)


def strongest(scores: FloatArray, k: int) -> IntArray:
    """Return the positions of the k largest scores, in column order; the earlier of equal ones."""
    # Equal columns may differ in the last bits of a product: round before comparing.
    order = np.argsort(-np.round(scores, 12), kind="stable")
    return np.sort(order[:k]).astype(np.int64)
