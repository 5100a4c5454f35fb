"""The strongest pairs of a family: a table of them, and the patients behind the first."""

from __future__ import annotations

from functools import partial
from typing import Any

from imagenomics.report.distributions import strongest_pairs
from imagenomics.report.effects import effect_interval, effect_text
from imagenomics.report.families import Family
from imagenomics.report.folder import records
from imagenomics.report.glossary import TERMS, hint
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table, without_constant
from imagenomics.report.text import count, many, p_value
from imagenomics.report.wording import Wording

MOST_ROWS = 60
Data = dict[str, Any]


def pairs_table(family: Family, wording: Wording) -> Html:
    """Return the strongest pairs of a family, a row each."""
    frame = family.tested.head(MOST_ROWS)
    ends = [effect_interval(r["ci_low"], r["ci_high"], str(r["effect_name"])) for r in records(frame)]
    said_how = [
        ""
        if family.mapped
        else wording.direction(r["effect"], str(r["effect_name"]), r["feature"], r["target"])
        for r in records(frame)
    ]
    frame = frame.assign(interval=ends, direction=said_how)
    columns = [
        Column("feature", "feature", wording.feature, breaks=True),
        Column("target", "target", breaks=True),
        Column("effect", "effect", effect_text, numeric=True, hint=TERMS["effect"]),
        Column("effect_name", "effect is"),
        Column("interval", family.ends, hint=TERMS["interval"]),
        Column("q", "q of the pair", partial(_q, alpha=family.alpha), numeric=True, hint=TERMS["q"]),
        Column("direction", "in words", hint=TERMS["effect"]),
        Column("p", "p", p_value, numeric=True, hint=TERMS["p"]),
        Column("p_maxt", "p maxT", p_value, numeric=True, hint=TERMS["p_maxt"]),
        Column("n", "n", count, numeric=True),
        Column("test", "test"),
    ]
    once = ["test", "effect_name", *([] if any(said_how) else ["direction"])]
    kept, same = without_constant(frame, columns, once)
    kept = [c for c in kept if c.name != "p_maxt" or frame["p_maxt"].notna().any()]
    words = f"The {many(len(frame), 'strongest pair')} of {many(family.counts[1], 'pair')}. {same}"
    return data_table(frame, kept, caption=words.strip(), search=True)


def _q(value: Any, *, alpha: float) -> Html | str:
    shown = p_value(value)
    return el("b", shown) if value is not None and value <= alpha else shown


def pair_cards(family: Family, people: Data | None, wording: Wording) -> Html:
    """Return the patients behind the strongest pairs, a card each; in words why there are none."""
    if people is None:
        words = "The patients behind these pairs are not drawn: features.parquet is absent or empty."
        return el("p.absent", words)
    there = [p for p in strongest_pairs(family) if _has(people, p)]
    if not there:
        words = (
            "The patients behind these pairs are not drawn: no target of them has one value in each patient, as a time "
            "to an event has not."
        )
        return el("p.absent", words)
    cards = [_distribution(pair, people, wording) for pair in there]
    return el("div", el("h4", "The patients behind the strongest pairs"), el("div.pairs", cards))


def _has(people: Data, pair: Data) -> bool:
    return str(pair["feature"]) in people["features"] and str(pair["target"]) in people["targets"]


def _distribution(pair: Data, people: Data, wording: Wording) -> Html:
    name = str(pair.get("effect_name") or "")
    ends = effect_interval(pair.get("ci_low"), pair.get("ci_high"), name)
    direction = wording.direction(pair.get("effect"), name, pair["feature"], pair["target"])
    how = f": {direction}" if direction else ""
    words = [
        f"{name or 'effect'} {effect_text(pair.get('effect'), name)} ({ends}){how}, ",
        hint("q", "q of the pair"),
        f" {p_value(pair.get('q'))}, n {count(pair.get('n'))}",
    ]
    names = {
        "data-feature": str(pair["feature"]),
        "data-target": str(pair["target"]),
        "data-source": "people",
    }
    kinds = ["group", "site"] if len(people["sites"]) > 1 else ["group"]
    charts = [el("div", el("div.plot", attrs={"data-chart": f"by-{kind}", **names})) for kind in kinds]
    left = people["allSites"] - len(people["sites"])
    note = el("p.note", f"{many(left, 'smaller site')} not drawn.") if left > 0 else None
    head = el(
        "figcaption", el("b", str(pair["target"])), wording.feature(pair["feature"]), el("small", words)
    )
    return el("figure.pair", head, el("div.pair-plots", charts), note)
