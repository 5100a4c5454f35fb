"""Which modality predicts better: the verdict on each declared pair, and how well each does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imagenomics.resample.comparison import REFITTED_ONE, compare_pipelines, refitted_error
from imagenomics.resample.intervals import Interval, bootstrap_interval, widened
from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.resample.settings import IntervalSettings
from imagenomics.runs.designs import Design
from imagenomics.runs.modalities import ModalityDesigns
from imagenomics.runs.performance import BOUNDS, CROSS_VALIDATION, Row, facts_of
from imagenomics.runs.train import Trained
from imagenomics.verdicts.evidence import Evidence
from imagenomics.verdicts.rules import comparison_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.verdicts.testable import check_testable

UNTRAINED = "A modality could not be trained."


def judge_modalities(trained: Trained, settings: VerdictSettings) -> list[dict[str, object]]:
    """Answer every declared comparison of modalities; all of a study are one family."""
    items = [
        _evidence(trained, group, pair, settings)
        for group in trained.modalities
        for pair in group.target.block.compare
    ]
    broken = sum(item.untestable == UNTRAINED for item in items)
    return comparison_verdicts(items, settings=settings, broken=broken)


def _evidence(
    trained: Trained, group: ModalityDesigns, pair: tuple[str, str], settings: VerdictSettings
) -> Evidence:
    """Return the difference of two modalities with its interval and p, or why there is none."""
    first, second = map(group.of, pair)
    facts = facts_of(first) | {"model": " vs ".join(pair)}
    found = check_testable(
        first.labels,
        first.sites,
        stratified=False,
        target=first.target.analysis,
        task=first.target.task,
        settings=settings,
    )
    reason = found.reason or first.problem or second.problem
    keys = [(group.target.analysis, name) for name in pair]
    if not reason and any(key not in trained.scores or key not in trained.halves for key in keys):
        reason = UNTRAINED
    if reason:
        return Evidence(**facts, untestable=reason)
    metric = PRIMARY_METRIC[first.target.task]
    low, high = BOUNDS[metric]
    difference = compare_pipelines(
        trained.scores[keys[0]],
        trained.scores[keys[1]],
        metric,
        refitted=refitted_error(trained.halves[keys[0]], trained.halves[keys[1]]),
        bounds=(low - high, high - low),
        settings=IntervalSettings(),
        seed=first.options.seed,
    )
    facts |= {
        "estimate": difference.interval.estimate,
        "ci_low": difference.interval.low,
        "ci_high": difference.interval.high,
    }
    if np.isnan(difference.p):
        return Evidence(**facts, untestable="Both modalities give every patient the same score.")
    return Evidence(**facts, null_p=difference.p, null_spread=difference.error)


def modality_rows(trained: Trained) -> Iterator[Row]:
    """Yield one row of the table of performance for each modality: its main measure on the shared patients."""
    for group in trained.modalities:
        for design in group.designs:
            name = design.models[0].name
            if (group.target.analysis, name) not in trained.scores:
                continue
            facts = facts_of(design)
            found = _interval(trained, design)
            yield (
                facts["analysis"],
                facts["target"],
                name,
                design.models[0].role,
                CROSS_VALIDATION,
                facts["estimate_name"],
                found.estimate,
                found.low,
                found.high,
                facts["n"],
                facts["positives"],
                found.note,
            )


def _interval(trained: Trained, design: Design) -> Interval:
    """Return the main measure of a modality; widened to what halves of the patients say where it is compared."""
    key = (design.target.analysis, design.models[0].name)
    metric = PRIMARY_METRIC[design.target.task]
    drawn = bootstrap_interval(
        trained.scores[key], metric, settings=IntervalSettings(), seed=design.options.seed
    )
    if key not in trained.halves:
        return drawn
    own = trained.halves[key]
    found = widened(drawn, refitted_error(own, np.zeros_like(own)), bounds=BOUNDS[metric])
    return Interval(found.estimate, found.low, found.high, found.level, REFITTED_ONE)
