"""Folds that a user brings as a plain table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list


def check_folds(table: pd.DataFrame, ids: Any) -> pd.DataFrame:
    """Accept a user's own fold table, or say what is wrong with it.

    Parameters
    ----------
    table : DataFrame
        Columns ``patient``, ``fold`` and, where there is more than one, ``repeat``.
    ids : array of str
        The patients that are to be predicted.

    Returns
    -------
    DataFrame
        ``patient, repeat, fold`` of these patients, folds numbered from 0, sorted by repeat and patient.

    Raises
    ------
    InputError
        ``IGX-RES-002``: columns are missing or hold no whole numbers; ``IGX-RES-003``: a patient is tested
        twice in one repeat, so it would train a model that it tests; ``IGX-RES-004``: a patient has no
        fold, or a repeat has a single fold.
    """
    plain = _whole_numbers(table)
    wanted = pd.Index(pd.unique(pd.Series(np.asarray(ids, dtype=object))))
    plain = plain[plain["patient"].isin(wanted)]
    twice = plain.duplicated(["patient", "repeat"])
    if twice.any():
        bad = plain.loc[twice, "patient"].unique()
        raise InputError(
            "IGX-RES-003",
            f"{len(bad)} patients are in two folds of one repeat: {short_list(bad)}",
            where="fold table",
            expected="one fold for each patient and repeat",
            remedy="a model must not be tested on a patient that trained it: keep one row, or number repeats",
        )
    for repeat, part in plain.groupby("repeat"):
        absent = wanted.difference(pd.Index(part["patient"]))
        if len(absent):
            raise InputError(
                "IGX-RES-004",
                f"{len(absent)} patients have no fold in repeat {repeat}: {short_list(absent)}",
                where="fold table",
                remedy="give each patient a fold in every repeat, or leave the patient out of the target",
            )
        if part["fold"].nunique() < 2:
            raise InputError(
                "IGX-RES-004",
                f"repeat {repeat} has a single fold: nobody is left to train on",
                where="fold table",
            )
    return plain.sort_values(["repeat", "patient"], ignore_index=True)


def _whole_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the three columns as text and whole numbers, folds renumbered from 0."""
    absent = [name for name in ("patient", "fold") if name not in table.columns]
    if absent:
        raise InputError(
            "IGX-RES-002",
            f"column {short_list(absent)} is missing",
            where="fold table",
            expected="columns patient, fold and (for several repeats) repeat",
        )
    repeat = table["repeat"] if "repeat" in table.columns else pd.Series(0, index=table.index)
    numbers = pd.to_numeric(repeat, errors="coerce")
    if numbers.isna().any() or table["fold"].isna().any() or (numbers % 1 != 0).any():
        raise InputError(
            "IGX-RES-002",
            "a fold or repeat is missing or no whole number",
            where="fold table",
            remedy="number the repeats 0, 1, ... and give each row a fold",
        )
    fold = pd.Series(pd.factorize(table["fold"], sort=True)[0], index=table.index)
    plain = {
        "patient": table["patient"].astype(str),
        "repeat": numbers.astype("int64"),
        "fold": fold.astype("int64"),
    }
    return pd.DataFrame(plain)
