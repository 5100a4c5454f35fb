"""The answers first: one card for each declared question, negatives as large as positives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from imagenomics.report import svg
from imagenomics.report.badges import MEANING, ORDER, badge, verdict_class
from imagenomics.report.baselines import baseline_list, baseline_rows, gains_in_words
from imagenomics.report.differences import DIFFERENCES, DRAWN, difference_lists
from imagenomics.report.effects import effect_interval, effect_text, scale_of
from imagenomics.report.family_cards import family_card
from imagenomics.report.folder import Results
from imagenomics.report.glossary import glossary, hint
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import chance_level, chance_of, domain_of, interval_picture
from imagenomics.report.limits import limits_box
from imagenomics.report.table import breakable
from imagenomics.report.text import (
    NOTHING,
    as_float,
    count,
    fixed,
    interval,
    interval_name,
    listed,
    many,
    measure,
    p_value,
    sentence,
)
from imagenomics.report.title import spoken, target_title
from imagenomics.report.wording import wording_of

Verdict = dict[str, Any]
OF_MODELS = ("prediction", *DIFFERENCES)  # kinds of verdicts that are not on associations


def verdict_section(results: Results) -> Html:
    """Return the section of verdicts."""
    verdicts = results.entries("verdicts.json", "verdicts")
    if not verdicts:
        return el(
            "p.absent",
            "No verdict was reached: no analysis was declared, or the run stopped before the verdicts.",
        )
    cards = [*_prediction_cards(results, verdicts), *_association_cards(results, verdicts)]
    return el(
        "div",
        el("p.lead", _summary(results, verdicts)),
        _legend(verdicts),
        el("div.cards", cards),
        limits_box(results),
        glossary(),
    )


def _summary(results: Results, verdicts: Sequence[Verdict]) -> str:
    """Count the answers by kind of question, predictions first."""
    predictions = [v for v in verdicts if v.get("kind") == "prediction"]
    gains = [v for v in verdicts if v.get("kind") == "increment"]
    compared = [v for v in verdicts if v.get("kind") == "comparison"]
    others = [v for v in verdicts if v.get("kind") not in OF_MODELS]
    better = [_named(results, v, gains) for v in predictions if v.get("verdict") == ORDER[0]]
    said = [
        f"Predicted better than chance: {listed(better)}." if better else "",
        _counted(predictions, many(len(predictions), "prediction")),
        _counted(gains, many(len(gains), "gain") + " over a baseline"),
        _counted(compared, many(len(compared), "comparison") + " of modalities"),
        _counted(others, _asked(others)),
    ]
    return " ".join(s for s in said if s)


def _asked(verdicts: Sequence[Verdict]) -> str:
    """Count targets once, however many families ask for them, and then the answers."""
    targets, families = (len({str(v.get(k)) for v in verdicts}) for k in ("target", "analysis"))
    answers = f", {len(verdicts):,} answers" if targets < len(verdicts) else ""
    return (
        f"{many(targets, 'target')} tested for association in {many(families, 'family', 'families')}{answers}"
    )


def _named(results: Results, verdict: Verdict, gains: Sequence[Verdict]) -> str:
    """Return a supported prediction with its estimate, and that no gain is supported where that is so."""
    reached = f"{measure(verdict.get('estimate_name'))} {fixed(verdict.get('estimate'))}"
    own = [g for g in gains if g.get("analysis") == verdict.get("analysis")]
    alone = own and all(g.get("verdict") != ORDER[0] for g in own)
    name = spoken(results, str(verdict.get("analysis")))
    return f"{name} ({reached}{'; no gain over a baseline shown' if alone else ''})"


def _counted(verdicts: Sequence[Verdict], what: str) -> str:
    kinds = Counter(str(v.get("verdict")) for v in verdicts)
    words = listed([f"{kinds[word]} {word}" for word in ORDER if kinds[word]])
    return f"{what}: {words}." if verdicts else ""


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
    differences = [v for v in verdicts if v.get("kind") in DIFFERENCES]
    cards, used = [], set()
    for v in predictions:
        key = (v.get("analysis"), v.get("target"))
        own = [g for g in differences if (g.get("analysis"), g.get("target")) == key]
        beside = baseline_rows(results, v)
        cards.append(_card(v, own, eyebrow="Prediction", title=_title(results, v), baselines=beside))
        used.add(key)
    alone = [g for g in differences if (g.get("analysis"), g.get("target")) not in used]
    return cards + [_card(g, [], eyebrow=_eyebrow(g), title=_title(results, g)) for g in alone]


def _eyebrow(difference: Verdict) -> str:
    compared = difference.get("kind") == "comparison"
    return f"Comparison of {difference.get('model')}" if compared else "Gain over a baseline"


def _title(results: Results, verdict: Verdict) -> str:
    return target_title(results, str(verdict.get("analysis") or ""), str(verdict.get("target") or ""))


def _card(
    verdict: Verdict,
    gains: Sequence[Verdict],
    *,
    eyebrow: str,
    title: str,
    baselines: Sequence[dict[str, Any]] = (),
) -> Html:
    word = str(verdict.get("verdict"))
    scale = measure(verdict.get("estimate_name") or "estimate")
    name = f"{eyebrow} · {verdict.get('analysis') or ''}"
    return el(
        f"article.card.{verdict_class(word)}",
        el("p.eyebrow", name),
        el("h3", breakable(title)),
        el("p.word", badge(word)),
        _words(verdict, gains),
        _estimate(verdict, scale, baselines),
        _numbers(verdict, scale),
        el("p.reason", sentence(verdict.get("reason"))),
        difference_lists(gains),
    )


def _words(verdict: Verdict, gains: Sequence[Verdict]) -> Html | None:
    over = [g for g in gains if g.get("kind") == "increment"]
    said = gains_in_words(verdict, over) if verdict.get("kind") == "prediction" else ""
    return el("p.plainly", said) if said else None


def _estimate(verdict: Verdict, scale: str, baselines: Sequence[dict[str, Any]]) -> Html | None:
    if as_float(verdict.get("estimate")) is None:
        return None
    chance = chance_level(verdict, scale, gain=verdict.get("kind") in DIFFERENCES)
    values = [row.get(k) for row in (verdict, *baselines) for k in DRAWN]
    domain = domain_of([*values, chance], chance_of(scale, gain=verdict.get("kind") in DIFFERENCES))
    kind = verdict_class(str(verdict.get("verdict")))
    picture = (
        _association_picture(verdict)
        if verdict.get("kind") == "association"
        else interval_picture(verdict, domain, chance=chance, kind=kind, scale=True)
    )
    label: Child = hint("AUC", scale) if "auc" in scale.lower() else scale
    if "C-index" in scale:
        label = hint("C-index", scale)
    ends = _ends(verdict, scale)
    return el(
        "div.estimate",
        el(
            "p.figure",
            el("b", effect_text(verdict.get("estimate"), str(verdict.get("estimate_name") or ""))),
            " ",
            label,
            el("span.ends", f"{verdict.get('called', interval_name(None))} {ends}"),
        ),
        picture,
        baseline_list(baselines, scale, domain, chance),
    )


def _ends(verdict: Verdict, scale: str) -> str:
    """Return the interval in print, its ends on their side of chance (of the null, where that is higher)."""
    ends = verdict.get("ci_low"), verdict.get("ci_high")
    if verdict.get("kind") == "association":
        return effect_interval(*ends, str(verdict.get("estimate_name") or ""))
    return interval(*ends, chance=chance_level(verdict, scale, gain=verdict.get("kind") in DIFFERENCES))


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
        ("p", _p_words(verdict), p_value(verdict.get("null_p_adjusted"))),
        ("d", hint("detectable", f"smallest {scale} this design could show"), fixed(detectable)),
    ]
    if verdict.get("kind") == "association":
        rows[1] = ("p", hint("q of the target"), p_value(verdict.get("null_p_adjusted")))
        said = fixed(detectable)
        if said != NOTHING and verdict.get("detectable_name"):
            said = f"{said} {verdict['detectable_name']}"
        rows[2] = ("d", hint("detectable", "smallest effect this design could show"), said)
    rows = [row for row in rows if row[2] != NOTHING]
    facts = [
        [el("dt", label), el("dd", value, el("small", " optimistic") if k == "d" else None)]
        for k, label, value in rows
    ]
    return el("dl.numbers", facts)


def _p_words(verdict: Verdict) -> Html:
    compared = verdict.get("kind") == "comparison"
    return hint("comparison", "adjusted p") if compared else hint("adjusted null p")


def _association_cards(results: Results, verdicts: Sequence[Verdict]) -> list[Html]:
    wording = wording_of(results)
    ends = {str(b.get("name")): interval_name(b.get("confidence")) for b in results.family_blocks()}
    groups: dict[str, list[Verdict]] = {}
    for v in verdicts:
        if v.get("kind") not in OF_MODELS:
            groups.setdefault(str(v.get("analysis") or ""), []).append(v)
    return [
        _card(
            own[0] | {"called": ends.get(name, interval_name(None))},
            [],
            eyebrow="Association",
            title=str(own[0].get("target") or name),
        )
        if len(own) == 1
        else family_card(name, own, wording, ends=ends.get(name, interval_name(None)))
        for name, own in groups.items()
    ]
