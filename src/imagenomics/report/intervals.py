"""An estimate, its interval and where chance lies, as a small line with a dot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from imagenomics.report import svg
from imagenomics.report.html import Html
from imagenomics.report.text import as_float, beside

HALF_IS_CHANCE = ("auc", "c-index", "concordance", "balanced accuracy", "c_index", "roc_auc")
LOWER_IS_BETTER = ("brier", "log loss", "rmse", "mae", "error")


def chance_of(measure: str, *, gain: bool = False) -> float | None:
    """Return the value that a coin toss would get: 0.5 for ranks, 0 for gains and correlations, else None."""
    name = measure.lower().replace("_", " ")
    if gain or any(word in name for word in ("gain", "difference", "delta", "increment")):
        return 0.0
    if any(word.replace("_", " ") in name for word in HALF_IS_CHANCE):
        return 0.5
    if any(word in name for word in LOWER_IS_BETTER) or "precision" in name:
        return None
    return 0.0


def chance_level(verdict: Mapping[str, Any], measure: str, *, gain: bool = False) -> float | None:
    """Return what chance gives by the rule: the usual level, or the centre of the null where that is higher."""
    usual, null = chance_of(measure, gain=gain), as_float(verdict.get("null_centre"))
    above = null is not None and usual is not None and not gain and null > usual
    return null if above else usual


def domain_of(values: Iterable[Any], chance: float | None) -> tuple[float, float]:
    """Return ends that show all values and chance with some room."""
    found = [v for v in map(as_float, values) if v is not None]
    if chance is not None:
        found.append(chance)
    if chance == 0.5:
        return min(0.35, *found, 1.0), max(1.0, *found)
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    room = max(high - low, 0.05) * 0.12
    return low - room, high + room


def interval_picture(
    row: dict[str, Any],
    domain: tuple[float, float],
    *,
    chance: float | None,
    kind: str,
    scale: bool = False,
    width: float = 180,
) -> Html:
    """Draw one interval.

    Parameters
    ----------
    row : dict
        ``estimate, ci_low, ci_high`` and, where known, ``detectable``.
    domain : (float, float)
        Values at the left and right border.
    chance : float or None
        Where the line of chance stands.
    kind : str
        Class that gives the colour.
    scale : bool
        Draw tick labels below.
    width : float
        Of the picture; one with a scale is never narrower than 350.
    """
    height = 42.0 if scale else 18.0
    frame = svg.Frame(
        max(width, 350) if scale else width, height, domain, (0, 1), 8, 22 if scale else 2, 4, 8
    )
    middle = 12.0 if scale else height / 2
    ends = (frame.px(domain[0]), middle), (frame.px(domain[1]), middle)
    parts = [svg.line(*ends, "rail")]
    if chance is not None:
        parts.append(svg.line((frame.px(chance), middle - 9), (frame.px(chance), middle + 9), "chance"))
    detectable = as_float(row.get("detectable"))
    if detectable is not None and domain[0] <= detectable <= domain[1]:
        x = frame.px(detectable)
        parts.append(
            svg.path([(x - 4, middle - 10), (x + 4, middle - 10), (x, middle - 4)], "detectable", closed=True)
        )
    parts += _marks(frame, row, middle=middle, kind=kind)
    if scale:
        for tick in svg.nice_ticks(*domain, most=5):
            parts.append(
                svg.text((frame.px(tick), height - 6), svg.tick_label(tick), "tick", anchor="middle")
            )
    return svg.picture(
        frame, parts, label=_spoken(row, chance), attrs={"class": "interval" + (" scaled" if scale else "")}
    )


def _marks(frame: svg.Frame, row: dict[str, Any], *, middle: float, kind: str) -> list[Html]:
    low, high, estimate = (as_float(row.get(k)) for k in ("ci_low", "ci_high", "estimate"))
    parts: list[Html] = []
    if low is not None and high is not None:
        inside = [min(max(v, frame.x[0]), frame.x[1]) for v in (low, high)]
        parts.append(svg.line((frame.px(inside[0]), middle), (frame.px(inside[1]), middle), f"range {kind}"))
    if estimate is not None:
        parts.append(svg.dot((frame.px(estimate), middle), f"point {kind}", 4.5))
    return parts


def _spoken(row: dict[str, Any], chance: float | None) -> str:
    estimate, low, high = (beside(row.get(k), chance) for k in ("estimate", "ci_low", "ci_high"))
    return f"estimate {estimate}, interval {low} to {high}"
