"""The same pair with and without adjustment, side by side: what a confounder made, disappears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report.effects import placed, scale_of
from imagenomics.report.families import Family
from imagenomics.report.folder import records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import interval_picture
from imagenomics.report.table import breakable
from imagenomics.report.text import as_float, listed, p_value
from imagenomics.report.wording import Wording, with_scale

MOST_ROWS = 25
COLUMNS = ["effect", "ci_low", "ci_high", "q", "effect_name"]
PARTS = {"estimate": "effect", "ci_low": "ci_low", "ci_high": "ci_high"}
SIDES = ("less", "more")
ENDS = (-1.05, 1.05)  # every measure is stretched to its largest interval
WORDS = ("unadjusted only", "adjusted only", "both", "")
Row = dict[str, Any]


def adjusted_tables(families: Sequence[Family], wording: Wording) -> list[Html]:
    """Return one table for each two families that share pairs and differ in what they adjust for."""
    tables = []
    for i, first in enumerate(families):
        for second in families[i + 1 :]:
            same = (first.stratum, first.modifier) == (second.stratum, second.modifier)
            if set(first.adjust) == set(second.adjust) or not same:
                continue
            less, more = sorted((first, second), key=lambda f: len(f.adjust))
            rows = shared_pairs(less, more)
            if len(rows):
                tables.append(_table(less, more, rows, wording))
    return tables


def shared_pairs(less: Family, more: Family) -> pd.DataFrame:
    """Return the pair of each shared target that is strongest in the less adjusted family."""
    keys = ["feature", "target"]
    left = less.tested[[*keys, *COLUMNS]].astype(dict.fromkeys(keys, object))
    right = more.tested[[*keys, *COLUMNS]].astype(dict.fromkeys(keys, object))
    both = left.merge(right, on=keys, suffixes=("_less", "_more"))
    return both.drop_duplicates("target").reset_index(drop=True)


def _table(less: Family, more: Family, rows: pd.DataFrame, wording: Wording) -> Html:
    reach = _reach(rows)
    marked = rows.assign(
        rank=[_rank(r, less.alpha) for r in records(rows)], change=[_change(r, reach) for r in records(rows)]
    )
    lost = int((marked["rank"] == 0).sum())
    marked = marked.sort_values(["rank", "change"], ascending=[True, False], kind="stable").head(MOST_ROWS)
    sides = el("span.two", el("i.less", less.adjustment), el("i.more", more.adjustment))
    heads = ["target", "its strongest feature", sides, "effect", "in words", "q of the pair", "pair passes"]
    head = el("thead", el("tr", [el("th", h, attrs={"scope": "col"}) for h in heads]))
    body = el("tbody", [_row(record, reach, wording) for record in records(marked)])
    return el(
        "div.table-block",
        el("h4", f"{less.name} and {more.name}"),
        el("p.caption", _words(lost, more), _measures(marked)),
        el("div.scroll", el("table.data.plain.paired", head, body), attrs={"tabindex": "0"}),
    )


def _words(lost: int, more: Family) -> str:
    if lost == 0:
        return "One row for each target. No target passes only without adjustment."
    noun = "target passes" if lost == 1 else "targets pass"
    return (
        f"One row for each target. {lost} {noun} only without adjustment, the largest change first: where "
        f"the effect itself shrinks, what looked like biology follows {listed(list(more.adjust), last='or')}."
    )


def _measures(rows: pd.DataFrame) -> str:
    """Say what the effects are, where each side has one measure throughout."""
    less, more = (sorted(set(rows[f"effect_name_{side}"].astype(str))) for side in SIDES)
    if len(less) != 1 or len(more) != 1:
        return ""
    if less == more:
        return f" Effect: {less[0]}."
    return (
        f" Effect: {less[0]} in the upper row, {more[0]} in the lower; each is drawn on a scale of its own."
    )


def _change(row: Row, reach: dict[str, float]) -> float:
    """Return how far the effect moves, in shares of the largest one of its measure."""
    places = [_place(row, "effect", side) / reach[str(row[f"effect_name_{side}"])] for side in SIDES]
    return abs(places[0] - places[1])


def _rank(row: Row, alpha: float) -> int:
    """Return 0 where only the less adjusted test passes, 1 where only the other does, 2 both, 3 neither."""
    less, more = (_passes(row[f"q_{side}"], alpha) for side in SIDES)
    return {(True, False): 0, (False, True): 1, (True, True): 2, (False, False): 3}[less, more]


def _passes(q: Any, alpha: float) -> bool:
    value = as_float(q)
    return value is not None and value <= alpha


def _place(row: Row, column: str, side: str) -> float:
    return placed(row[f"{column}_{side}"], scale_of(str(row[f"effect_name_{side}"]))) or 0.0


def _reach(rows: pd.DataFrame) -> dict[str, float]:
    """Return the largest distance from 'no effect' of each measure."""
    reach: dict[str, float] = {}
    for row in records(rows):
        for side in SIDES:
            name = str(row[f"effect_name_{side}"])
            far = max(abs(_place(row, column, side)) for column in PARTS.values())
            reach[name] = max(reach.get(name, 1e-9), far)
    return reach


def _row(row: Row, reach: dict[str, float], wording: Wording) -> Html:
    rank = int(row["rank"])
    word = WORDS[rank]
    return el(
        "tr",
        el("th.name", breakable(str(row["target"])), attrs={"scope": "row"}),
        el("td.feature.name", wording.feature(row["feature"])),
        el("td.forest.double", [_picture(row, side, reach) for side in SIDES]),
        _pair_cell([with_scale(row[f"effect_{side}"], str(row[f"effect_name_{side}"])) for side in SIDES]),
        el("td.direction", _directions(row, wording)),
        _pair_cell([p_value(row[f"q_{side}"]) for side in SIDES]),
        el("td", el(f"span.tag.t{rank}", word) if word else None),
    )


def _directions(row: Row, wording: Wording) -> list[Html]:
    """Return the directions of both rows; one, where they agree."""
    pair = row["feature"], row["target"]
    said = [wording.direction(row[f"effect_{s}"], str(row[f"effect_name_{s}"]), *pair) for s in SIDES]
    return [el("span.less", said[0]), *([el("span.more", said[1])] if said[1] != said[0] else [])]


def _picture(row: Row, side: str, reach: dict[str, float]) -> Html:
    name = str(row[f"effect_name_{side}"])
    places = {part: placed(row[f"{column}_{side}"], scale_of(name)) for part, column in PARTS.items()}
    drawn = {part: None if v is None else v / reach[name] for part, v in places.items()}
    return interval_picture(drawn, ENDS, chance=0.0, kind=side)


def _pair_cell(values: Sequence[Child]) -> Html:
    return el("td.number", el("span.less", values[0]), el("span.more", values[1]))
