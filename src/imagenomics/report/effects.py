"""Where an effect measure means 'nothing', and how it is laid out on a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imagenomics.report.text import as_float, beside, number

UNSIGNED = ("squared", "cramer", "epsilon", "eta")
RATIOS = ("odds ratio", "hazard ratio", "risk ratio", "rate ratio")
FARTHEST = 64.0  # ratios beyond it are drawn at the border


@dataclass(frozen=True)
class Scale:
    """One effect measure.

    Parameters
    ----------
    neutral : float
        The value that means no effect.
    ratio : bool
        Equal steps are equal factors.
    signed : bool
        It has a direction.
    """

    neutral: float = 0.0
    ratio: bool = False
    signed: bool = True


def scale_of(effect_name: str) -> Scale:
    """Return the scale of an effect measure by its name."""
    name = effect_name.lower().replace("_", " ")
    if name.startswith("log "):
        return Scale()
    if any(word in name for word in RATIOS):
        return Scale(1.0, ratio=True)
    if name in ("auc", "c-index", "concordance"):
        return Scale(0.5)
    return Scale(signed=not any(word in name for word in UNSIGNED))


def placed(value: Any, scale: Scale) -> float | None:
    """Return the place of a value on its scale, 0 meaning no effect."""
    found = as_float(value)
    if scale.ratio and value is not None and value == float("inf"):
        return math.log2(FARTHEST)
    if found is None:
        return None
    if scale.ratio:
        return math.log2(min(max(found, 1 / FARTHEST), FARTHEST))
    return found - scale.neutral


def effect_text(value: Any, effect_name: str = "") -> str:
    """Return an effect as text: two decimals, more beside 'no effect', three digits where it is large."""
    found = as_float(value)
    if found is not None and abs(found) >= 100:
        return number(found)
    return beside(found, scale_of(effect_name).neutral)


def effect_interval(low: Any, high: Any, effect_name: str = "") -> str:
    """Return the interval of an effect as text; a ratio may have no upper end."""
    if as_float(low) is None:
        return "–"
    endless = high == float("inf") or (
        as_float(high) is None and scale_of(effect_name).ratio
    )  # JSON has no ∞
    upper = "∞" if endless else effect_text(high, effect_name)
    return f"{effect_text(low, effect_name)} to {upper}"


def stated(values: Sequence[Any], effect_name: str) -> str:
    """Return an effect and both ends of its interval in words, or that there is none."""
    if as_float(values[0]) is None and values[0] != float("inf"):
        return "not tested"
    return f"{effect_text(values[0], effect_name)} ({effect_interval(values[1], values[2], effect_name)})"
