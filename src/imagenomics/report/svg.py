"""Small charts as inline SVG: one frame with linear axes, and the marks drawn in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagenomics.report.html import Child, Html, el
from imagenomics.report.text import short

BROAD = (
    ("ijlI.,:; -·/'|", 0.34),
    ("rtf()[]!", 0.4),
    ("csvxyz_", 0.56),
    ("mwMW%@…", 0.97),
)  # shares of the size
TITLE = 11.5  # size of the letters of an axis title
Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A plotting area in a viewBox of ``width`` x ``height`` user units.

    Parameters
    ----------
    width, height : float
        Of the whole picture.
    x, y : (float, float)
        Values at the left and right, and at the lower and upper border.
    left, bottom, top, right : float
        Margins.
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 46
    bottom: float = 40
    top: float = 10
    right: float = 12

    def px(self, value: float) -> float:
        """Return the horizontal place of ``value``."""
        return self.left + _share(value, self.x) * (self.width - self.left - self.right)

    def py(self, value: float) -> float:
        """Return the vertical place of ``value``."""
        return self.height - self.bottom - _share(value, self.y) * (self.height - self.top - self.bottom)

    def at(self, x: float, y: float) -> Point:
        """Return the place of a point."""
        return self.px(x), self.py(y)


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return (value - low) / (high - low) if high != low else 0.5


def picture(frame: Frame, *marks: Child, label: str, attrs: Mapping[str, Any] | None = None) -> Html:
    """Return the SVG element; ``label`` is read aloud by screen readers."""
    given = {
        "viewBox": f"0 0 {_n(frame.width)} {_n(frame.height)}",
        "role": "img",
        "aria-label": label,
        "style": f"max-width:{_n(frame.width)}px",
        **(attrs or {}),
    }
    return el("svg.chart", *marks, attrs=given)


def axes(frame: Frame, ticks: tuple[Sequence[float], Sequence[float]], titles: tuple[str, str]) -> Html:
    """Return grid lines, tick labels and axis titles."""
    (x0, y0), (x1, y1) = frame.at(frame.x[0], frame.y[0]), frame.at(frame.x[1], frame.y[1])
    parts: list[Html] = []
    for value in ticks[0]:
        parts.append(line((frame.px(value), y0), (frame.px(value), y1), "grid"))
        parts.append(text((frame.px(value), y0 + 15), tick_label(value), "tick", anchor="middle"))
    for value in ticks[1]:
        parts.append(line((x0, frame.py(value)), (x1, frame.py(value)), "grid"))
        parts.append(text((x0 - 6, frame.py(value) + 3.5), tick_label(value), "tick", anchor="end"))
    parts.append(line((x0, y0), (x1, y0), "axis"))
    for middle, length, words, turn in (
        ((x0 + x1) / 2, frame.width, titles[0], 0),
        ((y0 + y1) / 2, frame.height, titles[1], -90),
    ):
        shown = fitted(words, 2 * min(middle, length - middle), TITLE)
        at = (12, middle) if turn else (middle, frame.height - 5)
        parts.append(text(at, shown, "title", anchor="middle", turn=turn, whole=words))
    return Html("".join(parts))


def line(a: Point, b: Point, kind: str) -> Html:
    """Return a straight line of the class ``kind``."""
    ends = {"x1": _n(a[0]), "y1": _n(a[1]), "x2": _n(b[0]), "y2": _n(b[1])}
    return el("line", attrs={"class": kind, **ends})


def path(points: Iterable[Point], kind: str, *, closed: bool = False) -> Html:
    """Return a line through the points."""
    steps = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    return el("path", attrs={"class": kind, "d": f"M{steps}{'Z' if closed else ''}"}) if steps else Html("")


def dot(at: Point, kind: str, radius: float = 4) -> Html:
    """Return a filled circle."""
    return el("circle", attrs={"class": kind, "cx": _n(at[0]), "cy": _n(at[1]), "r": _n(radius)})


def box(corner: Point, width: float, height: float, *, kind: str) -> Html:
    """Return a rectangle."""
    where = {"x": _n(corner[0]), "y": _n(corner[1]), "width": _n(max(width, 0)), "height": _n(max(height, 0))}
    return el("rect", attrs={"class": kind, **where})


def text(
    at: Point, words: str, kind: str, *, anchor: str = "start", turn: float = 0, whole: str = ""
) -> Html:
    """Return text; ``whole`` is what was shortened to ``words`` and is shown on hovering."""
    attrs = {"class": kind, "x": _n(at[0]), "y": _n(at[1]), "text-anchor": anchor}
    if turn:
        attrs["transform"] = f"rotate({_n(turn)} {_n(at[0])} {_n(at[1])})"
    return el("text", words, el("title", whole) if whole and whole != words else None, attrs=attrs)


def text_width(words: str, size: float) -> float:
    """Return about how wide ``words`` are in a broad sans-serif face of ``size`` user units."""
    return size * sum(_broad(letter) for letter in words)


def fitted(words: str, width: float, size: float) -> str:
    """Return the words, their middle left out where they would be wider than ``width``."""
    shown = words
    for limit in range(len(words) - 1, 2, -1):
        if text_width(shown, size) <= width:
            break
        shown = short(words, limit)
    return shown


def _broad(letter: str) -> float:
    known = next((width for letters, width in BROAD if letter in letters), None)
    return known or (0.72 if letter.isupper() else 0.64)


def tick_label(value: float) -> str:
    """Return the label of a tick."""
    return f"{value:g}".replace("-", "−")


def nice_ticks(low: float, high: float, most: int = 6, *, whole: bool = False) -> list[float]:
    """Return round values between ``low`` and ``high``; ``whole`` numbers where things are counted."""
    span = high - low
    if not span > 0:
        return [low]
    raw = span / max(most - 1, 1)
    power = 10.0 ** _floor_log10(raw)
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)
    if whole and step % 1:
        step = float(-(-step // 1))
    first = -(-low // step)
    ticks = [round((first + i) * step, 10) + 0.0 for i in range(most + 2)]
    return [t for t in ticks if low - 1e-9 <= t <= high + 1e-9]


def _floor_log10(value: float) -> int:
    return int(f"{value:e}".split("e")[1])


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
