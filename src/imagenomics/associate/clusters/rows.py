"""Clusters as a column that tests can take, and their own significance as a row of associations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.clusters.find import Found, NotFound
from imagenomics.associate.frame import COLUMNS
from imagenomics.tables.patient_table import PatientTable, describe

SIGNIFICANCE = "cluster index against one normal cloud"
EFFECT = "cluster index"
THEMSELVES = "the clusters themselves"
FEATURE = "clusters"
ONE = "one cluster was found: there are no groups to compare"
NUMBERS = (
    *("effect", "ci_low", "ci_high", "statistic", "p", "neg_log10_p", "q", "p_maxt", "df", "df_factor", "se"),
)


@dataclass(frozen=True)
class Compared:
    """The clusters that are large enough to be compared.

    Parameters
    ----------
    name : str
        What the comparison is called where features are named.
    codes : Series
        Cluster of each patient who is in one of them.
    reason : str
        Why nothing can be compared; '' where it can.
    """

    name: str
    codes: pd.Series
    reason: str = ""

    @property
    def table(self) -> PatientTable:
        """Return the clusters as one column: binary (the higher number is 1) where there are two."""
        levels = sorted(self.codes.unique())
        names = [f"cluster {c}" for c in levels]
        if len(levels) == 2:
            values: Any = (self.codes == levels[1]).astype(np.float64)
        else:
            values = self.codes.map(dict(zip(levels, names, strict=True))).astype(object)
        kind = "binary" if len(levels) == 2 else "categorical"
        frame = pd.DataFrame({self.name: values}, index=self.codes.index.rename("patient"))
        return PatientTable(frame, describe([self.name], kind=kind, levels="|".join(names)))


def compared(found: Found, *, min_group: int) -> Compared:
    """Return the clusters with at least ``min_group`` patients as one column."""
    if found.k == 1:
        return Compared(FEATURE, found.clusters, ONE)
    counts = found.clusters.value_counts()
    large = sorted(int(c) for c in counts.index[counts >= min_group])
    if len(large) < 2:
        return Compared(FEATURE, found.clusters, f"fewer than two clusters have {min_group} patients")
    name = (
        f"cluster {large[1]} (against {large[0]})"
        if len(large) == 2
        else f"clusters {', '.join(map(str, large[:-1]))} and {large[-1]}"
    )
    return Compared(name, found.clusters[found.clusters.isin(large)])


def refused_rows(targets: Mapping[str, str], *, analysis: str, reason: str) -> pd.DataFrame:
    """Return a row for each target (with its kind) that says why it was not tested."""
    return _rows(
        [{"target": name, "target_kind": kind, "reason": reason} for name, kind in targets.items()], analysis
    )


def significance_row(found: Found | NotFound, *, analysis: str) -> pd.DataFrame:
    """Return the test of the clusters themselves: a row with a p and a q of its own."""
    facts: dict[str, Any] = {
        "target": THEMSELVES,
        "target_kind": "categorical",
        "test": SIGNIFICANCE,
        "effect_name": EFFECT,
        "n": len(found.scaled.ids),
    }
    if isinstance(found, NotFound):
        return _rows([facts | {"reason": found.reason}], analysis)
    test, place = found.significance, max(found.k, 2) - 1
    tested = {
        "feature": f"{place + 1} clusters",
        "status": "ok",
        "effect": test.ratio[place],
        "statistic": test.ratio[place],
        "p": test.p_any,
        "neg_log10_p": -np.log10(test.p_any),
        "q": test.p_any,
        "reason": "",
    }
    return _rows([facts | tested], analysis)


def _rows(facts: list[dict[str, Any]], analysis: str) -> pd.DataFrame:
    blank: dict[str, Any] = {
        **dict.fromkeys(NUMBERS, np.nan),
        "analysis": analysis,
        "feature": FEATURE,
        "stratum": "",
        "test": "",
        "effect_name": "",
        "unit": "patient",
        "n": 0,
        "status": "not testable",
        "reason": "",
        "permutation": "",
    }
    return pd.DataFrame([blank | row for row in facts], columns=list(COLUMNS))
