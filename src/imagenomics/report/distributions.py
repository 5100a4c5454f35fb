"""The patients behind the strongest pairs: the feature by group and by site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.report.families import Family
from imagenomics.report.feature_words import words_of
from imagenomics.report.folder import Results
from imagenomics.report.heatmap import compact
from imagenomics.report.title import site_column

SHOWN = 6
MOST_GROUPS = 8
MOST_SITES = 12
MOST_PATIENTS = 3000
MOST_VALUES = 60_000  # numbers of features on the page


def strongest_pairs(family: Family, limit: int = SHOWN) -> list[dict[str, Any]]:
    """Return the strongest pairs, each target at most twice so that more than one gene is seen."""
    chosen: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for row in family.tested.head(5000).to_dict("records"):
        target = str(row["target"])
        if seen.get(target, 0) < 2:
            chosen.append({str(k): v for k, v in row.items()})
            seen[target] = seen.get(target, 0) + 1
        if len(chosen) == limit:
            break
    return chosen


def people_data(
    results: Results, features: Iterable[str], targets: Iterable[str], *, most_values: int = MOST_VALUES
) -> dict[str, Any] | None:
    """Return values of features, targets and sites by patient, for all charts of single pairs.

    Parameters
    ----------
    results : Results
        The run folder.
    features, targets : iterable of str
        Names in order of importance; repeated names count once. Those that no table holds are left out, and so are
        features beyond ``most_values`` numbers.
    """
    table = results.table("features.parquet")
    patients = table.index[:MOST_PATIENTS]
    if not len(patients):
        return None
    known = [f for f in dict.fromkeys(features) if f in table.columns]
    known = known[: max(SHOWN, most_values // len(patients))]
    columns = {t: target_of(results, t) for t in dict.fromkeys(targets)}
    site, clinical = site_column(results), results.table("clinical.parquet")
    sites = clinical[site].reindex(patients) if site else pd.Series(index=patients, dtype=object)
    return {
        "patients": [str(p) for p in patients],
        "features": {f: compact(pd.to_numeric(table.loc[patients, f], errors="coerce")) for f in known},
        "units": {f: unit for f in known if (unit := _field(results, f, "unit"))},
        "names": {f: words for f in known if (words := words_of(_field(results, f, "feature"))[0])},
        "targets": {
            t: groups_of(column.reindex(patients), levels_of(results, t))
            for t, column in columns.items()
            if column is not None
        },
        **_sites(sites),
    }


def target_of(results: Results, name: str) -> pd.Series | None:
    """Return a molecule or clinical variable by patient; None where no table has it."""
    for file in ("molecules.parquet", "clinical.parquet"):
        table = results.table(file)
        if name in table.columns:
            return table[name]
    return None


def groups_of(column: pd.Series, levels: list[str]) -> dict[str, Any]:
    """Return level names and the level of each patient (None: unknown), or numbers of a continuous target."""
    present = column.dropna()
    named = (
        bool(levels) and not pd.api.types.is_numeric_dtype(column) and set(present.astype(str)) <= set(levels)
    )
    number = pd.Series(np.nan, present.index) if named else pd.to_numeric(present, errors="coerce")
    if number.notna().all() and not levels and number.nunique() > MOST_GROUPS:
        return {"levels": [], "groups": compact(pd.to_numeric(column, errors="coerce"))}
    if number.notna().all():
        codes = sorted(map(float, number.unique()))
        names = [levels[int(c)] if c.is_integer() and 0 <= c < len(levels) else f"{c:g}" for c in codes]
        place = {p: codes.index(float(v)) for p, v in number.items()}
    else:
        text = present.astype(str)
        names = [*(w for w in levels if (text == w).any()), *sorted(set(text) - set(levels))]
        place = {p: names.index(v) for p, v in text.items()}
    return {"levels": names, "groups": [place.get(p) for p in column.index]}


def _sites(column: pd.Series) -> dict[str, Any]:
    """Return the names of the largest sites and the site of each patient (-1: another or none)."""
    counts = column.dropna().astype(str).value_counts()
    names = sorted(sorted(counts.index, key=lambda s: (-int(counts[s]), s))[:MOST_SITES])
    place = {name: i for i, name in enumerate(names)}
    return {"sites": names, "site": [place.get(str(v), -1) for v in column], "allSites": len(counts)}


def levels_of(results: Results, target: str) -> list[str]:
    """Return the level names of a molecule or clinical variable; none for a number."""
    for name in ("molecules.columns.parquet", "clinical.columns.parquet"):
        columns = results.table(name)
        if "levels" in columns.columns and target in columns.index:
            text = columns.at[target, "levels"]
            return str(text).split("|") if isinstance(text, str) and text else []
    return []


def _field(results: Results, feature: str, field: str) -> str:
    columns = results.table("features.columns.parquet")
    if field not in columns.columns or feature not in columns.index:
        return ""
    return str(columns.at[feature, field] or "")
