"""One declared family of tests as the page draws it: its rows, its adjustment and its names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from imagenomics.associate.clusters.rows import SIGNIFICANCE
from imagenomics.associate.replication.frame import POOLED_TESTS
from imagenomics.associate.roc.comparisons import COMPARED
from imagenomics.associate.survival.frame import COMPARED as COMPARED_MODELS
from imagenomics.report.feature_words import words_of
from imagenomics.report.folder import Results
from imagenomics.report.html import visible
from imagenomics.report.text import as_float, interval_name, listed

PASSES = 0.05
BLOCK = re.compile(r"^[A-Za-z0-9_+-]+\.(?=.)")


@dataclass(frozen=True)
class Family:
    """The tested pairs of one analysis (and stratum).

    Parameters
    ----------
    analysis : str
        Name as in ``associations.parquet``.
    stratum : str
        The stratum, where an analysis has several; else ''.
    rows : DataFrame
        Its pairs, ordered by strength (largest ``neg_log10_p`` first, pairs without a test last).
    tested : DataFrame
        The pairs that have a p value.
    passing : DataFrame
        The pairs with q of at most ``alpha``.
    adjust : tuple of str
        What every test is adjusted for.
    alpha : float
        The false discovery rate that the study declares.
    modifier : str
        The column along which pairs may go together differently, where that is what was tested.
    mapped : bool
        The rows stand for lesion maps, not for features that a patient has a value of.
    ends : str
        What its intervals are called.
    """

    analysis: str
    stratum: str
    rows: pd.DataFrame
    tested: pd.DataFrame
    passing: pd.DataFrame
    adjust: tuple[str, ...]
    alpha: float = PASSES
    modifier: str = ""
    mapped: bool = False
    ends: str = interval_name(None)

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many pairs there were and how many were tested, those without a row included."""
        rows = self.rows
        if "target_tests" not in rows.columns or rows["target_tests"].isna().all():
            return len(rows), len(self.tested)
        each = rows.drop_duplicates("target")
        return int(each["target_pairs"].sum()), int(each["target_tests"].sum())

    @property
    def name(self) -> str:
        """Return analysis and, where there is one, stratum."""
        return f"{self.analysis} · {self.stratum}" if self.stratum else self.analysis

    @property
    def adjustment(self) -> str:
        """Return the adjustment in words."""
        return f"adjusted for {listed(list(self.adjust))}" if self.adjust else "not adjusted"


def read_families(results: Results) -> list[Family]:
    """Return the families in the order in which the study declares them; of replications the pooled pairs."""
    table = _judged(results)
    if table.empty:
        return []
    frame = table.assign(analysis=table["analysis"].astype(str), stratum=table["stratum"].astype(str))
    declared = {str(b.get("name")): b for b in results.family_blocks()}
    modifiers = {str(b.get("name")): str(b.get("by")) for b in results.blocks("interaction")}
    maps = {str(b.get("name")) for b in results.blocks("voxels")}
    several = frame.groupby("analysis")["stratum"].nunique() > 1
    found = []
    for (name, stratum), own in frame.groupby(["analysis", "stratum"], sort=False):
        block = declared.get(str(name), {})
        alpha = as_float(block.get("alpha")) or PASSES
        rows = _ordered(own)
        tested, passing = rows[rows["p"].notna()], rows[rows["q"] <= alpha]
        part = _stratum(str(stratum)) if several[str(name)] else ""
        adjust = tuple(map(str, block.get("adjust") or ()))
        found.append(
            Family(
                str(name),
                part,
                rows,
                tested,
                passing,
                adjust,
                alpha,
                modifiers.get(str(name), ""),
                str(name) in maps,
                interval_name(block.get("confidence")),
            )
        )
    order = list(declared)
    return sorted(found, key=lambda f: order.index(f.analysis) if f.analysis in order else len(order))


def _judged(results: Results) -> pd.DataFrame:
    """Return the rows that verdicts rest on, without those of single cohorts, compared AUCs or models, and clusters."""
    table = results.table("associations.parquet")
    if len(table):
        table = table[~table["test"].isin((COMPARED, COMPARED_MODELS, SIGNIFICANCE))].reset_index(drop=True)
    names = {str(block.get("name")) for block in results.blocks("replicate")}
    if table.empty or not names:
        return table
    kept = ~table["analysis"].astype(str).isin(names) | table["test"].isin(POOLED_TESTS)
    return table[kept].reset_index(drop=True)


def _stratum(text: str) -> str:
    return "" if text.lower() in ("", "all", "none", "nan") else text


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    keys = rows.assign(_strength=pd.to_numeric(rows["neg_log10_p"]).fillna(-1.0))
    ordered = keys.sort_values(
        ["_strength", "target", "feature"], ascending=[False, True, True], kind="stable"
    )
    return ordered.drop(columns="_strength").reset_index(drop=True)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return name -> the part after its block, where that stays unique and is not empty."""
    tails = {n: BLOCK.sub("", n) for n in names}
    counts = Counter(tails.values())
    return {n: visible(t if t and counts[t] == 1 else n) for n, t in tails.items()}


def feature_names(names: Sequence[str], columns: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return feature -> (group of image and family, short name within it)."""
    known = (
        columns.reindex(pd.Index(list(names))) if len(columns) else pd.DataFrame(index=pd.Index(list(names)))
    )
    fields = {f: _field(known, f) for f in ("source", "region", "family", "feature")}
    several_regions = len({r for r in fields["region"] if r}) > 1
    several_images = len({s for s in fields["source"] if s}) > 1
    found = {}
    for i, name in enumerate(names):
        source, region, family, feature = (fields[f][i] for f in ("source", "region", "family", "feature"))
        parts = name.split(".", 2)
        source = source or (parts[0] if len(parts) == 3 else "")
        group = " · ".join(visible(w) for w in (source, family) if w)
        place = [w for w, shown in ((source, several_images), (region, several_regions)) if w and shown]
        tail = feature or (parts[2] if len(parts) == 3 else name)
        words, across = words_of(tail)
        said = [" ".join([*place, w]) for w in (words, f"{words} {across}" if across else "", tail) if w]
        found[name] = (group, *said)
    return _told_apart(found)


def _told_apart(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, str]]:
    """Return the first wording of each feature that no other feature of the family has, else its name."""
    counts = Counter(said for _, *words in found.values() for said in words[:-1])
    last = {name: words[-1] for name, (_, *words) in found.items()}
    return {
        name: (group, visible(next((w for w in words[:-1] if counts[w] == 1), last[name])))
        for name, (group, *words) in found.items()
    }


def _field(columns: pd.DataFrame, field: str) -> list[str]:
    if field not in columns.columns:
        return [""] * len(columns)
    return ["" if v is None or v != v else str(v) for v in columns[field]]
