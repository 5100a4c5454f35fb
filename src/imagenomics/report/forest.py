"""Effects with their intervals below each other on one scale: a dot for one of many, a diamond for what is pooled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagenomics.report import svg
from imagenomics.report.effects import Scale, placed, scale_of
from imagenomics.report.html import Html
from imagenomics.report.text import short

WIDTH, ROW, SIDE = 480.0, 36.0, 16.0
STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
FARTHEST = math.log2(20.0)  # ratios beyond 20 and 1/20 are drawn at the border
BEYOND = 3.0  # intervals that reach further than this many times the largest effect are cut


@dataclass(frozen=True)
class Line:
    """One effect: its name, estimate with both ends of its interval as the table has them, and what is said of it."""

    name: str
    values: tuple[Any, Any, Any]
    words: str
    pooled: bool = False


def forest_chart(lines: Sequence[Line], *, measure: str, label: str, title: str = "") -> Html:
    """Draw effects of one measure (``effect_name``); names and numbers stand above their lines.

    A line that excludes 'no effect' is drawn in the colour of its direction. ``title`` stands below the axis.
    """
    scale = scale_of(measure)
    frame = _frame(lines, scale, bottom=42 if title else 28)
    marks: list[Html] = []
    for k, line in enumerate(lines):
        y = frame.py(len(lines) - k - 0.72)
        right = frame.width - frame.right
        marks.append(svg.text((frame.left, y - 9), short(line.name, 40), "row-name halo"))
        marks.append(svg.text((right, y - 9), line.words, "tick halo", anchor="end"))
        marks += _mark(line, scale, frame, y)
    base = frame.py(0)
    for value in _ticks(frame, scale):
        x = frame.px(placed(value, scale) or 0.0)
        marks.append(svg.line((x, base), (x, base + 4), "axis"))
        marks.append(svg.text((x, base + 16), svg.tick_label(value), "tick", anchor="middle"))
    none = svg.line((frame.px(0), frame.top), (frame.px(0), base), "chance")
    axis = svg.line((frame.left, base), (frame.width - frame.right, base), "axis")
    below = svg.text((frame.width / 2, frame.height - 4), title, "title", anchor="middle") if title else ""
    return svg.picture(frame, none, axis, marks, below, label=label)


def _frame(lines: Sequence[Line], scale: Scale, *, bottom: float) -> svg.Frame:
    centres = [p for line in lines if (p := placed(line.values[0], scale)) is not None]
    ends = [p for line in lines for v in line.values[1:] if (p := placed(v, scale)) is not None]
    least = 0.3 if scale.ratio else 0.1
    reach = BEYOND * max([abs(c) for c in centres] + [least])
    reach = min(reach, FARTHEST) if scale.ratio else reach
    inside = [min(max(p, -reach), reach) for p in (*centres, *ends)]
    low, high = min([-least, *inside]), max([least, *inside])
    room = (high - low) * 0.04
    height = ROW * len(lines) + bottom + 8
    return svg.Frame(
        WIDTH,
        height,
        (low - room, high + room),
        (0, len(lines)),
        left=SIDE,
        bottom=bottom,
        right=SIDE,
    )


def _ticks(frame: svg.Frame, scale: Scale) -> list[float]:
    if scale.ratio:
        return [v for v in STEPS if frame.x[0] <= math.log2(v) <= frame.x[1]]
    return [round(t + scale.neutral, 4) for t in svg.nice_ticks(*frame.x, most=5)]


def _mark(line: Line, scale: Scale, frame: svg.Frame, y: float) -> list[Html]:
    centre, low, high = (placed(v, scale) for v in line.values)
    if centre is None:
        return []
    kind = "beside"
    if low is not None and high is not None and (low > 0 or high < 0):
        kind = "more" if centre > 0 else "less"

    def at(value: float) -> float:
        return frame.px(min(max(value, frame.x[0]), frame.x[1]))

    x = at(centre)
    if low is None or high is None:
        return [svg.dot((x, y), f"point {kind}", 4)]
    if line.pooled:
        corners = [(at(low), y), (x, y - 6), (at(high), y), (x, y + 6)]
        return [svg.path(corners, f"point {kind}", closed=True)]
    return [svg.line((at(low), y), (at(high), y), f"range {kind}"), svg.dot((x, y), f"point {kind}", 4)]
