"""The groups of a ``[[survival]]`` block: columns become groups, groups become curves and tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.settings import FamilySettings
from imagenomics.associate.sides import read_side
from imagenomics.associate.survival.groups import (
    CURVE_COLUMNS,
    GRAY,
    GROUP_COLUMNS,
    group_patients,
    group_tables,
)
from imagenomics.associate.survival.rows import NOT_TESTABLE, OK, SUBDISTRIBUTION, TARGET_KIND
from imagenomics.associate.survival.settings import GroupSettings
from imagenomics.errors import InputError
from imagenomics.runs.families.follow_up import FollowUp
from imagenomics.runs.families.kind import Inputs
from imagenomics.runs.families.survival_columns import one_column
from imagenomics.runs.families.survival_strata import strata_of
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.tables.patient_table import PatientTable

EFFECT = "hazard ratio (observed over expected events)"


def check_groups(block: SurvivalBlock, linked: Linked, features: PatientTable, *, where: str) -> None:
    """Refuse groups that cannot be formed.

    Raises
    ------
    InputError
        ``IGX-SURV-013``: a column that is not there; ``IGX-SURV-014``: a number without a cut, or levels with one.
    """
    for group in block.groups:
        _column(group, linked, features, where=where)


def test_groups(
    block: SurvivalBlock, inputs: Inputs, followed: FollowUp, *, where: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return curves, and one row for each group, of every grouping of a block."""
    strata = strata_of(block, inputs.linked, where)
    curves = [pd.DataFrame(columns=CURVE_COLUMNS)]
    tables = [pd.DataFrame(columns=GROUP_COLUMNS)]
    for group in block.groups:
        table = _column(group, inputs.linked, inputs.extracted.features, where=where)
        side = read_side(table, table.values.index, what="groups")
        column = pd.Series(side.values[:, 0], index=table.values.index)
        known = column.notna() & column.index.isin(followed.times.ids)
        if strata is not None:
            known &= strata.reindex(column.index).notna()
        ids = column.index[known]
        name = _name(group)
        if len(ids) < block.min_patients:
            tables.append(too_few(name, group, len(ids), block))
            continue
        times = followed.times.of(ids)
        found = group_patients(
            column,
            times,
            levels=_levels(table, column),
            strata=strata,
            within=inputs.strata(block),
            settings=group,
            seed=inputs.seed,
        )
        drawn, rows = group_tables(
            found,
            times,
            name=name,
            strata=strata,
            settings=group,
            confidence=block.confidence,
            competing=block.competing,
        )
        curves.append(drawn)
        tables.append(with_small_groups(rows, block))
    return (
        _stacked(curves, CURVE_COLUMNS).assign(analysis=block.name),
        _stacked(tables, GROUP_COLUMNS).assign(analysis=block.name),
    )


def group_rows(groups: pd.DataFrame, *, analysis: str, target: str) -> pd.DataFrame:
    """Return the tests of groups as rows of the table of associations, a claim of their own."""
    labels = {"analysis": analysis, "target": target}
    return pd.DataFrame(
        [_row(str(name), own) | labels for name, own in groups.groupby("grouping", sort=False)]
    )[list(COLUMNS)]


def _row(name: str, own: pd.DataFrame) -> dict[str, Any]:
    first = own.iloc[0]
    ratio = (own["events"] / own["expected"]).to_numpy(dtype=np.float64)
    tested = first["status"] == OK and first["p"] == first["p"]
    effect = float("nan")
    if tested and ratio.size == 2:
        effect = ratio[1] / ratio[0] if ratio[0] > 0 else float("inf")
    elif tested:
        effect = ratio.max() / ratio.min() if ratio.min() > 0 else float("inf")
    p = float(first["p"]) if tested else float("nan")
    numbers = dict.fromkeys(("ci_low", "ci_high", "q", "p_maxt", "se"), float("nan"))
    return {
        **numbers,
        "feature": name,
        "target_kind": TARGET_KIND,
        "stratum": "",
        "test": first["test"] or "log-rank",
        "unit": "patient",
        "n": np.int32(own["n"].sum()),
        "effect": effect,
        "effect_name": f"{SUBDISTRIBUTION if first['test'] == GRAY else ''}{EFFECT}",
        "statistic": float(first["statistic"]) if tested else float("nan"),
        "p": p,
        "neg_log10_p": -np.log10(max(p, 1e-300)) if tested else float("nan"),
        "status": OK if tested else NOT_TESTABLE,
        "reason": first["reason"],
        "df": np.float32(first["df"] if tested else np.nan),
        "df_factor": np.float32(np.nan),
        "permutation": "the whole choice of the cut" if first["cut"] == "maximal" else "",
    }


def with_small_groups(rows: pd.DataFrame, block: FamilySettings) -> pd.DataFrame:
    """Refuse the test where a group is too small; its curve stays."""
    if rows["n"].min() >= block.min_group or rows["status"].iloc[0] != OK:
        return rows
    reason = f"the smallest group has fewer than {block.min_group} patients"
    return rows.assign(status=NOT_TESTABLE, reason=reason, p=np.nan)


def too_few(name: str, group: GroupSettings, n: int, block: FamilySettings) -> pd.DataFrame:
    """Return the row of groups that have too few patients together."""
    row = {
        **dict.fromkeys(GROUP_COLUMNS, float("nan")),
        "grouping": name,
        "group": "all",
        "cut": group.cut,
        "n": n,
        "events": 0,
        "competing": 0,
        "df": 0,
        "draws": 0,
        "test": "",
        "status": NOT_TESTABLE,
        "reason": f"fewer than {block.min_patients} patients have follow-up and the column",
    }
    return pd.DataFrame([row])


def _name(group: GroupSettings) -> str:
    how = {"none": "", "median": " (median)", "maximal": " (chosen cut)"}[group.cut]
    return f"{group.by}{how if group.at is None else f' (above {group.at:g})'}"


def _column(group: GroupSettings, linked: Linked, features: PatientTable, *, where: str) -> PatientTable:
    found = one_column(group.by, linked, features, where=f"{where}, groups")
    cut = group.at is not None or group.cut != "none"
    number = found.columns.at[group.by, "kind"] == "continuous"
    if number != cut:
        raise InputError(
            "IGX-SURV-014",
            f"'{group.by}' is a number and needs a cut"
            if number
            else f"'{group.by}' has levels and is not cut",
            where=f"{where}, groups",
            expected="levels as they are, or a number with cut = 'median', cut = 'maximal' or at = NUMBER",
            remedy=f"write {{ by = '{group.by}', cut = 'median' }}" if number else "leave out 'cut' and 'at'",
        )
    return found


def _levels(table: PatientTable, column: pd.Series) -> tuple[str, ...] | None:
    name = table.columns.index[0]
    kind = table.columns.at[name, "kind"]
    if kind == "continuous":
        return None
    named = table.levels(name)
    if kind == "categorical":
        others = sorted({str(v) for v in table.values[name].dropna().unique()} - set(named))
        return (*named, *others)
    most = int(column.max()) + 1 if column.notna().any() else 0
    return tuple(named) if len(named) >= most else tuple(str(k) for k in range(most))


def _stacked(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    whole = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return whole.reindex(columns=columns)
