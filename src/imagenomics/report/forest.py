"""Ratios with their intervals below each other on one logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report import svg
from imagenomics.report.html import Html
from imagenomics.report.text import as_float, short

WIDTH, ROW = 480.0, 36.0
STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
FARTHEST = (0.05, 20.0)


def forest_chart(rows: Sequence[Mapping[str, Any]], *, label: str) -> Html:
    """Draw ratios; each row has ``name, estimate, low, high, words, note``. Names stand above their lines."""
    values = [
        v for r in rows for k in ("estimate", "low", "high") if (v := as_float(r[k])) is not None and v > 0
    ]
    low = max(FARTHEST[0], min([0.8, *values]) * 0.92)
    high = min(FARTHEST[1], max([1.25, *values]) * 1.08)
    frame = svg.Frame(
        WIDTH,
        ROW * len(rows) + 50,
        (math.log(low), math.log(high)),
        (0, len(rows)),
        left=16,
        bottom=42,
        right=16,
    )
    marks: list[Html] = []
    for k, row in enumerate(rows):
        y = frame.py(len(rows) - k - 0.72)
        inside = [min(max(as_float(row[c]) or low, low), high) for c in ("low", "high", "estimate")]
        left, right, middle = (frame.px(math.log(v)) for v in inside)
        shows = (as_float(row["low"]) or 0.0) > 1.0 or (as_float(row["high"]) or math.inf) < 1.0
        kind = "more" if shows and (as_float(row["estimate"]) or 1.0) > 1 else "less" if shows else "beside"
        marks.append(svg.text((frame.left, y - 9), short(str(row["name"]), 40), "row-name"))
        marks.append(
            svg.text(
                (frame.width - frame.right, y - 9), f"{row['words']}, {row['note']}", "tick", anchor="end"
            )
        )
        marks.append(svg.line((left, y), (right, y), f"range {kind}"))
        marks.append(svg.dot((middle, y), f"point {kind}", 4))
    one = svg.line((frame.px(0), frame.top), (frame.px(0), frame.py(0)), "chance")
    ticks = [v for v in STEPS if low <= v <= high]
    parts = []
    for value in ticks:
        x = frame.px(math.log(value))
        parts.append(svg.line((x, frame.py(0)), (x, frame.py(0) + 4), "axis"))
        parts.append(svg.text((x, frame.py(0) + 16), svg.tick_label(value), "tick", anchor="middle"))
    ends = svg.line((frame.left, frame.py(0)), (frame.width - frame.right, frame.py(0)), "axis")
    words = svg.text(
        (frame.width / 2, frame.height - 4),
        "hazard ratio (right of 1: event sooner)",
        "title",
        anchor="middle",
    )
    return svg.picture(frame, one, parts, ends, words, marks, label=label)
