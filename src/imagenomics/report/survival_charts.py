"""Curves of survival, with bands, censoring and the patients at risk under them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.report import svg
from imagenomics.report.html import Html, el
from imagenomics.report.text import short

WIDTH, PLOT, ROW = 440.0, 300.0, 15.0
MOST_GROUPS = 6
MOST_TICKS = 200  # censored patients that are marked in one curve


def curve_key(names: Sequence[str]) -> Html:
    """Return which line is which group."""
    items = []
    for k, name in enumerate(names[:MOST_GROUPS]):
        mark = svg.line((0, 5), (24, 5), f"curve s{k}")
        swatch = el("svg.swatch", mark, attrs={"viewBox": "0 0 24 10", "aria-hidden": "true"})
        items.append(el("li", swatch, short(name, 44)))
    return el("ul.legend.model-key", items)


def curve_chart(curves: pd.DataFrame, names: Sequence[str], *, unit: str, title: str) -> Html | None:
    """Draw one step curve for each group with its band, ticks where patients were censored, and a table at risk.

    Parameters
    ----------
    curves : DataFrame
        ``group, time, estimate, ci_low, ci_high, at_risk, events, censored``, one row for each distinct time.
    names : sequence of str
        Groups in order; the first few are drawn.
    unit, title : str
        Of time, and what is measured.
    """
    shown = [n for n in names[:MOST_GROUPS] if (curves["group"].astype(str) == n).any()]
    if not shown:
        return None
    own = {n: curves[curves["group"].astype(str) == n].sort_values("time", kind="stable") for n in shown}
    last = max(float(frame["time"].max()) for frame in own.values())
    below = 34 + 22 + ROW * len(shown)
    frame = svg.Frame(WIDTH, PLOT + below, (0.0, last), (0.0, 1.0), left=52, bottom=below + 6, right=14)
    ticks = svg.nice_ticks(0.0, last, most=6)
    marks: list[Html] = []
    for k, name in enumerate(shown):
        marks.append(_band(frame, own[name], k))
    for k, name in enumerate(shown):
        marks += _curve(frame, own[name], k)
    bottom = frame.py(0)
    words = svg.text(
        ((frame.px(0) + frame.px(last)) / 2, bottom + 31), f"time ({unit})", "title", anchor="middle"
    )
    risk = _at_risk(frame, own, shown, ticks, bottom + 50)
    axes = _axes(frame, ticks, title)
    label = f"{title} of {', '.join(shown)}, with the number at risk"
    return svg.picture(frame, axes, words, marks, risk, label=label)


def _axes(frame: svg.Frame, ticks: Sequence[float], title: str) -> Html:
    (x0, y0), (x1, y1) = frame.at(frame.x[0], 0.0), frame.at(frame.x[1], 1.0)
    parts = []
    for value in ticks:
        parts.append(svg.line((frame.px(value), y0), (frame.px(value), y0 + 4), "axis"))
        parts.append(svg.text((frame.px(value), y0 + 16), svg.tick_label(value), "tick", anchor="middle"))
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(svg.line((x0, frame.py(value)), (x1, frame.py(value)), "grid"))
        parts.append(svg.text((x0 - 6, frame.py(value) + 3.5), f"{value:.0%}", "tick", anchor="end"))
    parts.append(svg.line((x0, y0), (x1, y0), "axis"))
    parts.append(svg.text((11, (y0 + y1) / 2), short(title, 40), "title", anchor="middle", turn=-90))
    return Html("".join(parts))


def _steps(frame: svg.Frame, rows: pd.DataFrame, column: str) -> list[svg.Point]:
    """Return the corners of a step line; only where the line moves, and at its end."""
    time, value = rows["time"].to_numpy(dtype=float), rows[column].to_numpy(dtype=float)
    known = ~np.isnan(value)
    time, value = time[known], value[known]
    points: list[svg.Point] = []
    for k, (t, v) in enumerate(zip(time, value, strict=True)):
        if k == 0:
            points.append(frame.at(t, v))
            continue
        if v != value[k - 1]:
            points += [frame.at(t, value[k - 1]), frame.at(t, v)]
        elif k == time.size - 1:
            points.append(frame.at(t, v))
    return points


def _band(frame: svg.Frame, rows: pd.DataFrame, k: int) -> Html:
    low, high = _steps(frame, rows, "ci_low"), _steps(frame, rows, "ci_high")
    return svg.path([*high, *reversed(low)], f"band s{k}", closed=True)


def _curve(frame: svg.Frame, rows: pd.DataFrame, k: int) -> list[Html]:
    parts = [svg.path(_steps(frame, rows, "estimate"), f"curve s{k}")]
    left = rows[rows["censored"] > 0].head(MOST_TICKS)
    for t, v in zip(left["time"], left["estimate"], strict=True):
        x, y = frame.at(float(t), float(v))
        parts.append(svg.line((x, y - 3.5), (x, y + 3.5), f"censored s{k}"))
    return parts


def _at_risk(
    frame: svg.Frame, own: dict[str, pd.DataFrame], shown: Sequence[str], ticks: Sequence[float], top: float
) -> list[Html]:
    parts = [svg.text((frame.left, top), "number at risk", "tick")]
    for k, name in enumerate(shown):
        y = top + ROW * (k + 1)
        rows = own[name]
        time, count = rows["time"].to_numpy(dtype=float), rows["at_risk"].to_numpy(dtype=float)
        parts.append(svg.line((8, y - 4), (28, y - 4), f"curve s{k}"))
        for value in ticks:
            place = int(np.searchsorted(time, value, side="left"))
            here = f"{int(count[place])}" if place < count.size else "0"
            parts.append(svg.text((frame.px(value), y), here, "tick", anchor="middle"))
    return parts
