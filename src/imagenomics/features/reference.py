"""Compare our features with reference values made by others."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem
from imagenomics.tables.read import read_text_table, to_number

SIGNIFICANT = 3
COLUMNS = ("reference value", "tolerance", "tag")


def compare_with_reference(features: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Compare features with a reference table, within its tolerance and its rounding.

    Parameters
    ----------
    features : DataFrame
        With ``ibsi`` and ``value``, as :func:`imagenomics.features.extract.extract_region` gives it.
    path : Path
        A table ``reference value;tolerance;tag``, as IBSI values are passed on.

    Returns
    -------
    DataFrame
        One row for each tag of the reference, in its order: ``tag, value, reference, tolerance, rounding``
        (half of the last printed digit), ``status``: ``matched``, ``mismatched`` (also where our value is
        not a number), ``unreferenced`` (the table gives no value) or ``absent`` (we have no such row).

    Raises
    ------
    FileProblem
        ``IGX-FEAT-010``: the table has other columns.
    """
    table = read_text_table(path, separator=";")
    if set(COLUMNS) - set(table.columns):
        raise FileProblem(
            "IGX-FEAT-010",
            f"not a reference table, its columns are {', '.join(table.columns)}",
            where=str(path),
            expected="reference value;tolerance;tag",
            remedy="use a table of reference values as the MIRP project publishes them",
        )
    ours = features.loc[features["ibsi"] != ""].set_index("ibsi")["value"]
    rows = pd.DataFrame(
        {
            "tag": table["tag"],
            "value": ours.reindex(table["tag"]).to_numpy(np.float64),
            "reference": to_number(table["reference value"], where=str(path)),
            "tolerance": to_number(table["tolerance"], where=str(path)),
            "rounding": [half_of_last_digit(text) for text in table["reference value"]],
        }
    )
    known = table["tag"].isin(ours.index)
    # The printed decimals are not exact in binary: allow for their last bits.
    allowed = (rows["tolerance"] + rows["rounding"]) * (1 + 1e-9) + 1e-12 * rows["reference"].abs()
    near = (rows["value"] - rows["reference"]).abs() <= allowed
    status = np.select(
        [rows["reference"].isna(), ~known, near], ["unreferenced", "absent", "matched"], "mismatched"
    )
    return rows.assign(status=status)


def half_of_last_digit(text: str) -> float:
    """Return half a unit of the last printed digit: 0.005 for ``2.15``, NaN for no text.

    The tables print three significant digits, so that the zeros at the end of ``1490`` only hold the place.
    """
    if not text:
        return float("nan")
    number = Decimal(text)
    digits = number.as_tuple().digits
    zeros = len(digits) - max((k + 1 for k, d in enumerate(digits) if d), default=len(digits))
    held = min(zeros, max(len(digits) - SIGNIFICANT, 0))
    return 0.5 * 10.0 ** (int(number.as_tuple().exponent) + held)
