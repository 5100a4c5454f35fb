"""What was run, on what, with which versions, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.folder import Results
from imagenomics.report.html import Child, Html, el
from imagenomics.report.table import facts
from imagenomics.report.text import duration

FIRST_KEYS = (
    "study",
    "finished",
    "imagenomics",
    "python",
    "platform",
    "seed",
    "workers",
    "patients",
    "synthetic",
)
STAGES = ("link", "extract", "associate", "enrich", "train", "nulls", "report")
DEEPEST = 8
LONGEST_LIST = 200


def record_section(results: Results) -> Html:
    """Return the run record, folded."""
    record = results.document("record.json")
    if not record:
        return el("p.absent", "The run folder has no record.json: settings, versions and inputs are unknown.")
    known = [(k, _leaf(record[k])) for k in FIRST_KEYS if k in record]
    rest = [k for k in record if k not in FIRST_KEYS and k not in ("seconds", "schema_version")]
    folded = [el("details", el("summary", str(k)), tree(record[k])) for k in rest]
    return el("div", facts(known), _times(record.get("seconds")), folded)


def _times(seconds: Any) -> Html | None:
    if not isinstance(seconds, Mapping) or not seconds:
        return None
    values = {str(k): float(v) for k, v in seconds.items() if isinstance(v, (int, float))}
    longest = max(values.values(), default=0.0) or 1.0
    order = [*(s for s in STAGES if s in values), *(s for s in values if s not in STAGES)]
    rows = [
        el(
            "tr",
            el("th", name, attrs={"scope": "row"}),
            el(
                "td.bar-cell",
                el("span.bar-rail", el("span.up", attrs={"style": f"width:{100 * v / longest:.1f}%;left:0"})),
            ),
            el("td.number", duration(v)),
        )
        for name, v in ((name, values[name]) for name in order)
    ]
    return el(
        "div.table-block",
        el("p.caption", "Time for each stage."),
        el("table.data.plain.times", el("tbody", rows)),
    )


def tree(value: Any, depth: int = 0) -> Html:
    """Return nested settings as nested definition lists."""
    if depth > DEEPEST:
        return _leaf("…")
    if isinstance(value, Mapping):
        return el(
            "dl.tree",
            [[el("dt", str(k)), el("dd", tree(v, depth + 1))] for k, v in value.items()] or _leaf("none"),
        )
    if isinstance(value, (list, tuple)):
        return _list(list(value), depth)
    return _leaf(value)


def _list(values: list[Any], depth: int) -> Html:
    if not values:
        return _leaf("none")
    if not any(isinstance(v, (Mapping, list, tuple)) for v in values):
        left = len(values) - LONGEST_LIST
        return _leaf(", ".join(map(str, values[:LONGEST_LIST])) + (f" and {left:,} more" if left > 0 else ""))
    shown: list[Child] = [el("li", tree(v, depth + 1)) for v in values[:LONGEST_LIST]]
    left = len(values) - LONGEST_LIST
    return el("ol.tree", shown, el("li", f"{left:,} more in record.json") if left > 0 else None)


def _leaf(value: Any) -> Html:
    words = {None: "not set", True: "yes", False: "no"}
    plain = words[value] if value is None or isinstance(value, bool) else str(value)
    return el("span.leaf", plain)
