"""Numbers and counts as a reader expects them in print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from imagenomics.verdicts.decimals import beside_chance

NOTHING = "–"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def known(value: Any) -> bool:
    """Tell whether ``value`` is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def as_float(value: Any) -> float | None:
    """Return a finite number, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def number(value: Any, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits; a dash where there is none."""
    found = as_float(value)
    if found is None:
        return NOTHING
    if found == 0:
        return "0"
    size = math.floor(math.log10(abs(found)))
    if size < -4 or size >= 7:
        return _scientific(found, digits)
    text = f"{found:,.{max(0, digits - 1 - size)}f}"
    return text.replace("-", "−")


def fixed(value: Any, places: int = 2) -> str:
    """Return a number with a fixed number of decimals; a dash where there is none."""
    found = as_float(value)
    return NOTHING if found is None else f"{found:z.{places}f}".replace("-", "−")


def p_value(value: Any) -> str:
    """Return a p or q value: two significant digits, powers of ten below 0.001."""
    found = as_float(value)
    if found is None:
        return NOTHING
    if found <= 0:
        return "< 10⁻³⁰⁰"
    if found < 0.001:
        return _scientific(found, 2)
    return f"{found:.3f}" if found < 0.1 else f"{found:.2f}"


def beside(value: Any, chance: float | None = 0.0, places: int = 2) -> str:
    """Return a number as :func:`fixed` does, with more decimals where fewer would hide its side of chance."""
    found = as_float(value)
    if found is None or chance is None:
        return fixed(value, places)
    return beside_chance(found, chance, places).replace("-", "−")


def interval(low: Any, high: Any, places: int = 2, *, chance: float | None = 0.0) -> str:
    """Return ``low to high``, both on their side of ``chance``; a dash where one end is unknown."""
    if as_float(low) is None or as_float(high) is None:
        return NOTHING
    return f"{beside(low, chance, places)} to {beside(high, chance, places)}"


def interval_name(confidence: Any) -> str:
    """Return what intervals of a block are called, by its ``confidence`` (not written: 0.95)."""
    return f"{100.0 * (as_float(confidence) or 0.95):g}% interval"


def count(n: Any) -> str:
    """Return a whole number with separators."""
    found = as_float(n)
    return NOTHING if found is None else f"{int(found):,}"


def many(n: int, singular: str, plural: str | None = None) -> str:
    """Return ``1 patient`` or ``2 patients``."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def met(pairs: int, first: tuple[int, str], second: tuple[int, str]) -> str:
    """Return which columns met in so many pairs: ``(2 features × 3 targets)`` only where all did."""
    (n, one), (m, other) = first, second
    if n * m == pairs:
        return f" ({many(n, one)} × {many(m, other)})"
    if n == pairs:
        return f" ({many(n, one)}, each against one of {many(m, other)})"
    return f" (of {many(n, one)} and {many(m, other)})"


def listed(words: list[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def adjusted_for(block: Mapping[str, Any], *, before: str = "", otherwise: str = "") -> str:
    """Return ``adjusted for a and b`` as a block declares it."""
    names = [str(a) for a in block.get("adjust") or ()]
    return f"{before}adjusted for {listed(names)}" if names else otherwise


def short(text: str, limit: int) -> str:
    """Return the text with its middle left out when it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[-(limit - 1 - head) :]}"


MEASURES = {
    "auc": "AUC",
    "roc auc": "AUC",
    "auroc": "AUC",
    "brier": "Brier score",
    "c index": "C-index",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}


def measure(name: Any) -> str:
    """Return the name of a measure as the field writes it."""
    words = str(name or "").replace("_", " ").strip()
    return MEASURES.get(words.lower().replace("-", " "), words)


def sentence(text: Any) -> str:
    """Return the text as a sentence; a name at its start keeps its spelling."""
    words = str(text or "").strip()
    if not words:
        return ""
    closed = words if words[-1] in ".!?" else f"{words}."
    first = closed.split()[0].rstrip(".,:;")
    return closed[0].upper() + closed[1:] if first.isalpha() and first.islower() else closed


def duration(seconds: Any) -> str:
    """Return a time as ``1 min 20 s``."""
    found = as_float(seconds)
    if found is None:
        return NOTHING
    if found < 60:
        return f"{found:.1f} s" if found < 10 else f"{found:.0f} s"
    minutes, rest = divmod(round(found), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa.replace('-', '−')} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"
