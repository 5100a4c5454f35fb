"""Differences between models, one line each: gains over baselines, and modalities against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagenomics.report.badges import ORDER, badge, verdict_class
from imagenomics.report.baselines import added
from imagenomics.report.glossary import hint
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import domain_of, interval_picture
from imagenomics.report.text import as_float, beside, interval, p_value, sentence

Verdict = dict[str, Any]
DRAWN = ("estimate", "ci_low", "ci_high", "detectable")
DIFFERENCES = ("increment", "comparison")  # kinds of verdicts whose chance level is 0


def difference_lists(verdicts: Sequence[Verdict]) -> list[Html]:
    """Return the gains over baselines, and the comparisons of modalities, one line each."""
    titles = {"increment": f"What the {added(verdicts)} add", "comparison": "One modality against another"}
    lists = []
    for kind, title in titles.items():
        own = [v for v in verdicts if v.get("kind") == kind]
        domain = domain_of([v.get(k) for v in own for k in DRAWN], 0.0)
        rows = [el("li", _gain(v, domain)) for v in own]
        if rows:
            lists.append(el("div.gains", el("p.eyebrow", hint(kind, title)), el("ul", rows)))
    return lists


def _gain(gain: Verdict, domain: tuple[float, float]) -> list[Child]:
    word = str(gain.get("verdict"))
    estimate = as_float(gain.get("estimate"))
    signed = "" if estimate is None else f"{'+' if estimate > 0 else ''}{beside(estimate)}"
    ends = interval(gain.get("ci_low"), gain.get("ci_high"))
    detail = (
        f"{signed} ({ends}), {_tested(gain)} {p_value(gain.get('null_p_adjusted'))}"
        if signed
        else sentence(gain.get("reason"))
    )
    low, high = as_float(gain.get("ci_low")), as_float(gain.get("ci_high"))
    if signed and word == ORDER[1] and low is not None and high is not None:
        detail += _why_not(gain, low, high)
    picture = interval_picture(gain, domain, chance=0.0, kind=verdict_class(word)) if signed else None
    name = gain_name(gain)
    title = sentence(gain.get("reason"))
    return [
        el("div.gain-head", el("span", name), badge(word)),
        picture,
        el("span.detail", detail, attrs={"title": title or None}),
    ]


def _tested(difference: Verdict) -> str:
    """Return what the p of a difference says."""
    if difference.get("kind") == "comparison":
        return "adjusted p of no difference"
    return f"adjusted p against shuffled {added([difference])}"


def _why_not(difference: Verdict, low: float, high: float) -> str:
    if low <= 0 <= high:
        return "; the interval includes zero (p and interval both have to speak for a difference)"
    if difference.get("kind") == "comparison":
        return ""
    return "; the interval lies below zero" if high < 0 else f"; shuffled {added([difference])} do as well"


def gain_name(gain: Verdict) -> str:
    """Return ``over clinical`` for ``image+clinical vs clinical``, and a comparison of modalities as it is."""
    model = str(gain.get("model") or "")
    if gain.get("kind") == "comparison":
        return model.replace(" vs ", " minus ")
    for word in (" vs ", "over "):
        if word in model:
            return f"over {model.split(word, 1)[1]}"
    return model or "gain"
