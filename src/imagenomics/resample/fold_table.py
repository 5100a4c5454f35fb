"""Folds that a user brings as a plain table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list

IntArray = npt.NDArray[np.int64]


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
    patient, repeat, fold = _whole_numbers(table)
    wanted = pd.Index(np.unique(np.asarray(ids).astype(str)))
    place = wanted.get_indexer(pd.Index(patient))
    kept = place >= 0
    patient, repeat, fold, place = patient[kept], repeat[kept], fold[kept], place[kept]
    for number in np.unique(repeat) if repeat.size else [0]:
        rows = repeat == number
        _check_repeat(wanted, np.bincount(place[rows], minlength=len(wanted)), fold[rows], int(number))
    order = np.lexsort((patient, repeat))
    return pd.DataFrame({"patient": patient[order], "repeat": repeat[order], "fold": fold[order]})


def _check_repeat(wanted: pd.Index, times: IntArray, fold: IntArray, repeat: int) -> None:
    """Refuse a repeat in which a patient is tested twice or never, or that has a single fold."""
    if (times > 1).any():
        raise InputError(
            "IGX-RES-003",
            f"{(times > 1).sum()} patients are in two folds of repeat {repeat}: {short_list(wanted[times > 1])}",
            where="fold table",
            expected="one fold for each patient and repeat",
            remedy="a model must not be tested on a patient that trained it: keep one row, or number repeats",
        )
    if (times == 0).any():
        raise InputError(
            "IGX-RES-004",
            f"{(times == 0).sum()} patients have no fold in repeat {repeat}: {short_list(wanted[times == 0])}",
            where="fold table",
            remedy="give each patient a fold in every repeat, or leave the patient out of the target",
        )
    if np.unique(fold).size < 2:
        raise InputError(
            "IGX-RES-004",
            f"repeat {repeat} has a single fold: nobody is left to train on",
            where="fold table",
        )


def _whole_numbers(table: pd.DataFrame) -> tuple[npt.NDArray[np.object_], IntArray, IntArray]:
    """Return patients as text, repeats as whole numbers, and folds renumbered from 0."""
    absent = [name for name in ("patient", "fold") if name not in table.columns]
    if absent:
        raise InputError(
            "IGX-RES-002",
            f"column {short_list(absent)} is missing",
            where="fold table",
            expected="columns patient, fold and (for several repeats) repeat",
        )
    repeat = pd.to_numeric(table["repeat"], errors="coerce") if "repeat" in table.columns else None
    numbers = np.zeros(len(table)) if repeat is None else repeat.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(numbers).any() or (numbers % 1 != 0).any() or table["fold"].isna().any():
        raise InputError(
            "IGX-RES-002",
            "a fold or repeat is missing or no whole number",
            where="fold table",
            remedy="number the repeats 0, 1, ... and give each row a fold",
        )
    patient = np.array([str(p) for p in table["patient"]], dtype=object)
    fold = pd.factorize(table["fold"], sort=True)[0]
    return patient, numbers.astype(np.int64), fold.astype(np.int64)
