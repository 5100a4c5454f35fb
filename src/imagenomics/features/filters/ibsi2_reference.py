"""Compare responses with what IBSI-2 agreed on: printed feature values, and maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem
from imagenomics.features.reference import half_of_last_digit
from imagenomics.tables.read import read_text_table, to_number

COLUMNS = ("filter_id", "feature_tag", "consensus_value", "tolerance")
MAP_TOLERANCE = 0.01  # of the range of the reference map, as IBSI states it


def read_consensus(path: Path) -> pd.DataFrame:
    """Read the printed values of phase 2.

    Returns
    -------
    DataFrame
        ``test, tag, reference, tolerance, rounding`` (half of the last printed digit); NaN where no consensus was
        reached.

    Raises
    ------
    FileProblem
        ``IGX-FEAT-037``: the table has other columns.
    """
    table = read_text_table(path, separator=";")
    if set(COLUMNS) - set(table.columns):
        raise FileProblem(
            "IGX-FEAT-037",
            f"not the reference table of IBSI-2, its columns are {', '.join(table.columns)}",
            where=str(path),
            expected=";".join(COLUMNS),
            remedy="use reference_values.csv of the repository theibsi/ibsi_2_reference_data",
        )
    return pd.DataFrame(
        {
            "test": table["filter_id"],
            "tag": table["feature_tag"],
            "reference": to_number(table["consensus_value"], where=str(path)),
            "tolerance": to_number(table["tolerance"], where=str(path)),
            "rounding": [half_of_last_digit(text) for text in table["consensus_value"]],
        }
    )


def compare_test(features: pd.DataFrame, consensus: pd.DataFrame, *, test: str) -> pd.DataFrame:
    """Compare the features of one test with the printed values.

    Parameters
    ----------
    features : DataFrame
        As :func:`imagenomics.features.filters.ibsi2.measure_response` gives it.
    consensus : DataFrame
        As :func:`read_consensus` gives it.
    test : str
        The test, e.g. ``3.B``.

    Returns
    -------
    DataFrame
        The rows of the test with ``value`` and ``status``: ``matched``, ``mismatched`` (also where our value is not
        a number), ``unreferenced`` or ``absent`` (we have no such feature).
    """
    rows = consensus.loc[consensus["test"] == test].reset_index(drop=True)
    ours = features.loc[features["ibsi"] != ""].set_index("ibsi")["value"]
    value = pd.Series(ours.reindex(rows["tag"]).to_numpy(np.float64), index=rows.index)
    # The printed decimals are not exact in binary: allow for their last bits.
    allowed = (rows["tolerance"] + rows["rounding"]) * (1 + 1e-9) + 1e-12 * rows["reference"].abs()
    near = (value - rows["reference"]).abs() <= allowed
    known = rows["tag"].isin(ours.index)
    status = np.select(
        [rows["reference"].isna(), ~known, near], ["unreferenced", "absent", "matched"], "mismatched"
    )
    return rows.assign(value=value, status=status)


def map_difference(response: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest difference from a reference map as a share of the range of that map."""
    return float(np.abs(response - reference).max() / np.ptp(reference))
