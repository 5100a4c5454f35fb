"""Who entered: clinical variables described for all patients and for each site. A description, no test."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from imagenomics.tables.patient_table import PatientTable

COLUMNS = (
    "variable", "kind", "unit", "level", "group", "patients", "known", "n", "percent", "median", "q1", "q3",
)  # fmt: skip
ROLES = ("clinical", "site")  # how pictures were made is no characteristic of a patient
MEASURES = ("percent", "median", "q1", "q3")
ALL = ""  # the group of all patients
MOST_SITES = 6
MOST_LEVELS = 30
PLACES = 6
Row = tuple[object, ...]


def table_one(clinical: PatientTable) -> pd.DataFrame:
    """Return the characteristics of the patients, as the first table of a paper has them.

    Parameters
    ----------
    clinical : PatientTable
        Clinical variables, and the column ``site`` (role ``site``) where one is declared.

    Returns
    -------
    DataFrame
        One row for each variable, level and group with the columns ``COLUMNS``. ``group`` is a site, or '' for all
        patients; sites have groups of their own only where there are 2 to 6. ``n`` and ``percent`` (of the patients in
        whom the variable is known) belong to the level of a category, ``median, q1, q3`` (linear interpolation) to
        numbers; ``level`` is '' there. Levels beyond the 30 most frequent are one row, named 'n others'.
    """
    sites = clinical.where(role="site").values
    site = sites.iloc[:, 0] if sites.shape[1] else pd.Series(index=clinical.values.index, dtype=object)
    names = sorted(map(str, site.dropna().unique()))
    groups = {ALL: clinical.values}
    if 2 <= len(names) <= MOST_SITES:
        groups |= {name: clinical.values[site.astype(str) == name] for name in names}
    rows = [
        row
        for name in clinical.columns.index[clinical.columns["role"].isin(ROLES)]
        for group, frame in groups.items()
        if group == ALL or name not in sites.columns
        for row in _rows(clinical, str(name), group, frame[name])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"n": "Int64", **dict.fromkeys(MEASURES, "float64")}
    )


def _rows(table: PatientTable, name: str, group: str, values: pd.Series) -> Iterator[Row]:
    kind, unit = str(table.columns.at[name, "kind"]), str(table.columns.at[name, "unit"])
    known = values.dropna()
    counts = (len(values), len(known))
    if kind == "continuous":
        number = known.astype(float)
        middle = [
            round(float(number.quantile(q)), PLACES) if len(number) else None for q in (0.5, 0.25, 0.75)
        ]
        yield (name, kind, unit, "", group, *counts, None, None, *middle)
        return
    for level, n in _levels(table, name, known):
        percent = round(100 * n / len(known), PLACES) if len(known) else None
        yield (name, kind, unit, level, group, *counts, n, percent, None, None, None)


def _levels(table: PatientTable, name: str, known: pd.Series) -> Iterator[tuple[str, int]]:
    """Yield levels in their order with their counts; the same levels in every group."""
    everybody = table.values[name].dropna()
    levels = table.levels(name)
    if table.columns.at[name, "kind"] in ("binary", "ordinal"):
        numbers = sorted(set(range(len(levels))) | {int(v) for v in everybody})
        words = {float(k): levels[k] if 0 <= k < len(levels) else str(k) for k in numbers}
    else:
        words = {v: str(v) for v in [*levels, *sorted(set(everybody) - set(levels), key=str)]}
    counts = known.value_counts()
    frequent = sorted(words, key=lambda v: -int((everybody == v).sum()))[:MOST_LEVELS]
    for value, word in words.items():
        if value in frequent:
            yield word, int(counts.get(value, 0))
    left = [value for value in words if value not in frequent]
    if left:
        yield f"{len(left)} others", int(sum(counts.get(value, 0) for value in left))
