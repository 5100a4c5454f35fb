"""Several lesions or samples of one patient: reduced to one by a declared rule, never in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from imagenomics.cohort.losses import DROPPED, Loss, loss_table
from imagenomics.errors import InputError, short_list, unknown_name

NestedRule = Literal["largest", "first", "mean"]
NESTED_RULES: tuple[NestedRule, ...] = ("largest", "first", "mean")


@dataclass(frozen=True)
class Reduced:
    """One row per patient, and the units that were not taken."""

    values: pd.DataFrame
    losses: pd.DataFrame


def reduce_units(
    frame: pd.DataFrame,
    rule: NestedRule | None,
    *,
    by: str | None = None,
    side: str = "units",
    remedy: str = f"declare one of: {', '.join(NESTED_RULES)}",
) -> Reduced:
    """Return one row for each patient, by the rule for several lesions or samples.

    Parameters
    ----------
    frame : DataFrame, (m, p)
        Indexed by ``(patient, unit)``.
    rule : {'largest', 'first', 'mean'} or None
        ``largest``: the unit with the largest value in the column ``by``; ``first``: the smallest value of
        ``by``, without ``by`` the first unit by name; ``mean``: of the values that are there. Ties go by unit
        name, then by the order of rows. None declares no rule.
    by : str, optional
        Column of ``frame``, e.g. a volume or a date.
    side : str
        How the loss table names this side.
    remedy : str
        What to declare where there is no rule.

    Returns
    -------
    Reduced
        Values indexed by patient, sorted; one loss row per unit that was not taken.

    Raises
    ------
    InputError
        ``IGX-COHORT-011`` several units and no rule; ``IGX-COHORT-012`` ``largest`` without a numeric ``by``;
        ``IGX-COHORT-013`` the mean of a column that is not numeric.
    """
    _check_index(frame)
    if rule is not None and rule not in NESTED_RULES:
        raise unknown_name("IGX-COHORT-011", "rule for several units", rule, NESTED_RULES)
    units = [natural_key(str(unit)) for unit in frame.index.get_level_values(1)]
    ordered = frame.iloc[sorted(range(len(frame)), key=units.__getitem__)]
    patients = ordered.index.get_level_values(0)
    if rule is None and patients.has_duplicates:
        raise _no_rule(ordered, side, remedy)
    if rule == "mean":
        return _mean(ordered)
    if by is not None or rule == "largest":
        ordered = _sorted_by(ordered, by, largest=rule == "largest")
        patients = ordered.index.get_level_values(0)
    taken = ~patients.duplicated()
    losses = _losses_of(ordered, taken, f"another unit of this patient was taken ({rule})", side)
    values = ordered[taken].droplevel(1)
    values.index = values.index.rename("patient")
    return Reduced(values.sort_index(), losses)


def natural_key(unit: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a sort key under which 'lesion 2' comes before 'lesion 10'."""
    parts = re.split(r"([0-9]+)", unit)
    return tuple((p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts)


def require_independent(frame: pd.DataFrame, *, what: str = "this analysis") -> None:
    """Refuse a frame with several rows of one patient (``IGX-COHORT-014``)."""
    patients = frame.index.get_level_values(0)
    if patients.has_duplicates:
        example = patients[patients.duplicated()][0]
        raise InputError(
            "IGX-COHORT-014",
            f"{what} takes one row per patient, but '{example}' has {int((patients == example).sum())}",
            expected="rows that are independent of each other",
            remedy=f"reduce the units first, by one of: {', '.join(NESTED_RULES)}",
        )


def _check_index(frame: pd.DataFrame) -> None:
    if frame.index.nlevels != 2:
        raise InputError(
            "IGX-COHORT-011",
            f"the index has {frame.index.nlevels} level(s)",
            expected="an index of two levels: patient, unit",
            remedy="use frame.set_index(['patient', 'unit'])",
        )


def _no_rule(ordered: pd.DataFrame, side: str, remedy: str) -> InputError:
    patients = ordered.index.get_level_values(0)
    several = patients[patients.duplicated()].unique()
    example = sorted(several)[0]
    units = ordered.index.get_level_values(1)[patients == example]
    named = short_list((repr(u) if u else "a row without unit" for u in units), limit=5)
    return InputError(
        "IGX-COHORT-011",
        f"{len(several)} patients have several units, e.g. '{example}': {named}",
        where=side,
        expected="one unit per patient, or a declared rule",
        remedy=remedy,
    )


def _mean(ordered: pd.DataFrame) -> Reduced:
    words = [c for c in ordered.columns if not is_numeric_dtype(ordered[c]) or is_bool_dtype(ordered[c])]
    if words:
        raise InputError(
            "IGX-COHORT-013",
            f"there is no mean of columns that are not numbers: {short_list(words)}",
            remedy="use 'first' or 'largest', or leave these columns out",
        )
    values = ordered.groupby(level=0, sort=True).mean()
    values.index = values.index.rename("patient")
    return Reduced(values, loss_table([]))


def _sorted_by(ordered: pd.DataFrame, by: str | None, *, largest: bool) -> pd.DataFrame:
    if by is None:
        raise InputError(
            "IGX-COHORT-012",
            "'largest' needs the column that is compared",
            remedy="give by='volume' or the like",
        )
    if by not in ordered.columns:
        raise unknown_name("IGX-COHORT-012", "column", by, map(str, ordered.columns))
    if largest and not is_numeric_dtype(ordered[by]):
        raise InputError("IGX-COHORT-012", f"'largest' by '{by}', which is not a number")
    patients = ordered.index.get_level_values(0)
    open_ones = patients[patients.duplicated(keep=False) & ordered[by].isna().to_numpy()]
    if len(open_ones):
        raise InputError(
            "IGX-COHORT-012",
            f"'{by}' is missing for a unit of {short_list(open_ones.unique())}, who has several",
            remedy="fill in the value, or use 'first'",
        )
    return ordered.sort_values(by, ascending=not largest, kind="stable", na_position="last")


def _losses_of(frame: pd.DataFrame, taken: np.ndarray, reason: str, side: str) -> pd.DataFrame:
    rows = [
        Loss(str(patient), side, str(unit), DROPPED, reason)
        for (patient, unit), kept in zip(frame.index, taken, strict=True)
        if not kept
    ]
    return loss_table(sorted(rows))
