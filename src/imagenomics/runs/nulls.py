"""The nulls of the predictions: how well chance would have done, with everything fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.null import null_draw, tested_folds
from imagenomics.resample.permutation import check_movable
from imagenomics.resample.sequential import DrawsFailed, NullJob, NullResult, run_nulls
from imagenomics.resample.settings import NullSettings
from imagenomics.runs.designs import COMBINED, PRIMARY, Design, ModelSpec
from imagenomics.runs.store import Store, make_key
from imagenomics.runs.train import Trained
from imagenomics.runs.units import Workshop, stop_if_fatal
from imagenomics.work.failures import Failure

STAGE = "null"
VERSION = 1
FEWEST_DRAWS = 200
Question = tuple[str, str]  # analysis, model


@dataclass(frozen=True)
class TestedModel:
    """One null: of a model, or of the gain that images bring over a baseline."""

    design: Design
    spec: ModelSpec
    metric: str

    @property
    def moving(self) -> tuple[str, ...]:
        """Columns that are exchanged between patients: all of a model; the image columns of a gain."""
        return tuple(c for c in self.spec.columns if c not in self.spec.baseline)

    @property
    def folds(self) -> pd.DataFrame:
        """The folds of the tested statistic."""
        assert self.design.folds is not None
        return tested_folds(self.design.folds)

    def observed(self, trained: Trained) -> float:
        """Return the tested statistic of the data as they are."""
        scores = trained.scores[self.design.target.analysis, self.spec.name]
        return evaluate(scores[scores["repeat"] == self.folds["repeat"].iloc[0]], self.metric)

    def problem(self, observed: float, maximum: int) -> str:
        """Say why there can be no null; '' when there can."""
        if not np.isfinite(observed):
            lacking = "two patients in a known order" if self.metric == "c_index" else "both classes"
            return f"The tested statistic is not defined: no fold holds {lacking}."
        try:
            check_movable(self.design.labels, self.design.strata, maximum=maximum)
        except InputError as error:
            return f"{error.what[0].upper()}{error.what[1:]}."
        return ""


@dataclass(frozen=True)
class Nulls:
    """By (analysis, model): the sequential p value with its draws, or why there can be none.

    ``broken`` are nulls that could not be drawn (memory, a defect): they say nothing about their target.
    """

    results: dict[Question, NullResult]
    problems: dict[Question, str]
    broken: dict[Question, list[Failure]]


def draw_nulls(trained: Trained, shop: Workshop) -> Nulls:
    """Draw the null of every primary model, of every declared gain, and of models that ask for one.

    Raises
    ------
    StorageProblem
        ``IGX-TAB-020``: draws cannot be kept.
    """
    nulls = Nulls({}, {}, {})
    asked: dict[str, Question] = {}
    jobs: dict[str, NullJob] = {}
    for tested in _tested(trained):
        question = (tested.design.target.analysis, tested.spec.name)
        settings = NullSettings(maximum=most_draws(trained, tested.spec.role))
        observed = tested.observed(trained)
        problem = tested.problem(observed, settings.maximum)
        if problem:
            nulls.problems[question] = problem
            continue
        name = f"null of {question[0]}, {question[1]}"
        asked[name] = question
        jobs[name] = NullJob(observed, settings, _arguments(tested, trained, shop.store))
    for name, result in run_nulls(kept_draw, jobs, executor=shop.executor).items():
        if isinstance(result, DrawsFailed):
            stop_if_fatal(result.failures)
            nulls.broken[asked[name]] = result.failures
        else:
            nulls.results[asked[name]] = result
    return nulls


def most_draws(trained: Trained, role: str) -> int:
    """Return B: enough draws that a p value can pass Holm's threshold in its family.

    Predictions are one family, gains over baselines (combined models) another.
    """
    alpha = min((design.options.alpha for design in trained.designs), default=1.0)
    family = sum(spec.role == role for design in trained.designs for spec in design.models)
    return max(FEWEST_DRAWS, int(np.ceil(2 * family / alpha)))


def _tested(trained: Trained) -> list[TestedModel]:
    found = []
    for design in trained.designs:
        metric = PRIMARY_METRIC[design.target.task]
        for spec in design.models:
            asked = spec.role in (PRIMARY, COMBINED) or spec.name in design.target.block.nulls
            if asked and (design.target.analysis, spec.name) in trained.scores:
                found.append(TestedModel(design, spec, metric))
    return found


def _arguments(tested: TestedModel, trained: Trained, store: Store) -> dict[str, Any]:
    design, spec = tested.design, tested.spec
    return {
        "arguments": {
            "estimator": design.model(spec),
            "X": design.columns(spec),
            "y": design.labels,
            "folds": tested.folds,
            "metric": tested.metric,
            "strata": design.strata,
            "columns": tested.moving if spec.role == COMBINED else None,
            "seed": design.options.seed,
        },
        "store": store,
        "settings": design.settings() + spec.name,
        "upstream": trained.key,
    }


def kept_draw(
    number: int, *, arguments: Mapping[str, Any], store: Store, settings: str, upstream: str
) -> float:
    """Return one null draw, from the store where it was drawn before."""
    key = make_key(STAGE, VERSION, f"{settings}/{number}", [upstream])
    kept = store.load(STAGE, key)
    if kept is not None:
        return float(kept["statistic"])
    statistic = null_draw(number, **arguments)
    store.save(STAGE, key, {"statistic": statistic})
    return statistic
