"""One null draw of a prediction: rows are exchanged, the whole pipeline is fitted again on the same folds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.permutation import permute_rows


def tested_folds(folds: pd.DataFrame) -> pd.DataFrame:
    """Return the folds of the tested statistic: the first repeat, observed and in every null draw."""
    return folds[folds["repeat"] == folds["repeat"].min()].reset_index(drop=True)


def null_draw(  # noqa: PLR0913 - the parts of an analysis, each named by its caller
    draw: int,
    *,
    estimator: Any,
    X: pd.DataFrame,
    y: pd.Series,
    folds: pd.DataFrame,
    metric: str,
    strata: pd.Series | None = None,
    columns: Iterable[str] | None = None,
    seed: int = 0,
) -> float:
    """Compute the statistic of one permuted data set, everything fitted again.

    Parameters
    ----------
    draw : int
        Number of the draw.
    estimator, X, y, folds
        As in :func:`imagenomics.resample.loop.cross_validate`; the folds of one repeat. They stay with the
        labels, so the classes stay balanced.
    metric : str
        As in :func:`imagenomics.resample.metrics.evaluate`.
    strata : Series, optional
        Site by patient: rows move within a site.
    columns : iterable of str, optional
        Columns that move: all by default (is there any prediction?), the image columns for the gain over
        the others.
    seed : int
        Seed of the stream ``null/<draw>``.

    Returns
    -------
    float
        The statistic of :func:`evaluate` on permuted rows.
    """
    moved = permute_rows(X, strata, seed=seed, draw=draw, columns=columns)
    return evaluate(cross_validate(estimator, moved, y, folds, idle=True), metric)
