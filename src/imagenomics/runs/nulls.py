"""The nulls of the predictions: how well chance would have done, with everything fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagenomics.errors import ImagenomicsError
from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.null import null_draw, tested_folds
from imagenomics.resample.permutation import check_movable
from imagenomics.resample.sequential import NullResult, run_sequential
from imagenomics.resample.settings import NullSettings
from imagenomics.runs.designs import COMBINED, PRIMARY, Design, ModelSpec
from imagenomics.runs.store import Store, make_key
from imagenomics.runs.train import Trained
from imagenomics.runs.units import Workshop

STAGE = "null"
VERSION = 1
FEWEST_DRAWS = 200


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


@dataclass(frozen=True)
class Nulls:
    """By (analysis, model): the sequential p value with its draws, or why there can be none."""

    results: dict[tuple[str, str], NullResult]
    problems: dict[tuple[str, str], str]


def draw_nulls(trained: Trained, shop: Workshop) -> Nulls:
    """Draw the null of every primary model, of every declared gain, and of models that ask for one."""
    maximum = most_draws(trained)
    results: dict[tuple[str, str], NullResult] = {}
    problems: dict[tuple[str, str], str] = {}
    for tested in _tested(trained):
        key = (tested.design.target.analysis, tested.spec.name)
        try:
            results[key] = _one_null(tested, trained, maximum=maximum, shop=shop)
        except ImagenomicsError as error:
            if error.code == "IGX-TAB-020":
                raise
            problems[key] = error.what
    return Nulls(results, problems)


def most_draws(trained: Trained) -> int:
    """Return B: enough draws that a p value can pass Holm's threshold among all declared targets."""
    alpha = min((design.options.alpha for design in trained.designs), default=1.0)
    return max(FEWEST_DRAWS, int(np.ceil(2 * len(trained.designs) / alpha)))


def _tested(trained: Trained) -> list[TestedModel]:
    found = []
    for design in trained.designs:
        metric = PRIMARY_METRIC[design.target.task]
        for spec in design.models:
            asked = spec.role in (PRIMARY, COMBINED) or spec.name in design.target.block.nulls
            if asked and (design.target.analysis, spec.name) in trained.scores:
                found.append(TestedModel(design, spec, metric))
    return found


def _one_null(tested: TestedModel, trained: Trained, *, maximum: int, shop: Workshop) -> NullResult:
    design, spec = tested.design, tested.spec
    assert design.folds is not None
    check_movable(design.labels, design.strata, maximum=maximum)
    folds = tested_folds(design.folds)
    scores = trained.scores[design.target.analysis, spec.name]
    observed = evaluate(scores[scores["repeat"] == folds["repeat"].iloc[0]], tested.metric)
    arguments = {
        "estimator": design.model(spec),
        "X": design.columns(spec),
        "y": design.labels,
        "folds": folds,
        "metric": tested.metric,
        "strata": design.strata,
        "columns": tested.moving if spec.role == COMBINED else None,
        "seed": design.options.seed,
    }
    return run_sequential(
        kept_draw,
        observed,
        executor=shop.executor,
        settings=NullSettings(maximum=maximum),
        shared={
            "arguments": arguments,
            "store": shop.store,
            "settings": design.settings() + spec.name,
            "upstream": trained.key,
        },
        label=f"null of {design.target.analysis}, {spec.name}",
    )


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
