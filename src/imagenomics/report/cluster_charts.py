"""How the number of clusters was chosen: gap, ambiguous pairs, silhouettes and the index against one cloud."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.folder import records
from imagenomics.report.html import Html, el
from imagenomics.report.text import as_float

WIDTH, HEIGHT = 300.0, 210.0
Point = tuple[float, float]


def choice_charts(choice: pd.DataFrame) -> Html:
    """Return one small chart for each measure over the number of clusters; the chosen number is filled."""
    rows = records(choice)
    chosen = next((int(r["k"]) for r in rows if r["chosen"]), 0)
    charts = [
        _chart(
            rows,
            ("gap", "gap statistic"),
            "Larger: tighter than patients without any groups.",
            chosen,
            error="se",
        ),
        _chart(
            rows,
            ("ambiguous", "ambiguous pairs"),
            "Share of pairs of patients that resampling cannot place.",
            chosen,
        ),
        _chart(
            rows,
            ("silhouette", "mean silhouette"),
            "Larger: nearer to the own cluster than to the next.",
            chosen,
        ),
        _chart(
            rows,
            ("index", "cluster index"),
            "Spread within clusters over the whole; dashed: one normal cloud with the same correlations.",
            chosen,
            beside="index_expected",
        ),
    ]
    return el("div.charts", charts)


def _chart(
    rows: Sequence[dict[str, object]],
    measure: tuple[str, str],
    words: str,
    chosen: int,
    *,
    error: str = "",
    beside: str = "",
) -> Html | None:
    name, title = measure
    points = _points(rows, name)
    if len(points) < 2:
        return None
    spread = (
        {int(x): as_float(r[error]) or 0.0 for (x, _), r in zip(points, _known(rows, name), strict=True)}
        if error
        else {}
    )
    ends = [y + s * spread.get(int(x), 0.0) for x, y in points for s in (-1, 1)]
    other = _points(rows, beside) if beside else []
    ends += [y for _, y in other]
    low, high = min(ends), max(ends)
    room = 0.08 * ((high - low) or 1.0)
    last = max(x for x, _ in points)
    frame = svg.Frame(WIDTH, HEIGHT, (0.6, last + 0.4), (low - room, high + room), left=52)
    ticks = [float(k) for k in range(1, int(last) + 1, 1 if last <= 12 else 3)]
    marks = [
        svg.line(frame.at(x, y - spread[int(x)]), frame.at(x, y + spread[int(x)]), "range beside")
        for x, y in points
        if int(x) in spread
    ]
    marks.append(svg.path((frame.at(x, y) for x, y in points), "curve s0"))
    if other:
        marks.append(svg.path((frame.at(x, y) for x, y in other), "curve mo1 mo0"))
    marks += [
        svg.dot(
            frame.at(x, y),
            f"point {'cut-naive' if int(x) == chosen else 'cut-tried'}",
            5 if int(x) == chosen else 3.5,
        )
        for x, y in points
    ]
    axes = svg.axes(frame, (ticks, svg.nice_ticks(*frame.y, most=5)), ("number of clusters", title))
    label = f"{title} by number of clusters; {chosen} chosen"
    head = el("figcaption", el("b", title[:1].upper() + title[1:]), words)
    return el("figure.small-chart", head, svg.picture(frame, axes, marks, label=label))


def _known(rows: Sequence[dict[str, object]], name: str) -> list[dict[str, object]]:
    return [r for r in rows if as_float(r[name]) is not None]


def _points(rows: Sequence[dict[str, object]], name: str) -> list[Point]:
    return [(float(as_float(r["k"]) or 0.0), float(as_float(r[name]) or 0.0)) for r in _known(rows, name)]
