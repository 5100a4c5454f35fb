"""How well each model did: estimates with intervals, one row each, and the curves of the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from imagenomics.resample.intervals import Interval, bootstrap_interval, paired_interval, widened
from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.resample.metrics import evaluate, evaluate_all
from imagenomics.resample.roc import roc_curve
from imagenomics.resample.sequential import NullResult
from imagenomics.resample.settings import IntervalSettings
from imagenomics.runs.designs import COMBINED, Design, ModelSpec
from imagenomics.runs.horizons import horizon_auc
from imagenomics.runs.risk_groups import risk_curves
from imagenomics.runs.train import Trained
from imagenomics.verdicts.calibration import calibration_curve
from imagenomics.verdicts.decision_curve import decision_curve

PERFORMANCE_COLUMNS = (
    "analysis",
    "target",
    "model",
    "role",
    "split",
    "metric",
    "estimate",
    "ci_low",
    "ci_high",
    "n",
    "n_positive",
    "note",
)
CURVE_COLUMNS = ("analysis", "target", "model", "curve", "x", "y", "low", "high", "n")
CROSS_VALIDATION = "cross-validation"
FEWEST_AT_A_SITE = 5  # of each class, or events, below which the AUC or C of a site says nothing
Row = tuple[object, ...]
NullResults = Mapping[tuple[str, str], NullResult]
BOUNDS: Mapping[str, tuple[float, float]] = {
    "auc": (0.0, 1.0),
    "r2": (-math.inf, 1.0),
    "c_index": (0.0, 1.0),
}


def interval_of(
    trained: Trained, design: Design, spec: ModelSpec, nulls: NullResults, *, gain: bool = False
) -> Interval:
    """Return the main measure of a model with its interval, or the gain of a combined model over its baseline."""
    metric = PRIMARY_METRIC[design.target.task]
    null = nulls.get((design.target.analysis, spec.name))
    spread = null.spread if null is not None else float("nan")
    analysis = design.target.analysis
    own = trained.scores[analysis, spec.name]
    settings, seed = IntervalSettings(), design.options.seed
    if not gain:
        found = bootstrap_interval(own, metric, settings=settings, seed=seed)
        return widened(found, spread, bounds=BOUNDS[metric])
    base = trained.scores[analysis, spec.over]
    low, high = BOUNDS[metric]
    difference = paired_interval(own, base, metric, settings=settings, seed=seed)
    return widened(difference, spread, bounds=(low - high, high - low))


def facts_of(design: Design) -> dict[str, Any]:
    """Return what is known of a question before any model: who, how many, which measure."""
    positives, negatives = design.target.counts(design.labels)
    return {
        "analysis": design.target.analysis,
        "target": design.target.column,
        "n": len(design.labels),
        "positives": positives,
        "negatives": negatives,
        "estimate_name": PRIMARY_METRIC[design.target.task],
        "source": design.source,
        "called": design.target.block.endpoint or "" if design.target.task == "survival" else "",
    }


def performance_rows(trained: Trained, design: Design, nulls: NullResults) -> Iterator[Row]:
    """Yield one row for each model and measure, sites left out included."""
    metric = PRIMARY_METRIC[design.target.task]
    analysis, target = design.target.analysis, design.target.column
    n, (positives, _) = len(design.labels), design.target.counts(design.labels)
    for spec in design.models:
        scores = trained.scores.get((analysis, spec.name))
        if scores is None:
            continue
        head = (analysis, target, spec.name, spec.role)
        found = interval_of(trained, design, spec, nulls)
        yield (
            *head,
            CROSS_VALIDATION,
            metric,
            found.estimate,
            found.low,
            found.high,
            n,
            positives,
            found.note,
        )
        for name, value in evaluate_all(scores, task=design.target.task).items():
            if name != metric:
                yield (*head, CROSS_VALIDATION, name, value, None, None, n, positives, "")
        for moment in design.target.block.horizons:
            name, value = f"AUC at {moment:g} {design.target.block.unit}", horizon_auc(scores, moment)
            yield (*head, CROSS_VALIDATION, name, value, None, None, n, positives, "")
        if spec.role == COMBINED:
            gain = interval_of(trained, design, spec, nulls, gain=True)
            label = f"gain in {metric} over {spec.over}"
            yield (
                *head,
                CROSS_VALIDATION,
                label,
                gain.estimate,
                gain.low,
                gain.high,
                n,
                positives,
                gain.note,
            )
        if design.target.task != "continuous":
            yield from _site_rows(trained, design, spec, head)


def _site_rows(trained: Trained, design: Design, spec: ModelSpec, head: Row) -> Iterator[Row]:
    scores = trained.site_scores.get((design.target.analysis, spec.name))
    if scores is None or design.sites is None:
        return
    sites, metric = scores["patient"].map(design.sites), PRIMARY_METRIC[design.target.task]
    followed = design.target.task == "survival"
    for site, part in scores.groupby(sites, sort=True):
        positives, negatives = design.target.counts(part["label"])
        fewest = positives if followed else min(positives or 0, negatives or 0)
        enough = (fewest or 0) >= FEWEST_AT_A_SITE
        value = evaluate(part, metric) if enough else None
        short = "too few events at this site" if followed else "too few of a class at this site"
        note = "trained on the other sites" if enough else short
        yield (*head, f"site:{site}", metric, value, None, None, len(part), positives, note)


def curve_rows(trained: Trained, design: Design, nulls: NullResults) -> Iterator[Row]:
    """Yield the points of ROC, calibration, decision and survival curves, and the draws of each null."""
    analysis, target = design.target.analysis, design.target.column
    for spec in design.models:
        scores = trained.scores.get((analysis, spec.name))
        if scores is None:
            continue
        head = (analysis, target, spec.name)
        if design.target.task == "binary":
            for row in roc_curve(scores).itertuples():
                yield (*head, "roc", row.false_positive_rate, row.sensitivity, None, None, None)
            for row in calibration_curve(scores).itertuples():
                yield (*head, "calibration", row.predicted, row.observed, row.low, row.high, row.n)
            for row in decision_curve(scores).itertuples():
                yield (*head, "decision", row.threshold, row.model, row.none, row.all, None)
        if design.target.task == "survival":
            for name, row in risk_curves(scores):
                yield (*head, name, row.time, row.survival, row.ci_low, row.ci_high, row.at_risk)
        null = nulls.get((analysis, spec.name))
        if null is not None:
            for number, statistic in enumerate(null.draws):
                yield (*head, "null", float(number), float(statistic), None, None, None)


def to_frame(rows: Iterator[Row], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return rows as a frame whose numbers are float64."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    numbers = [
        c
        for c in columns
        if c in {"estimate", "ci_low", "ci_high", "x", "y", "low", "high", "n", "n_positive"}
    ]
    return frame.astype(dict.fromkeys(numbers, "float64"))
