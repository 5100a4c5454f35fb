"""Agreement in words: what a coefficient is called, with whose borders, and the sentence of the methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.text import as_float, interval_name, listed

KAPPA = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
ICC = ((0.5, "poor"), (0.75, "moderate"), (0.9, "good"))
ALPHA = ((0.667, "not reliable"), (0.8, "tentative"))
SOURCES = (
    "Words for kappa are those of Landis & Koch (1977), for an intraclass correlation those of Koo & Li (2016) for "
    "both ends of its interval, for alpha those of Krippendorff (2004). Their borders are conventions; what is enough "
    "depends on what the reading is used for."
)


def in_words(statistic: str, values: tuple[Any, Any, Any]) -> str:
    """Return what a coefficient (estimate, lower, upper limit) is called; '' where nobody has words for it."""
    estimate, low, high = (as_float(v) for v in values)
    if estimate is None:
        return ""
    if "kappa" in statistic:
        return _below(KAPPA, estimate, "almost perfect")
    if "alpha" in statistic:
        return _below(ALPHA, estimate, "reliable")
    if statistic.startswith("ICC") and low is not None and high is not None:
        ends = (_below(ICC, low, "excellent"), _below(ICC, high, "excellent"))
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return ""


def _intervals(block: Mapping[str, Any]) -> str:
    ends = interval_name(block.get("confidence"))
    if not block.get("draws"):
        return f" Each has its {ends}, but alpha."
    return (
        f" Each has its {ends}; those of alpha come from {block.get('draws')} bootstrap samples of patients, or, where "
        "all readers agreed in all patients, from a binomial limit."
    )


def _below(borders: Sequence[tuple[float, str]], value: float, last: str) -> str:
    return next((word for border, word in borders if value < border), last)


def agreement_sentence(block: Mapping[str, Any]) -> str:
    """Return how agreement was worked out, as a sentence of the methods paragraph."""
    weights = str(block.get("weights"))
    how = "" if weights == "none" else f" ({weights} weights for ordinal columns)"
    forms = listed([str(f) for f in block.get("icc") or ()])
    numbers = "" if block.get("alpha") in (None, "none") else f", Krippendorff's alpha ({block['alpha']})"
    numeric = f"{forms} (Shrout and Fleiss 1979), " if forms else ""
    return (
        f"Agreement on “{block.get('of')}” was described (analysis “{block.get('name')}”): columns with levels by "
        f"Cohen's kappa{how} of two readers, Fleiss' kappa and Krippendorff's alpha of all; numbers by {numeric}Lin's "
        f"concordance and Bland and Altman's limits{numbers}.{_intervals(block)}"
    )
