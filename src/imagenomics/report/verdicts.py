"""The answers first: one card for each declared question, negatives as large as positives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report import svg
from imagenomics.report.effects import effect_interval, effect_text, scale_of
from imagenomics.report.folder import Results
from imagenomics.report.glossary import glossary, hint
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import chance_of, domain_of, interval_picture
from imagenomics.report.table import Column, breakable, data_table
from imagenomics.report.text import (
    NOTHING,
    as_float,
    count,
    fixed,
    interval,
    listed,
    many,
    measure,
    p_value,
    sentence,
)
from imagenomics.report.title import target_title

Verdict = dict[str, Any]
ORDER = ("supported", "no evidence found", "not testable")
CLASSES = {"supported": "yes", "no evidence found": "no", "not testable": "open"}
MEANING = {
    "supported": "more than chance, by the rule written down beforehand",
    "no evidence found": "these data do not show it; a result in its own right",
    "not testable": "too few patients, or site and finding cannot be told apart",
}
ASSOCIATION_ROWS = 400
DETECTABLE = (
    "Could show: the smallest effect of one feature that this design would have found, as an AUC for targets "
    "with two groups and as a correlation for the others; optimistic."
)


def verdict_section(results: Results) -> Html:
    """Return the section of verdicts."""
    verdicts = results.entries("verdicts.json", "verdicts")
    if not verdicts:
        return el(
            "p.absent",
            "No verdict was reached: no analysis was declared, or the run stopped before the verdicts.",
        )
    cards = [*_prediction_cards(results, verdicts), *_association_cards(verdicts)]
    return el("div", el("p.lead", _summary(verdicts)), _legend(verdicts), el("div.cards", cards), glossary())


def badge(verdict: str) -> Html:
    """Return the verdict as a coloured word with its own sign."""
    return el(f"span.badge.{CLASSES.get(verdict, 'open')}", verdict)


def verdict_class(verdict: str) -> str:
    """Return the class that gives a verdict its colour."""
    return CLASSES.get(verdict, "open")


def _summary(verdicts: Sequence[Verdict]) -> str:
    main = [v for v in verdicts if v.get("kind") != "increment"]
    kinds = Counter(str(v.get("verdict")) for v in main)
    gains = [v for v in verdicts if v.get("kind") == "increment"]
    said = listed([f"{kinds[word]} {word}" for word in ORDER if kinds[word]])
    held = sum(v.get("verdict") == "supported" for v in gains)
    more = f" Of {many(len(gains), 'gain')} over a baseline, {held} supported." if gains else ""
    return f"{many(len(main), 'question')} answered: {said}.{more}"


def _legend(verdicts: Sequence[Verdict]) -> Html:
    there = {str(v.get("verdict")) for v in verdicts}
    words = [el("li", badge(w), f" {MEANING[w]}") for w in ORDER if w in there]
    mark = svg.path([(2, 2), (12, 2), (7, 9)], "detectable", closed=True)
    sign = el("svg.sign", mark, attrs={"viewBox": "0 0 14 11", "aria-hidden": "true"})
    dashes = el(
        "svg.sign", svg.line((7, 0), (7, 11), "chance"), attrs={"viewBox": "0 0 14 11", "aria-hidden": "true"}
    )
    words += [
        el("li", dashes, " chance"),
        el("li", sign, " smallest effect this design could show (optimistic)"),
    ]
    return el("ul.legend", words)


def _prediction_cards(results: Results, verdicts: Sequence[Verdict]) -> list[Html]:
    predictions = [v for v in verdicts if v.get("kind") == "prediction"]
    gains = [v for v in verdicts if v.get("kind") == "increment"]
    cards, used = [], set()
    for v in predictions:
        key = (v.get("analysis"), v.get("target"))
        own = [g for g in gains if (g.get("analysis"), g.get("target")) == key]
        cards.append(_card(v, own, eyebrow="Prediction", title=_title(results, v)))
        used.add(key)
    alone = [g for g in gains if (g.get("analysis"), g.get("target")) not in used]
    name = "Gain over a baseline"
    return cards + [_card(g, [], eyebrow=name, title=_title(results, g)) for g in alone]


def _title(results: Results, verdict: Verdict) -> str:
    return target_title(results, str(verdict.get("analysis") or ""), str(verdict.get("target") or ""))


def _card(verdict: Verdict, gains: Sequence[Verdict], *, eyebrow: str, title: str) -> Html:
    word = str(verdict.get("verdict"))
    scale = measure(verdict.get("estimate_name") or "estimate")
    name = f"{eyebrow} · {verdict.get('analysis') or ''}"
    return el(
        f"article.card.{verdict_class(word)}",
        el("p.eyebrow", name),
        el("h3", breakable(title)),
        el("p.word", badge(word)),
        _estimate(verdict, scale),
        el("p.reason", sentence(verdict.get("reason"))),
        _numbers(verdict, scale),
        _gains(gains),
    )


def _estimate(verdict: Verdict, scale: str) -> Html | None:
    if as_float(verdict.get("estimate")) is None:
        return None
    picture = (
        _association_picture(verdict) if verdict.get("kind") == "association" else _picture(verdict, scale)
    )
    label: Child = hint("AUC", scale) if "auc" in scale.lower() else scale
    ends = effect_interval(verdict.get("ci_low"), verdict.get("ci_high"))
    return el(
        "div.estimate",
        el(
            "p.figure",
            el("b", effect_text(verdict.get("estimate"))),
            " ",
            label,
            el("span.ends", f"95% interval {ends}"),
        ),
        picture,
    )


def _picture(verdict: Verdict, scale: str) -> Html:
    chance = chance_of(scale, gain=verdict.get("kind") == "increment")
    values = [verdict.get(k) for k in ("estimate", "ci_low", "ci_high", "detectable")]
    kind = verdict_class(str(verdict.get("verdict")))
    return interval_picture(verdict, domain_of(values, chance), chance=chance, kind=kind, scale=True)


def _association_picture(verdict: Verdict) -> Html | None:
    """Draw the effect of the strongest feature; what could be shown is on another scale and stays a number."""
    name = str(verdict.get("estimate_name") or "")
    if scale_of(name).ratio:
        return None
    row = {**verdict, "detectable": None}
    values = [verdict.get(k) for k in ("estimate", "ci_low", "ci_high")]
    chance = scale_of(name).neutral
    kind = verdict_class(str(verdict.get("verdict")))
    return interval_picture(row, domain_of(values, chance), chance=chance, kind=kind, scale=True)


def _numbers(verdict: Verdict, scale: str) -> Html:
    detectable = verdict.get("detectable")
    rows = [
        ("n", el("span", "patients"), count(verdict.get("n"))),
        ("p", hint("adjusted null p"), p_value(verdict.get("null_p_adjusted"))),
        ("d", hint("detectable", f"smallest {scale} this design could show"), fixed(detectable)),
    ]
    if verdict.get("kind") == "association":
        rows[1] = ("p", hint("q", "smallest q"), p_value(verdict.get("null_p_adjusted")))
        rows[2] = ("d", hint("detectable", "smallest effect this design could show"), fixed(detectable))
    rows = [row for row in rows if row[2] != NOTHING]
    facts = [
        [el("dt", label), el("dd", value, el("small", " optimistic") if k == "d" else None)]
        for k, label, value in rows
    ]
    return el("dl.numbers", facts)


def _gains(gains: Sequence[Verdict]) -> Html | None:
    if not gains:
        return None
    chance = 0.0
    domain = domain_of(
        [g.get(k) for g in gains for k in ("estimate", "ci_low", "ci_high", "detectable")], chance
    )
    rows = [el("li", _gain(g, domain)) for g in gains]
    return el("div.gains", el("p.eyebrow", hint("increment", "What the images add")), el("ul", rows))


def _gain(gain: Verdict, domain: tuple[float, float]) -> list[Child]:
    word = str(gain.get("verdict"))
    estimate = as_float(gain.get("estimate"))
    signed = "" if estimate is None else f"{'+' if estimate > 0 else ''}{fixed(estimate)}"
    ends = interval(gain.get("ci_low"), gain.get("ci_high"))
    detail = (
        f"{signed} ({ends}), adjusted p {p_value(gain.get('null_p_adjusted'))}"
        if signed
        else sentence(gain.get("reason"))
    )
    picture = interval_picture(gain, domain, chance=0.0, kind=verdict_class(word)) if signed else None
    name = gain_name(gain)
    title = sentence(gain.get("reason"))
    return [
        el("div.gain-head", el("span", name), badge(word)),
        picture,
        el("span.detail", detail, attrs={"title": title or None}),
    ]


def gain_name(gain: Verdict) -> str:
    """Return ``over clinical`` for the model ``image+clinical vs clinical``."""
    model = str(gain.get("model") or "")
    for word in (" vs ", "over "):
        if word in model:
            return f"over {model.split(word, 1)[1]}"
    return model or "gain"


def _association_cards(verdicts: Sequence[Verdict]) -> list[Html]:
    groups: dict[str, list[Verdict]] = {}
    for v in verdicts:
        if v.get("kind") not in ("prediction", "increment"):
            groups.setdefault(str(v.get("analysis") or ""), []).append(v)
    return [
        _card(own[0], [], eyebrow="Association", title=str(own[0].get("target") or name))
        if len(own) == 1
        else _family_card(name, own)
        for name, own in groups.items()
    ]


def _family_card(name: str, verdicts: Sequence[Verdict]) -> Html:
    counts = Counter(str(v.get("verdict")) for v in verdicts)
    best = next((w for w in ORDER if counts[w]), ORDER[-1])
    said = [el("span.tally", el("b", counts[w]), " ", badge(w)) for w in ORDER if counts[w]]
    ranked = sorted(
        verdicts,
        key=lambda v: (ORDER.index(str(v.get("verdict"))) if v.get("verdict") in ORDER else 9, _rank(v)),
    )
    return el(
        f"article.card.wide.{verdict_class(best)}",
        el("p.eyebrow", f"Association · {name}"),
        el("h3", f"{many(len(verdicts), 'target')} tested as one family"),
        el("p.word", said),
        _family_table(ranked),
    )


def _rank(verdict: Verdict) -> float:
    found = as_float(verdict.get("null_p_adjusted"))
    return 2.0 if found is None else found


def _family_table(verdicts: Sequence[Verdict]) -> Html:
    frame = pd.DataFrame(verdicts).astype(object)
    frame["interval"] = [effect_interval(v.get("ci_low"), v.get("ci_high")) for v in verdicts]
    frame["why"] = ["" if as_float(v.get("estimate")) is not None else v.get("reason") for v in verdicts]
    names = sorted({str(v.get("estimate_name")) for v in verdicts if v.get("estimate") is not None})
    columns = [
        Column("target", "target", breaks=True),
        Column("verdict", "verdict", lambda v: badge(str(v))),
        Column("model", "strongest feature", breaks=True),
        Column("estimate", "effect", effect_text, numeric=True),
        *([Column("estimate_name", "effect is", measure)] if len(names) > 1 else []),
        Column("interval", "95% interval"),
        Column("null_p_adjusted", "smallest q", p_value, numeric=True),
        Column("detectable", "could show", fixed, numeric=True, hint=DETECTABLE),
        Column("n", "n", count, numeric=True),
        *([Column("why", "why", sentence)] if any(frame["why"]) else []),
    ]
    said = f"The strongest feature of each target. Effect: {measure(names[0])}. " if len(names) == 1 else ""
    return data_table(frame, columns, caption=said + DETECTABLE, search=True, most=ASSOCIATION_ROWS)
