"""Columns of a table as terms of a Cox model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.associate.sides import read_side
from imagenomics.tables.patient_table import PatientTable


def model_terms(table: PatientTable, ids: pd.Index) -> dict[str, pd.DataFrame]:
    """Return each column as the numbers that stand for it in a model.

    Parameters
    ----------
    table : PatientTable
        Numbers, states (0, 1), levels in order (as scores) and levels without one.
    ids : Index, (n,)
        Patients.

    Returns
    -------
    dict of str to DataFrame, (n, k)
        One column; of a column of levels, one for each that these patients have, but the first.
    """
    side = read_side(table, ids, what="terms")
    found = {}
    for place, name in enumerate(side.names):
        values = side.values[:, place]
        if not side.allowed[place]:
            values = np.full(len(ids), np.nan)
        if side.kinds[place] != "categorical":
            found[name] = pd.DataFrame({name: values}, index=ids)
            continue
        seen = table.values[name].dropna().astype(str).unique()
        names = [*table.levels(name), *sorted(set(seen) - set(table.levels(name)))]
        found[name] = _levels(name, values, names, ids)
    return found


def together(terms: Mapping[str, pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Return the terms of one model side by side (n, k)."""
    return pd.concat([terms[name] for name in names], axis=1)


def _levels(name: str, codes: np.ndarray, names: Sequence[str], ids: pd.Index) -> pd.DataFrame:
    missing = np.isnan(codes)
    present = np.unique(codes[~missing]).astype(int)
    columns = {
        f"{name}: {names[k]}": np.where(missing, np.nan, (codes == k).astype(np.float64)) for k in present[1:]
    }
    whole = pd.DataFrame(columns, index=ids)
    return whole if columns else pd.DataFrame({name: np.where(missing, np.nan, 0.0)}, index=ids)
