"""One label of a patient from several biopsies, foci or lesions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_units import UnitLabelSettings
from imagenomics.tables.unit_table import UnitTable

Units = Any  # a column grouped by patient
FITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("any", "all", "share"), ("binary",)),
    **dict.fromkeys(("most", "differ"), ("binary", "ordinal", "categorical")),
    **dict.fromkeys(("max", "min", "median"), ("continuous", "ordinal")),
    **dict.fromkeys(("mean", "range", "sd"), ("continuous",)),
}
NUMBERS: Mapping[str, Callable[[Units], pd.Series]] = {
    "share": lambda g: g.mean(),
    "mean": lambda g: g.mean(),
    "median": lambda g: g.median(),
    "max": lambda g: g.max(),
    "min": lambda g: g.min(),
    "range": lambda g: g.max() - g.min(),
    "sd": lambda g: g.std(ddof=1),
}
ALIKE = ("alike", "differ")
OPEN, TIED = "units without a value could change the answer", "as many units of one level as of another"


def unit_labels(settings: UnitLabelSettings, inputs: Inputs) -> list[Label]:
    """Return one label for each chosen column of a block whose rows are units inside patients.

    A unit without a value is left out of numbers, shares and majorities. Of 'any', 'all' and 'differ' it leaves the
    patient without a call where it could change the answer: one positive biopsy makes 'any' positive whatever the
    others are, but the absence of a mutation is known only where every unit was assayed.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such block or column; ``IGX-GEN-064`` its rows are no units; ``IGX-GEN-065`` the rule is not
        for columns of this kind.
    """
    table = _unit_table(settings, inputs)
    return [_label(settings, table, column, inputs) for column in _columns(settings, table, inputs)]


def _unit_table(settings: UnitLabelSettings, inputs: Inputs) -> UnitTable:
    found = inputs.block(settings.units).units
    if found is None:
        raise InputError(
            "IGX-GEN-064",
            f"the rows of '{settings.units}' are patients already",
            where=inputs.where,
            expected="a [[molecules]] block with `per`",
            remedy="name the block of biopsies, or use its columns as they are",
        )
    return found


def _columns(settings: UnitLabelSettings, table: UnitTable, inputs: Inputs) -> list[str]:
    names = {str(c): str(f) for c, f in table.columns["feature"].items()}
    chosen: dict[str, None] = {}
    for pattern in settings.columns:
        fitting = [c for c, f in names.items() if fnmatchcase(f, pattern) or pattern == c]
        if not fitting:
            raise unknown_name("IGX-GEN-031", "column", pattern, names.values(), where=inputs.where)
        chosen.update(dict.fromkeys(fitting))
    wrong = {c: k for c in chosen if (k := str(table.columns.at[c, "kind"])) not in FITS[settings.rule]}
    if wrong:
        raise InputError(
            "IGX-GEN-065",
            f"rule = '{settings.rule}' is not for {short_list(f'{c} ({k})' for c, k in wrong.items())}",
            where=inputs.where,
            expected=f"columns that are {' or '.join(FITS[settings.rule])}",
            remedy="choose another rule, or name the columns it is for in `columns`",
        )
    return list(chosen)


def _label(settings: UnitLabelSettings, table: UnitTable, column: str, inputs: Inputs) -> Label:
    units = table.values[column].groupby(level="patient", sort=True)
    total, known = (n.reindex(inputs.patients) for n in (units.size(), units.count()))
    values, reasons = _summed(settings.rule, units, no_reasons(units.count().index))
    reasons = reasons.reindex(inputs.patients).fillna("")
    few = f"fewer than {settings.needed} {table.unit} rows with a value"
    reasons = reasons.mask(known.fillna(0) < settings.needed, few)
    reasons = reasons.mask(total.isna(), f"no {table.unit} row in '{settings.units}'")
    kind, levels = _meaning(settings.rule, table, column)
    words = f"{settings.rule} of the {table.unit} rows of a patient"
    words += f", of at least {settings.needed}" if settings.needed > 1 else ""
    values = values.reindex(inputs.patients).astype(object if kind == "categorical" else float)
    called = values.where(reasons == "", None if kind == "categorical" else np.nan)
    feature, unit = str(table.columns.at[column, "feature"]), str(table.columns.at[column, "unit"])
    learned = str(table.columns.at[column, "learned"])
    unit = "share" if settings.rule == "share" else unit
    return Label(feature, called, reasons, words, (settings.units,), kind, levels, unit, learned)


def _meaning(rule: str, table: UnitTable, column: str) -> tuple[str, tuple[str, ...]]:
    """Return the kind and the levels of a label."""
    if rule == "differ":
        return "binary", ALIKE
    if rule == "share":
        return "continuous", ()
    text = str(table.columns.at[column, "levels"])
    return str(table.columns.at[column, "kind"]), tuple(text.split("|")) if text else ()


def _summed(rule: str, units: Units, reasons: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the answer of each patient, and why there is none."""
    if rule in NUMBERS:
        return NUMBERS[rule](units), reasons
    open_units = units.size() > units.count()
    if rule == "any":
        values = units.max()
        return values, give_reason(reasons, open_units & (values == 0), OPEN)
    if rule == "all":
        values = units.min()
        return values, give_reason(reasons, open_units & (values == 1), OPEN)
    if rule == "differ":
        values = (units.nunique() > 1).astype(float)
        return values, give_reason(reasons, open_units & (values == 0), OPEN)
    modes = units.agg(lambda own: list(own.mode()))
    tied = modes.map(len) > 1
    return modes.map(lambda found: found[0] if found else None), give_reason(reasons, tied, TIED)
