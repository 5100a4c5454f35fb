"""Confounds of a functional series, as fMRIPrep and other pipelines write them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, unknown_name
from imagenomics.tables.read import MISSING, read_text_table, to_number

NOT_AVAILABLE = (*MISSING, "n/a")
MOTION = (
    "trans_x",
    "trans_y",
    "trans_z",
    "rot_x",
    "rot_y",
    "rot_z",
)  # mm and radians, as fMRIPrep names them


def read_confounds(path: Path, *, columns: Sequence[str] = MOTION) -> pd.DataFrame:
    """Read columns of a table with one row for each frame.

    Parameters
    ----------
    path : Path
        ``..._desc-confounds_timeseries.tsv``.
    columns : sequence of str
        The columns, e.g. ``MOTION``, ``framewise_displacement``, ``white_matter``, ``csf``; a name that ends in ``*``
        stands for all columns that begin so (``a_comp_cor_*``).

    Returns
    -------
    DataFrame, (frames, c)
        float64. Rows at the start without a value (derivatives have none there) are 0.

    Raises
    ------
    InputError
        ``IGX-TAB-012``: no such column; ``IGX-TAB-013``: a cell that is no number; ``IGX-IMG-208``: cells without a
        value after the start.
    FileProblem
        ``IGX-TAB-010``, ``IGX-TAB-011``.
    """
    frame = read_text_table(Path(path), separator="\t")
    chosen = [name for column in columns for name in _matching(column, frame.columns, path)]
    table = {
        name: to_number(frame[name], where=f"{path}: {name}", missing=NOT_AVAILABLE).to_numpy()
        for name in dict.fromkeys(chosen)
    }
    return pd.DataFrame({name: _from_zero(values, name, path) for name, values in table.items()})


def _matching(column: str, known: pd.Index, path: Path) -> list[str]:
    if column.endswith("*"):
        found = [str(n) for n in known if str(n).startswith(column[:-1])]
    else:
        found = [column] if column in known else []
    if not found:
        raise unknown_name("IGX-TAB-012", "column", column, map(str, known), where=str(path))
    return found


def _from_zero(values: np.ndarray, name: str, path: Path) -> np.ndarray:
    there = np.flatnonzero(~np.isnan(values))
    first = there[0] if there.size else values.size
    late = np.isnan(values[first:])
    if late.any() or not there.size:
        raise InputError(
            "IGX-IMG-208",
            f"{int(late.sum()) or values.size} frames have no value of '{name}'",
            where=str(path),
            expected="a value in each frame, but for the first ones of derivatives",
            remedy="leave the column out, or make the confounds again",
        )
    return np.where(np.isnan(values), 0.0, values)
