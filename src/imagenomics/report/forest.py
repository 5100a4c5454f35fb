"""Effects with their intervals below each other on one scale: a dot for one of many, a diamond for what is pooled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagenomics.report import svg
from imagenomics.report.effects import Scale, placed, scale_of
from imagenomics.report.html import Html

WIDTH, ROW, SIDE = 480.0, 36.0, 16.0
SECOND, APART = 13.0, 45.0  # between name and words where words stand below, and the height of such rows
NAME, WORDS = 12.0, 10.5  # sizes of the letters
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

    Numbers stand below the names where there is no room beside them.
    A line that excludes 'no effect' is drawn in the colour of its direction. ``title`` stands below the axis.
    """
    scale = scale_of(measure)
    apart = any(map(_collide, lines))
    row = APART if apart else ROW
    frame = _frame(lines, scale, height=row * len(lines) + 8, bottom=42 if title else 28)
    marks: list[Html] = []
    none = frame.px(0)
    for k, line in enumerate(lines):
        y = frame.top + row * (k + 1) - 10
        marks.append(svg.line((none, y - 6), (none, y + 8), "chance"))
        marks += _labels(line, frame, y, apart=apart)
        marks += _mark(line, scale, frame, y)
    base = frame.py(0)
    for value in _ticks(frame, scale):
        x = frame.px(placed(value, scale) or 0.0)
        marks.append(svg.line((x, base), (x, base + 4), "axis"))
        marks.append(svg.text((x, base + 16), svg.tick_label(value), "tick", anchor="middle"))
    axis = svg.line((frame.left, base), (frame.width - frame.right, base), "axis")
    said = svg.text((frame.width / 2, frame.height - 4), title, "title", anchor="middle") if title else ""
    return svg.picture(frame, axis, marks, said, label=label)


def _collide(line: Line) -> bool:
    """Tell whether name and words of a line have no room beside each other."""
    room = WIDTH - 2 * SIDE - 8
    return svg.text_width(line.name, NAME) + svg.text_width(line.words, WORDS) > room


def _labels(line: Line, frame: svg.Frame, y: float, *, apart: bool) -> list[Html]:
    right, room = frame.width - frame.right, frame.width - frame.left - frame.right
    name = svg.fitted(line.name, room, NAME)
    up = y - 9 - (SECOND if apart else 0)
    words = (
        svg.text((frame.left, y - 9), line.words, "tick")
        if apart
        else svg.text((right, y - 9), line.words, "tick", anchor="end")
    )
    return [svg.text((frame.left, up), name, "row-name", whole=line.name), words]


def _frame(lines: Sequence[Line], scale: Scale, *, height: float, bottom: float) -> svg.Frame:
    centres = [p for line in lines if (p := placed(line.values[0], scale)) is not None]
    ends = [p for line in lines for v in line.values[1:] if (p := placed(v, scale)) is not None]
    least = 0.3 if scale.ratio else 0.1
    reach = BEYOND * max([abs(c) for c in centres] + [least])
    reach = min(reach, FARTHEST) if scale.ratio else reach
    inside = [min(max(p, -reach), reach) for p in (*centres, *ends)]
    low, high = min([-least, *inside]), max([least, *inside])
    room = (high - low) * 0.04
    return svg.Frame(
        WIDTH,
        height + bottom,
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
