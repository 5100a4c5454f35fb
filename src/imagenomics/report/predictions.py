"""One block for each predicted target: does it work, is it honest, does it hold elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imagenomics.report.badges import badge
from imagenomics.report.baselines import added
from imagenomics.report.chart_words import null_words, roc_words, tested_value
from imagenomics.report.curves import calibration_chart, decision_chart, null_chart, roc_chart, score_chart
from imagenomics.report.folder import Results
from imagenomics.report.glossary import hint
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import chance_level
from imagenomics.report.modalities import modality_tables, without_modalities
from imagenomics.report.models import Model, key, models_of, primary_of
from imagenomics.report.performance import first_metric, gain_table, model_table, site_table
from imagenomics.report.risk_curves import risk_chart, survival_block
from imagenomics.report.table import breakable
from imagenomics.report.text import as_float, many, measure, number, sentence
from imagenomics.report.title import class_names, target_title
from imagenomics.report.tree_rules import tree_rules
from imagenomics.report.wording import Wording, wording_of

OPEN_BLOCKS = 4
MOST_WEIGHTS = 20
SCORES = "Each dot is a patient: the mean score of all repeats. Useful scores pull the rows apart."
CALIBRATION = (
    "On the diagonal, predicted and observed agree. Groups of equally many patients with 95% intervals."
)
BENEFIT = (
    "The straight line at zero: treat nobody. The thin grey line without an entry in the key: treat everybody. Useful "
    "models lie above both."
)
Pair = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """What the run folder holds about one predicted target."""

    performance: pd.DataFrame
    curves: pd.DataFrame
    scores: pd.DataFrame
    verdict: Mapping[str, Any]
    classes: tuple[str, str]
    followed: Mapping[str, Any]  # the block of a prediction of survival


def prediction_section(results: Results) -> Html | None:
    """Return the section of predictions, None where the study declares none."""
    performance, curves = (
        without_modalities(results.table("performance.parquet")),
        results.table("curves.parquet"),
    )
    predictions = results.table("predictions.parquet")
    verdicts = [v for v in results.entries("verdicts.json", "verdicts") if v.get("kind") == "prediction"]
    pairs = _pairs(performance, curves, verdicts)
    if not pairs:
        if not results.declares("train"):
            return None
        return el("p.absent", "No prediction was trained in this run: the run stopped before.")
    wording = wording_of(results)
    blocks = []
    for i, pair in enumerate(pairs):
        verdict = next((v for v in verdicts if (str(v.get("analysis")), str(v.get("target"))) == pair), {})
        question = Question(
            _of(performance, pair),
            _of(curves, pair),
            _of(predictions, pair),
            verdict=verdict,
            classes=class_names(results, pair[0]),
            followed=survival_block(results, pair[0]),
        )
        word = badge(str(verdict["verdict"])) if verdict else None
        title = [el("span", breakable(target_title(results, *pair))), el("small", pair[0]), word]
        inside = [el("summary.block-head", title), _block(question), _weights(results.cards, pair, wording)]
        blocks.append(el("details.block", inside, attrs={"open": i < OPEN_BLOCKS}))
    return el("div", blocks, modality_tables(results))


def _pairs(
    performance: pd.DataFrame, curves: pd.DataFrame, verdicts: Sequence[Mapping[str, Any]]
) -> list[Pair]:
    found: dict[Pair, None] = {}
    for v in verdicts:
        found[str(v.get("analysis")), str(v.get("target"))] = None
    for frame in (performance, curves):
        for pair in zip(frame["analysis"].astype(str), frame["target"].astype(str), strict=True):
            found[pair] = None
    return list(found)


def _of(frame: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    return frame[(frame["analysis"].astype(str) == pair[0]) & (frame["target"].astype(str) == pair[1])]


def _block(question: Question) -> Html:
    performance, verdict = question.performance, question.verdict
    models = models_of(performance, question.curves)
    primary = primary_of(models)
    if primary is None:
        words = f"Nothing was trained for this target. {sentence(verdict.get('reason'))}"
        return el("p.absent", words.strip())
    metric = first_metric(performance, str(verdict.get("estimate_name") or ""))
    table = model_table(performance, models, metric, level=chance_level(verdict, metric))
    return el(
        "div",
        key(models),
        el("div.charts.wide" if question.followed else "div.charts", _charts(question, models, metric)),
        el("h4", "All models and baselines"),
        table or el("p.absent", "No performance was written for this target."),
        _gains(gain_table(performance, models), verdict),
        _sites(performance, primary, metric),
    )


def _charts(question: Question, models: Sequence[Model], metric: str) -> list[Html]:
    curves, verdict = question.curves, question.verdict
    primary = next((m for m in models if m.role == "primary"), models[0])
    null = null_chart(curves, primary, tested_value(verdict), name=measure(metric) or "statistic")
    scores = None
    if not question.followed:
        scores = score_chart(question.scores, primary, classes=question.classes)
    made: list[tuple[Child, Html | None, str]] = [
        (
            hint("AUC", "ROC curve"),
            roc_chart(curves, models),
            roc_words(question.scores, primary.name),
        ),
        ("Scores", scores, SCORES),
        (hint("calibration", "Calibration"), calibration_chart(curves, primary), CALIBRATION),
        (hint("null", "Could chance do this?"), null, null_words(curves, verdict, primary.name)),
        (hint("decision", "Net benefit"), decision_chart(curves, models), BENEFIT),
    ]
    drawn = [_chart(title, picture, words) for title, picture, words in made if picture is not None]
    curves_of_risk = _risk(question, primary) if question.followed else None
    return drawn if curves_of_risk is None else [curves_of_risk, *drawn]


def _risk(question: Question, primary: Model) -> Html | None:
    scored = int(question.performance["n"].max()) if len(question.performance) else 0
    return risk_chart(question.curves, primary, question.followed, patients=scored)


def _chart(title: Child, picture: Html, words: str) -> Html:
    return el("figure.small-chart", el("figcaption", el("b", title), el("span", words)), picture)


def _gains(table: Html | None, verdict: Mapping[str, Any]) -> Html | None:
    if table is None:
        return None
    return el("div", el("h4", hint("increment", f"What the {added([verdict])} add")), table)


def _sites(performance: pd.DataFrame, primary: Model, metric: str) -> Html:
    table = site_table(performance, primary, metric)
    title = el("h4", hint("left-out site", "Trained elsewhere, tested here"))
    if table is None:
        return el(
            "div",
            title,
            el("p.absent", "No site was left out: one site only, no site declared, or switched off."),
        )
    return el("div", title, table)


def _weights(cards: Sequence[Mapping[str, Any]], pair: Pair, wording: Wording) -> Html | None:
    """Return the coefficients of the model card of this target, largest first."""
    own = [c for c in cards if (str(c.get("analysis")), str(c.get("target"))) == pair]
    if own and own[0].get("tree"):
        return tree_rules(own[0], wording)
    rows = _coefficients(own[0]) if own else []
    if not rows:
        return None
    rows = sorted(rows, key=lambda r: -abs(r[1]))
    largest = abs(rows[0][1]) or 1.0
    bars = [
        el(
            "tr",
            el("th.name", wording.feature(name), attrs={"scope": "row"}),
            _bar(value, largest),
            el("td.number", number(value)),
        )
        for name, value in rows[:MOST_WEIGHTS]
    ]
    left = len(rows) - MOST_WEIGHTS
    words = f"{many(len(rows), 'feature')} with a weight in the model fitted to all patients" + (
        f"; the {MOST_WEIGHTS} largest are shown." if left > 0 else "."
    )
    if own[0].get("task") == "survival":
        words += (
            " A weight is the log hazard ratio of one standard deviation: above 0 the event comes sooner."
        )
    table = el("div.scroll", el("table.data.plain.weights", el("tbody", bars)), attrs={"tabindex": "0"})
    return el("details", el("summary", "What the declared model weighs"), el("p.note", words), table)


def _coefficients(card: Mapping[str, Any]) -> list[tuple[str, float]]:
    columns = card.get("columns")
    items = [c for c in columns if isinstance(c, Mapping)] if isinstance(columns, list) else []
    weights = [(str(c.get("name") or ""), as_float(c.get("weight"))) for c in items]
    return [(name, weight) for name, weight in weights if weight]


def _bar(value: float, largest: float) -> Html:
    width = round(50 * abs(value) / largest, 1)
    side = {"style": f"width:{width}%;{'left:50%' if value > 0 else f'left:{50 - width}%'}"}
    return el("td.bar-cell", el("span.bar-rail", el("span.up" if value > 0 else "span.down", attrs=side)))
