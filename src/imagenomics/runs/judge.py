"""From numbers to verdicts: every declared question is answered by the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.null import tested_folds
from imagenomics.runs.compare import judge_modalities, modality_rows
from imagenomics.runs.designs import COMBINED, Design, ModelSpec, combined_name
from imagenomics.runs.families.declared import declared_families
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.nulls import Nulls, draw_nulls
from imagenomics.runs.performance import (
    CURVE_COLUMNS,
    PERFORMANCE_COLUMNS,
    curve_rows,
    facts_of,
    interval_of,
    performance_rows,
    to_frame,
)
from imagenomics.runs.plan import Plan
from imagenomics.runs.random_signatures import read_comparisons, with_random_signatures
from imagenomics.runs.train import Trained
from imagenomics.runs.units import Workshop
from imagenomics.verdicts.evidence import Evidence
from imagenomics.verdicts.rules import increment_verdicts, prediction_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.verdicts.testable import check_testable

UNTRAINED = "The model could not be trained."
LACKING = {
    "clinical": "There is nothing to compare with: the study declares no clinical variable.",
    "volume": "There is nothing to compare with: no lesion volume was measured.",
}
PICTURED = (
    "There is nothing to compare with: the volume is measured in the picture whose feature is predicted."
)
Verdict = dict[str, Any]


def judge(
    plan: Plan,
    linked: Linked,
    associations: pd.DataFrame | None,
    *,
    trained: Trained,
    folder: RunFolder,
    shop: Workshop,
    issues: Issues,
) -> None:
    """Draw the nulls and write ``verdicts.json``, ``performance.parquet`` and ``curves.parquet``."""
    nulls = draw_nulls(trained, shop)
    for (analysis, model), failures in nulls.broken.items():
        issues.fail("", "nulls", failures[0], file=f"{analysis}/{model}")
    verdicts = [
        *judge_predictions(trained, nulls, VerdictSettings(alpha=plan.alpha)),
        *judge_modalities(trained, VerdictSettings(alpha=plan.alpha)),
        *_associations(plan, linked, associations, read_comparisons(folder)),
    ]
    folder.write_json("verdicts", {"verdicts": verdicts})
    if not trained.scores:
        folder.remove("performance.parquet", "curves.parquet")
        return
    rows = [row for design in trained.designs for row in performance_rows(trained, design, nulls.results)]
    folder.write_frame("performance", to_frame(iter([*rows, *modality_rows(trained)]), PERFORMANCE_COLUMNS))
    points = (row for design in trained.designs for row in curve_rows(trained, design, nulls.results))
    folder.write_frame("curves", to_frame(points, CURVE_COLUMNS))


def judge_predictions(trained: Trained, nulls: Nulls, settings: VerdictSettings) -> list[Verdict]:
    """Answer every declared prediction, and every declared gain over a baseline.

    A question whose null could not be drawn (memory, a defect) has no verdict; it is a failure.
    """
    bench = _Bench(trained, nulls, settings)
    predictions = [bench.evidence(design, design.models[0]) for design in trained.designs]
    increments = [bench.gain(design, name) for design in trained.designs for name in design.target.baselines]
    return [
        *prediction_verdicts(_known(predictions), settings=settings, broken=_broken(predictions)),
        *increment_verdicts(_known(increments), settings=settings, broken=_broken(increments)),
    ]


def _known(items: Sequence[Evidence | None]) -> list[Evidence]:
    return [item for item in items if item is not None]


def _broken(items: Sequence[Evidence | None]) -> int:
    """Count the questions that a defect left without an answer."""
    return sum(item is None or item.untestable == UNTRAINED for item in items)


@dataclass(frozen=True)
class _Bench:
    """What the evidence of one question is put together from."""

    trained: Trained
    nulls: Nulls
    settings: VerdictSettings

    def gain(self, design: Design, baseline: str) -> Evidence | None:
        """Return the evidence for what images add to a baseline."""
        spec = next((m for m in design.models if m.over == baseline), None)
        if spec is not None:
            return self.evidence(design, spec)
        name = combined_name(design.target.block, baseline)
        facts = facts_of(design) | {"model": f"{name} vs {baseline}"}
        why = PICTURED if baseline == "volume" and design.target.pictured else LACKING[baseline]
        return Evidence(**facts, untestable=why)

    def evidence(self, design: Design, spec: ModelSpec) -> Evidence | None:
        """Return estimate, interval and null of one model, or why there are none; None where drawing broke."""
        key = (design.target.analysis, spec.name)
        if key in self.nulls.broken:
            return None
        combined = spec.role == COMBINED
        facts = facts_of(design)
        facts["model"] = f"{spec.name} vs {spec.over}" if combined else spec.name
        needed = [spec.name, spec.over] if combined else [spec.name]
        if any((key[0], name) not in self.trained.scores for name in needed):
            return Evidence(**facts, untestable=self._untestable(design) or UNTRAINED)
        found = interval_of(self.trained, design, spec, self.nulls.results, gain=combined)
        facts |= {"estimate": found.estimate, "ci_low": found.low, "ci_high": found.high}
        reason = self._untestable(design) or self.nulls.problems.get(key, "")
        if reason:
            return Evidence(**facts, untestable=reason)
        null = self.nulls.results[key]
        base = self._tested_value(design, spec.over) if combined else 0.0
        return Evidence(
            **facts,
            tested=null.observed,
            null_p=null.p,
            null_centre=null.centre - base,
            null_spread=null.spread,
        )

    def _untestable(self, design: Design) -> str:
        found = check_testable(
            design.labels,
            design.sites,
            stratified=design.strata is not None,
            target=design.target.analysis,
            task=design.target.task,
            settings=self.settings,
        )
        return found.reason or design.problem

    def _tested_value(self, design: Design, model: str) -> float:
        """Return the statistic of a model on the folds that the null uses."""
        assert design.folds is not None
        scores = self.trained.scores[design.target.analysis, model]
        first = tested_folds(design.folds)["repeat"].iloc[0]
        return evaluate(scores[scores["repeat"] == first], PRIMARY_METRIC[design.target.task])


def _associations(
    plan: Plan, linked: Linked, table: pd.DataFrame | None, compared: pd.DataFrame
) -> Iterator[Verdict]:
    if table is None or table.empty:
        return
    for kind, block in declared_families(plan):
        rows = table[table["analysis"] == block.name]
        for verdict in kind.judge(block, linked, rows):
            yield with_random_signatures(verdict, rows, compared, alpha=block.alpha)
