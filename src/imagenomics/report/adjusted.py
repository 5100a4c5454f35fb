"""The same pair with and without adjustment, side by side: what a confounder made, disappears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report.families import PASSES, Family
from imagenomics.report.folder import records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import domain_of, interval_picture
from imagenomics.report.table import breakable
from imagenomics.report.text import as_float, fixed, listed, p_value

MOST_ROWS = 25
COLUMNS = ["effect", "ci_low", "ci_high", "q", "n"]


def adjusted_tables(families: Sequence[Family]) -> list[Html]:
    """Return one table for each two families that share pairs and differ in what they adjust for."""
    tables = []
    for i, first in enumerate(families):
        for second in families[i + 1 :]:
            if set(first.adjust) == set(second.adjust) or first.stratum != second.stratum:
                continue
            less, more = sorted((first, second), key=lambda f: len(f.adjust))
            rows = shared_pairs(less, more)
            if len(rows):
                tables.append(_table(less, more, rows))
    return tables


def shared_pairs(less: Family, more: Family) -> pd.DataFrame:
    """Return the pair of each shared target that is strongest in the less adjusted family."""
    keys = ["feature", "target"]
    both = less.tested[[*keys, "neg_log10_p", *COLUMNS]].merge(
        more.tested[[*keys, *COLUMNS]], on=keys, suffixes=("_less", "_more")
    )
    return both.drop_duplicates("target").reset_index(drop=True)


def _table(less: Family, more: Family, rows: pd.DataFrame) -> Html:
    change = (rows["effect_less"] - rows["effect_more"]).abs()
    marked = rows.assign(rank=[_rank(r) for r in records(rows)], change=change)
    lost = int((marked["rank"] == 0).sum())
    marked = marked.sort_values(["rank", "change"], ascending=[True, False], kind="stable").head(MOST_ROWS)
    values = [
        v
        for c in ("effect", "ci_low", "ci_high")
        for s in ("less", "more")
        for v in marked[f"{c}_{s}"].tolist()
    ]
    low, high = domain_of(values, 0.0)
    ends = (-max(-low, high), max(-low, high))
    body = [_row(record, ends) for record in records(marked)]
    head = [
        "target",
        "its strongest feature",
        el("span.two", el("i.less", less.adjustment), el("i.more", more.adjustment)),
        "effect",
        "q",
        "",
    ]
    table = el(
        "table.data.plain.paired",
        el("thead", el("tr", [el("th", h, attrs={"scope": "col"}) for h in head])),
        el("tbody", body),
    )
    return el(
        "div.table-block",
        el("h4", f"{less.name} and {more.name}"),
        el("p.caption", _words(lost, more)),
        el("div.scroll", table, attrs={"tabindex": "0"}),
    )


def _words(lost: int, more: Family) -> str:
    if lost == 0:
        return "One row for each target. No target passes only without adjustment."
    noun = "target passes" if lost == 1 else "targets pass"
    return (
        f"One row for each target. {lost} {noun} only without adjustment, the largest change first: where "
        f"the effect itself shrinks, what looked like biology follows {listed(list(more.adjust), last='or')}."
    )


def _rank(row: dict[str, Any]) -> int:
    """Return 0 where only the less adjusted test passes, 1 where only the other does, 2 both, 3 neither."""
    less, more = (_passes(row[f"q_{side}"]) for side in ("less", "more"))
    return {(True, False): 0, (False, True): 1, (True, True): 2, (False, False): 3}[less, more]


def _passes(q: Any) -> bool:
    value = as_float(q)
    return value is not None and value <= PASSES


def _row(row: dict[str, Any], ends: tuple[float, float]) -> Html:
    pictures = [
        interval_picture(
            {
                k: row[f"{c}_{side}"]
                for k, c in zip(("estimate", "ci_low", "ci_high"), COLUMNS[:3], strict=True)
            },
            ends,
            chance=0.0,
            kind=side,
        )
        for side in ("less", "more")
    ]
    rank = _rank(row)
    word = ("only without adjustment", "only with adjustment", "both", "")[rank]
    tag: Child = el(f"span.tag.t{rank}", word) if word else None
    return el(
        "tr",
        el("th.name", breakable(str(row["target"])), attrs={"scope": "row"}),
        el("td.feature.name", breakable(str(row["feature"]))),
        el("td.forest.double", pictures),
        _pair_cell([fixed(row["effect_less"]), fixed(row["effect_more"])]),
        _pair_cell([p_value(row["q_less"]), p_value(row["q_more"])]),
        el("td", tag),
    )


def _pair_cell(values: Sequence[str]) -> Html:
    return el("td.number", el("span.less", values[0]), el("span.more", values[1]))
