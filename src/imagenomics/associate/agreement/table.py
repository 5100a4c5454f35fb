"""The table of agreement: every column that several readers gave of the same patients."""

from __future__ import annotations

import pandas as pd

from imagenomics.associate.agreement.coded import coded_rows
from imagenomics.associate.agreement.measured import measured_rows
from imagenomics.associate.agreement.rows import COLUMNS, Readings, Row, not_testable, plain_row, readings_of
from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.errors import InputError, unknown_name
from imagenomics.tables.unit_table import UnitTable

NUMBER_KINDS = ("continuous", "ordinal", "binary")


def measure_agreement(
    table: UnitTable, *, settings: AgreementSettings, analysis: str, seed: int = 0
) -> pd.DataFrame:
    """Say how far readers, examinations or repetitions of the same patients agree, column by column.

    Parameters
    ----------
    table : UnitTable
        Values by patient and reader; units are readers, examinations or repetitions whose names mean the same in
        every patient.
    settings : AgreementSettings
    analysis : str
    seed : int
        Of the bootstrap behind the intervals of alpha.

    Returns
    -------
    DataFrame
        One row for each coefficient: ``analysis, feature, kind, statistic, readers, first, second, n, n_any,
        estimate, ci_low, ci_high, agreed, unit, status, reason``. ``first`` and ``second`` are empty where all
        readers are judged together; ``n`` counts the patients who entered and ``n_any`` those with any value;
        ``agreed`` is the share of pairs of answers that are equal. A column that cannot be judged has a row with
        the reason.

    Raises
    ------
    InputError
        ``IGX-ASSOC-120``: a reader in ``readers`` who read nothing; ``IGX-ASSOC-121``: a column in ``kinds`` that
        is not there, or whose text has no order; ``IGX-STAT-022``: an infinite value.

    Assumes
    -------
    Patients are independent. There is no p value: that readers agree better than dice is not what is asked.

    Source
    ------
    Kappa: Cohen 1960 and 1968; Fleiss' kappa: Fleiss 1971; alpha: Krippendorff 2011; ICC: Shrout & Fleiss 1979;
    concordance: Lin 1989; limits: Bland & Altman 1986.
    """
    order, kinds = known_names(table, settings)
    rows: list[Row] = []
    for name in table.columns.index:
        about = table.columns.loc[name]
        levels = tuple(str(about["levels"]).split("|")) if about["levels"] else ()
        read = readings_of(
            table.values[name], kind=kinds[name], unit=str(about["unit"]), levels=levels, order=order
        )
        rows += _column(read, settings, seed=seed)
    return pd.DataFrame(rows).assign(analysis=analysis).reindex(columns=list(COLUMNS))


def known_names(table: UnitTable, settings: AgreementSettings) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the readers in their order and the kind of each column; refuse names that the table does not have.

    Raises
    ------
    InputError
        ``IGX-ASSOC-120``, ``IGX-ASSOC-121``: see :func:`measure_agreement`.
    """
    return _order(table, settings), _kinds(table, settings)


def _column(read: Readings, settings: AgreementSettings, *, seed: int) -> list[Row]:
    if len(read.readers) < 2:
        who = f"only {read.readers[0]} gave a value" if read.readers else "nobody gave a value"
        return [not_testable(plain_row(read, "", None, 0), f"{who}: agreement needs two")]
    if read.kind == "continuous":
        return measured_rows(read, settings, seed=seed)
    return coded_rows(read, settings, seed=seed)


def _order(table: UnitTable, settings: AgreementSettings) -> tuple[str, ...]:
    known = sorted(map(str, table.values.index.get_level_values("unit").unique()), key=_by_number)
    for name in settings.readers:
        if name not in known:
            raise unknown_name("IGX-ASSOC-120", table.unit, name, known)
    return settings.readers or tuple(known)


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (0, name)


def _kinds(table: UnitTable, settings: AgreementSettings) -> dict[str, str]:
    kinds = {str(name): str(kind) for name, kind in table.columns["kind"].items()}
    for name, kind in settings.kinds.items():
        if name not in kinds:
            raise unknown_name("IGX-ASSOC-121", "column", name, kinds, where="kinds")
        if kinds[name] == "categorical" and kind in NUMBER_KINDS:
            raise InputError(
                "IGX-ASSOC-121",
                f"'{name}' holds names without an order, and cannot be {kind}",
                where="kinds",
                expected="kind = 'categorical'",
                remedy="give the order of the levels in a data dictionary (kind = 'readings')",
            )
    return kinds | {name: str(kind) for name, kind in settings.kinds.items()}
