"""Whether two measurements of the same patients differ: before and after, tumour and other side, two readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from imagenomics.associate.rows import Row, frame_of, untested_row
from imagenomics.associate.settings import FamilySettings
from imagenomics.errors import InputError
from imagenomics.stats.mcnemar import mcnemar
from imagenomics.stats.signed_rank import signed_rank
from imagenomics.stats.t_test import paired_t_test
from imagenomics.stats.tested import Tested
from imagenomics.tables.patient_table import PatientTable

FloatArray = npt.NDArray[np.float64]


class PairedSettings(FamilySettings):
    """How two measurements of the same patients are compared."""

    test: Literal["signed-rank", "t"] = Field(
        "signed-rank",
        description="Test of numeric columns: Wilcoxon's signed ranks (effect: pseudomedian of the differences), or "
        "the paired t test (effect: mean difference). Binary columns: McNemar's exact (matched odds ratio).",
    )
    min_group: int = Field(
        10, ge=1, description="Fewest patients whose two values differ; with fewer a pair is not tested."
    )


def find_pairs(table: PatientTable, first: str, second: str) -> list[tuple[str, str]]:
    """Return the columns ``first.<rest>`` and ``second.<rest>`` that have the same rest and kind.

    Raises
    ------
    InputError
        ``IGX-ASSOC-051``: there is none.
    """
    kinds = {str(name): str(kind) for name, kind in table.columns["kind"].items()}
    found = [
        (name, other)
        for name in kinds
        if name.startswith(f"{first}.")
        and kinds.get(other := f"{second}.{name.removeprefix(f'{first}.')}") == kinds[name]
    ]
    if not found:
        raise InputError(
            "IGX-ASSOC-051",
            f"no column of '{first}' has a partner in '{second}'",
            expected=f"columns such as {first}.lesion.mean and {second}.lesion.mean, of the same kind",
            remedy="first and second are the beginnings of column names: blocks ('pre'), or block and region "
            "('t1.lesion')",
        )
    return found


def test_paired(
    table: PatientTable,
    pairs: Sequence[tuple[str, str]],
    *,
    settings: PairedSettings,
    analysis: str,
    second: str,
) -> pd.DataFrame:
    """Test for each pair of columns whether the second tends to differ from the first in the same patients.

    Parameters
    ----------
    table : PatientTable
    pairs : sequence of (str, str)
        First and second column, as :func:`find_pairs` returns them.
    settings : PairedSettings
    analysis : str
    second : str
        What the rows call the second measurement; their ``feature`` is the first column.

    Returns
    -------
    DataFrame
        The columns of every family, a row for each pair; effects are second less first. ``q`` covers all tests.

    Assumes
    -------
    Patients are independent; signed ranks: differences symmetric around their middle.
    """
    rows = [_row(table, first, other, named=second, settings=settings) for first, other in pairs]
    return frame_of(rows, analysis=analysis, fdr=settings.fdr)


test_paired.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _row(table: PatientTable, first: str, second: str, *, named: str, settings: PairedSettings) -> Row:
    kind = str(table.columns.at[first, "kind"])
    if kind == "categorical":
        n = int(table.values[[first, second]].notna().all(axis=1).sum())
        return untested_row(first, named, kind, n, "levels without an order have no difference")
    values = table.values[[first, second]].to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[np.isfinite(values).all(axis=1)]
    row = untested_row(first, named, kind, len(known))
    differ = int((known[:, 0] != known[:, 1]).sum())
    if len(known) < settings.min_patients:
        return row | {"reason": f"fewer than {settings.min_patients} patients have both values"}
    if differ < settings.min_group:
        return row | {"reason": f"the two values differ in fewer than {settings.min_group} patients"}
    name, effect, found = _test(known[:, 1], known[:, 0], kind=kind, settings=settings)
    p = float(found.p)
    return row | {
        "test": name,
        "effect_name": effect,
        "effect": float(found.effect),
        "ci_low": float(found.low),
        "ci_high": float(found.high),
        "statistic": float(found.statistic),
        "df": float(found.df),
        "p": p,
        "neg_log10_p": -np.log10(p) if p > 0 else np.inf,
        "status": "ok",
    }


def _test(x: FloatArray, y: FloatArray, *, kind: str, settings: PairedSettings) -> tuple[str, str, Tested]:
    level = settings.confidence
    if kind == "binary":
        only_x, only_y = int(((x == 1) & (y == 0)).sum()), int(((x == 0) & (y == 1)).sum())
        return "McNemar exact", "matched odds ratio", mcnemar(only_x, only_y, confidence=level)
    if settings.test == "t":
        return "paired t test", "mean difference", paired_t_test(x, y, confidence=level)
    return "Wilcoxon signed rank", "pseudomedian of differences", signed_rank(x, y, confidence=level)
