"""How rows are permuted under the null: whole patients, within strata, missing values travelling along."""

from __future__ import annotations

from collections.abc import Iterable
from math import lgamma, log
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.work.seeds import generator

IntArray = npt.NDArray[np.int64]


def permuted_order(ids: Any, strata: Any | None, *, seed: int, draw: int, stream: str = "null") -> IntArray:
    """Return which patient's row stands in the place of each patient in one null draw.

    Parameters
    ----------
    ids : array of str, (n,)
        Patients, each once.
    strata : array, (n,), or None
        Site of each patient; rows move within a site only. A patient alone in its site stays.
    seed, draw : int
        The stream is ``<stream>/<draw>``; the same draw gives the same exchange of patients in any row
        order.
    stream : str
        Name of the stream.

    Returns
    -------
    array of int, (n,)
        ``table.iloc[order]`` holds in place i the row that patient i is given.
    """
    names = np.asarray(ids).astype(str)
    groups = np.zeros(names.size, dtype="U1") if strata is None else np.asarray(strata).astype(str)
    random = generator(seed, stream, draw)
    order = np.arange(names.size, dtype=np.int64)
    by_name = np.argsort(names, kind="stable")
    for group in np.unique(groups):
        rows = by_name[groups[by_name] == group]
        order[rows] = rows[random.permutation(rows.size)]
    return order


def permute_rows(
    X: pd.DataFrame,
    strata: pd.Series | None,
    *,
    seed: int,
    draw: int,
    columns: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Give each patient the columns of another patient of the same stratum.

    Labels, folds and columns that do not move keep their places. Moving all columns against labels with
    their folds is the same as permuting labels; moving the image columns only is the (approximate) null of
    a gain over clinical variables, whose tie with the labels stays.

    Parameters
    ----------
    X : DataFrame, (n, p)
        Indexed by patient, each once.
    strata : Series or None
        Site by patient; rows move within a site only.
    seed, draw : int
        Which draw.
    columns : iterable of str, optional
        Columns that move; all by default.

    Raises
    ------
    InputError
        ``IGX-RES-013``: a column that the table does not have, a patient with several rows or without
        stratum.
    """
    if X.index.has_duplicates:
        raise InputError(
            "IGX-RES-013",
            "a patient has several rows, so rows cannot be exchanged between patients",
            remedy="make one row for each patient first",
        )
    order = permuted_order(X.index, _strata_of(strata, X.index), seed=seed, draw=draw)
    if columns is None:
        return X.iloc[order].set_axis(X.index, axis=0)
    moving = list(columns)
    known = set(X.columns)
    for name in moving:
        if name not in known:
            raise unknown_name("IGX-RES-013", "column", name, [str(c) for c in X.columns])
    still = [name for name in X.columns if name not in set(moving)]
    moved = X[moving].iloc[order].set_axis(X.index, axis=0)
    return pd.concat([moved, X[still]], axis=1)[list(X.columns)]


def _strata_of(strata: pd.Series | None, ids: pd.Index) -> npt.NDArray[np.object_] | None:
    if strata is None:
        return None
    found = strata.reindex(ids)
    if found.isna().any():
        raise InputError(
            "IGX-RES-013",
            f"{int(found.isna().sum())} patients have no stratum: {short_list(ids[found.isna()])}",
            remedy="give each patient a site, or permute without strata",
        )
    return found.to_numpy(dtype=object)


def log10_arrangements(y: Any, strata: Any | None) -> float:
    """Return how many distinct ways there are to arrange labels within strata, as a power of ten.

    Parameters
    ----------
    y : array, (n,)
        Labels.
    strata : array, (n,), or None
        Stratum of each patient.
    """
    labels = np.asarray(y)
    groups = np.zeros(labels.size) if strata is None else np.asarray(strata).astype(str)
    total = 0.0
    for group in np.unique(groups):
        counts = np.unique(labels[groups == group], return_counts=True)[1]
        total += lgamma(counts.sum() + 1) - sum(lgamma(int(c) + 1) for c in counts)
    return total / log(10.0)


def check_movable(y: Any, strata: Any | None, *, maximum: int) -> float:
    """Refuse a permutation that cannot change anything; return the power of ten of the arrangements.

    Parameters
    ----------
    y, strata : array, (n,)
        Labels and strata.
    maximum : int
        Most draws that will be made: with fewer than 20 arrangements no p value of .05 is possible.

    Raises
    ------
    InputError
        ``IGX-RES-007``: within strata labels have fewer than 20 distinct arrangements (site determines
        class).
    """
    power = log10_arrangements(y, strata)
    if power < log(20.0) / log(10.0) - 1e-9:
        count = round(10.0**power)
        raise InputError(
            "IGX-RES-007",
            f"labels have only {count} distinct arrangement{'s' if count != 1 else ''} within sites",
            where=f"{np.asarray(y).size} patients, {maximum} draws asked for",
            expected="at least 20, or no p value of .05 can be reached",
            remedy="site (nearly) determines the class: the target cannot be tested with these patients",
        )
    return power
