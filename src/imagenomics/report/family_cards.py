"""The verdicts of one declared family of associations: one card, one row for each target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from imagenomics.report.badges import ORDER, badge, verdict_class
from imagenomics.report.effects import effect_interval
from imagenomics.report.glossary import TERMS
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, many, measure, p_value, sentence
from imagenomics.report.wording import Wording, with_scale

Verdict = Mapping[str, Any]
ASSOCIATION_ROWS = 400
DETECTABLE = (
    "Could show: the smallest effect of one feature that this design would have found, as an AUC for targets "
    "with two groups, as a hazard ratio per standard deviation for survival, and as a correlation for the others, on "
    "whatever scale the effect itself stands; optimistic."
)
WHY_NOT = "Why nothing is claimed of a target that was tested."
NOT_BETTER = (
    "A signature needs more than its q: where it is not shown to beat random signatures of the same size and "
    "correlation, no evidence is found for it (see Gene sets and modules)."
)


def family_card(name: str, verdicts: Sequence[Verdict], wording: Wording, *, ends: str) -> Html:
    """Return the card of one family: its answers counted, then one row for each target; ``ends`` names intervals."""
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
        _family_table(ranked, wording, ends),
    )


def _rank(verdict: Verdict) -> float:
    found = as_float(verdict.get("null_p_adjusted"))
    return 2.0 if found is None else found


def _family_table(verdicts: Sequence[Verdict], wording: Wording, ends: str) -> Html:
    frame = pd.DataFrame(verdicts).astype(object)
    measures = [str(v.get("estimate_name") or "") for v in verdicts]
    frame["interval"] = [
        effect_interval(v.get("ci_low"), v.get("ci_high"), m) for v, m in zip(verdicts, measures, strict=True)
    ]
    frame["strongest"] = [
        v.get("model") if as_float(v.get("estimate")) is not None else sentence(v.get("reason"))
        for v in verdicts
    ]
    frame["direction"] = [
        wording.direction(v.get("estimate"), m, v.get("model"), v.get("target"))
        for v, m in zip(verdicts, measures, strict=True)
    ]
    frame["effect"] = [with_scale(v.get("estimate"), m) for v, m in zip(verdicts, measures, strict=True)]
    frame["could_show"] = [
        with_scale(v.get("detectable"), str(v.get("detectable_name") or "")) for v in verdicts
    ]
    names = sorted({str(v.get("estimate_name")) for v in verdicts if v.get("estimate") is not None})
    columns = [
        Column("target", "target", breaks=True),
        Column("verdict", "verdict", lambda v: badge(str(v))),
        Column("effect", "effect"),
        Column("interval", ends),
        Column("null_p_adjusted", "q of the target", p_value, numeric=True, hint=TERMS["q of the target"]),
        Column("why_not", "why not", hint=WHY_NOT),
        Column("strongest", "strongest feature", wording.feature, breaks=True),
        Column("direction", "in words"),
        Column("could_show", "could show", hint=DETECTABLE),
        Column("n", "n", count, numeric=True),
    ]
    said = f"The strongest feature of each target. Effect: {measure(names[0])}. " if len(names) == 1 else ""
    if any("random signatures" in str(v.get("reason")) and v.get("verdict") != "supported" for v in verdicts):
        said = f"{NOT_BETTER} {said}"
    columns = [c for c in columns if c.name != "why_not" or any(v.get("why_not") for v in verdicts)]
    return data_table(frame, columns, caption=said + DETECTABLE, search=True, most=ASSOCIATION_ROWS)
