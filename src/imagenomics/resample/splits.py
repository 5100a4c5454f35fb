"""Folds by patient: who is tested when, as a plain table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.work.seeds import generator

TASKS = ("binary", "continuous", "survival")
IntArray = npt.NDArray[np.int64]


def folds(
    ids: Any, y: Any, *, n_splits: int = 5, repeats: int = 1, seed: int = 0, task: str = "binary"
) -> pd.DataFrame:
    """Divide patients into folds, each patient tested once in every repeat, classes (values, or events) balanced.

    A patient has one fold, so no training part can share a patient with its test part. The folds depend on
    ids, labels and seed, not on the order of rows.

    Parameters
    ----------
    ids : array of str, (n,)
        Patient of each row; a patient may have several rows.
    y : array, (n,)
        Labels 0/1 (a patient counts for the class any of its rows has), numbers, or signed times.
    n_splits, repeats : int
        Folds in a repeat, and repeats.
    seed : int
        Seed of the streams ``folds/<repeat>``.
    task : {"binary", "continuous", "survival"}
        Balance classes, values, or those with and without the event.

    Returns
    -------
    DataFrame
        ``patient, repeat, fold``, one row for each patient and repeat, sorted by repeat and patient.

    Raises
    ------
    InputError
        ``IGX-RES-001``: a class (or the event) has fewer patients than folds; ``IGX-RES-009``: a label is missing;
        ``IGX-RES-011``: labels of a binary task are not 0 and 1; ``IGX-RES-010``: unknown task.
    """
    if task not in TASKS:
        raise unknown_name("IGX-RES-010", "task", task, TASKS)
    labels = patient_labels(ids, y, task=task)
    _check_counts(labels, n_splits, task)
    parts = []
    for repeat in range(repeats):
        random = generator(seed, "folds", repeat)
        values = labels.to_numpy()
        order = _order(
            np.sign(values) if task == "survival" else values, random, by_value=task == "continuous"
        )
        fold = np.empty(len(labels), dtype=np.int64)
        fold[order] = _dealt(len(labels), n_splits, random, anew=task == "continuous")
        parts.append(pd.DataFrame({"patient": labels.index.to_numpy(), "repeat": repeat, "fold": fold}))
    return pd.concat(parts, ignore_index=True)


def leave_one_site_out(ids: Any, sites: Any) -> pd.DataFrame:
    """Divide patients so that each fold tests one site, trained on all others.

    Parameters
    ----------
    ids, sites : array of str, (n,)
        Patient and site of each row.

    Returns
    -------
    DataFrame
        ``patient, repeat, fold`` with repeat 0; fold k tests the k-th site in alphabetical order.

    Raises
    ------
    InputError
        ``IGX-RES-005``: fewer than two sites, a patient without site or with two.
    """
    table = pd.DataFrame({"patient": np.asarray(ids, dtype=object), "site": np.asarray(sites, dtype=object)})
    table = table.drop_duplicates()
    missing = table["site"].isna()
    twice = table["patient"].duplicated(keep=False)
    if missing.any() or twice.any():
        problem = "without a site" if missing.any() else "with two sites"
        bad = table.loc[missing if missing.any() else twice, "patient"].unique()
        raise InputError(
            "IGX-RES-005",
            f"{len(bad)} patients {problem}: {short_list(bad)}",
            remedy="give each patient one site, or leave these patients out",
        )
    names = sorted(table["site"].astype(str).unique())
    if len(names) < 2:
        raise InputError(
            "IGX-RES-005",
            f"leave-one-site-out needs two sites or more, the table has {len(names)}",
            remedy="use k-fold instead",
        )
    table = table.sort_values("patient", ignore_index=True)
    fold = table["site"].astype(str).map({name: k for k, name in enumerate(names)}).astype("int64")
    return pd.DataFrame({"patient": table["patient"], "repeat": 0, "fold": fold})


def patient_labels(ids: Any, y: Any, *, task: str) -> pd.Series:
    """Return one label for each patient, sorted by id; of several rows the largest counts."""
    table = pd.DataFrame({"patient": np.asarray(ids, dtype=object), "label": np.asarray(y, dtype=np.float64)})
    bad = table.loc[table["label"].isna(), "patient"].unique()
    if len(bad):
        raise InputError(
            "IGX-RES-009",
            f"{len(bad)} patients without a label: {short_list(bad)}",
            remedy="leave out patients without a label, with a row in the loss table",
        )
    if task == "binary" and not table["label"].isin([0.0, 1.0]).all():
        levels = short_list(sorted(table["label"].unique()))
        raise InputError("IGX-RES-011", f"labels are {levels}", expected="0 and 1 (positive)")
    return table.groupby("patient", sort=True)["label"].max()


def _check_counts(labels: pd.Series, n_splits: int, task: str) -> None:
    if task == "binary":
        counts = {"negative": int((labels == 0).sum()), "positive": int((labels == 1).sum())}
    elif task == "survival":
        counts = {"patients": len(labels), "patients with the event": int((labels > 0).sum())}
    else:
        counts = {"patients": len(labels)}
    smallest = min(counts.values())
    if not 2 <= n_splits <= smallest:
        shown = ", ".join(f"{number} {name}" for name, number in counts.items())
        raise InputError(
            "IGX-RES-001",
            f"{n_splits} folds cannot be made of {shown}",
            expected="at least two folds, and in each fold a patient of each class",
            remedy=f"use at most {smallest} folds"
            if smallest >= 2
            else "this target cannot be cross-validated",
        )


def _order(labels: npt.NDArray[np.float64], random: np.random.Generator, *, by_value: bool) -> IntArray:
    if by_value:
        return np.argsort(labels, kind="stable").astype(np.int64)
    shuffled = random.permutation(labels.size)
    return shuffled[np.argsort(labels[shuffled], kind="stable")].astype(np.int64)


def _dealt(n: int, k: int, random: np.random.Generator, *, anew: bool) -> IntArray:
    """Return folds dealt in turn; ``anew`` draws the turn again for every k patients."""
    if not anew:
        return random.permutation(k)[np.arange(n) % k].astype(np.int64)
    turns = [random.permutation(k) for _ in range(-(-n // k))]
    return np.concatenate(turns)[:n].astype(np.int64)
