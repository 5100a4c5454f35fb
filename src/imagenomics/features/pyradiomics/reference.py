"""Compare our features with the baselines that PyRadiomics publishes with its test cases."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem, unknown_name
from imagenomics.tables.read import read_text_table, to_number

SETTINGS = "diagnostics_Configuration_Settings"
TOLERANCE = 1e-6  # relative; most baselines are printed with 12 digits or more
PUBLISHED_TOLERANCE = 0.03  # what PyRadiomics' own tests allow
NOTHING = 1e-9  # a baseline nearer to 0 is compared absolutely: entropies of one level come out as -3e-16


def read_baseline(path: Path) -> pd.DataFrame:
    """Read one baseline table: a row for each feature or setting, a column for each case, all as text.

    Raises
    ------
    FileProblem
        ``IGX-FEAT-022``: not such a table.
    """
    table = read_text_table(path, separator=",")
    if "featureName" not in table.columns or SETTINGS not in set(table["featureName"]):
        raise FileProblem(
            "IGX-FEAT-022",
            f"not a baseline of PyRadiomics: no column featureName, or no row {SETTINGS}",
            where=str(path),
            expected="featureName, then one column for each case",
            remedy="use data/baseline/baseline_<class>.csv of the PyRadiomics repository",
        )
    return table.set_index("featureName")


def baseline_parameters(baseline: pd.DataFrame, case: str) -> dict[str, Any]:
    """Return the PyRadiomics settings with which a case was measured; an unknown case is ``IGX-FEAT-023``."""
    if case not in baseline.columns:
        raise unknown_name("IGX-FEAT-023", "case", case, list(baseline.columns))
    found: dict[str, Any] = ast.literal_eval(str(baseline.loc[SETTINGS, case]))
    return found


def compare_with_baseline(features: pd.DataFrame, baseline: pd.DataFrame, *, case: str) -> pd.DataFrame:
    """Compare features with one case of a baseline.

    Parameters
    ----------
    features : DataFrame
        With ``feature`` and ``value``, as :func:`imagenomics.features.extract.extract_region` gives it.
    baseline : DataFrame
        What :func:`read_baseline` returns.
    case : str
        A column of the baseline.

    Returns
    -------
    DataFrame
        One row for each feature of the baseline: ``feature, value, reference, difference`` (relative; absolute where
        the reference is 0), ``status``: ``matched`` (within 1e-6), ``near`` (within the 3% of PyRadiomics' own
        tests), ``mismatched`` or ``absent``.
    """
    names = [name for name in baseline.index if not name.startswith("diagnostics_")]
    reference = to_number(baseline.loc[names, case], where=case).to_numpy(np.float64)
    ours = features.set_index("feature")["value"]
    value = ours.reindex(names).to_numpy(np.float64)
    size = np.where(np.abs(reference) > NOTHING, np.abs(reference), 1.0)
    difference = np.abs(value - reference) / size
    status = np.select(
        [~np.isin(names, ours.index), difference <= TOLERANCE, difference <= PUBLISHED_TOLERANCE],
        ["absent", "matched", "near"],
        "mismatched",
    )
    return pd.DataFrame(
        {"feature": names, "value": value, "reference": reference, "difference": difference, "status": status}
    )
