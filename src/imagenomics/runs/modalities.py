"""Several modalities of the same patients: one model each in the same folds, and how far apart they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.resample.comparison import HALVINGS, half_values, halvings
from imagenomics.resample.metrics import PRIMARY as PRIMARY_METRIC
from imagenomics.runs.choose import choose_features
from imagenomics.runs.cohort_steps import declared_steps
from imagenomics.runs.designs import (
    MODALITY,
    Design,
    ModelSpec,
    TrainOptions,
    declared_folds,
    image_columns,
    make_design,
)
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.targets import Target
from imagenomics.runs.units import Workshop

STAGE, VERSION = "halves", 1
HalfValues = dict[tuple[str, str], np.ndarray[Any, Any]]  # (analysis, modality) -> (m, 2)


@dataclass(frozen=True)
class ModalityDesigns:
    """The modalities of one prediction: a design each, of the patients who have all of them."""

    target: Target
    designs: tuple[Design, ...]

    def of(self, name: str) -> Design:
        """Return the design of a modality."""
        return next(design for design in self.designs if design.models[0].name == name)


def design_modalities(target: Target, plan: Plan, linked: Linked, extracted: Extracted) -> ModalityDesigns:
    """Set up one model for each modality of a prediction, all on the same patients and folds."""
    where = f"[[train]] {target.block.name}, modalities"
    chosen = {
        name: choose_features(extracted.features, wanted, flagged=target.block.flagged, where=where)
        for name, wanted in target.block.modalities.items()
    }
    found = {
        name: (image_columns(table), declared_steps(plan, linked, extracted, table, where=where))
        for name, table in chosen.items()
    }
    has = {name: images.notna().any(axis=1) | steps.with_arrays() for name, (images, steps) in found.items()}
    shared = pd.concat(has, axis=1).all(axis=1) if has else pd.Series(dtype=bool)
    same = replace(target, values=target.values.where(shared.reindex(target.values.index)))
    nothing = pd.DataFrame(index=linked.clinical.values.index)
    designs = []
    for name, (images, steps) in found.items():
        design = make_design(
            same,
            images=images,
            clinical=nothing,
            volume=nothing,
            sites=linked.sites,
            given_folds=declared_folds(target, linked),
            options=TrainOptions.of(plan),
            beside=steps,
        )
        spec = ModelSpec(name, target.block.primary, MODALITY, design.models[0].columns)
        missing = {
            str(p): f"no features of {' or '.join(n for n in has if not has[n][p])}"
            for p in target.values.index[target.values.notna() & ~shared]
        }
        designs.append(replace(design, models=(spec,), left_out=missing))
    return ModalityDesigns(target, tuple(designs))


def note_left_out(compared: Sequence[ModalityDesigns], issues: Issues) -> None:
    """Note who lacks a modality and so enters no comparison."""
    for group in compared:
        if group.designs:
            issues.leave_out(f"{group.target.analysis} (modalities)", group.designs[0].left_out)


def draw_halves(
    compared: Sequence[ModalityDesigns], upstream: str, *, shop: Workshop, issues: Issues
) -> HalfValues:
    """Cross-validate the compared modalities in halves of their patients, everything fitted again."""
    units = {}
    for group in compared:
        named = {name for pair in group.target.block.compare for name in pair}
        for design in group.designs:
            spec = design.models[0]
            if design.problem or spec.name not in named:
                continue
            for number in range(HALVINGS):
                units[f"{group.target.analysis}/{spec.name}/{number}"] = Unit(
                    STAGE,
                    VERSION,
                    f"{design.settings()}{spec.name}/{number}",
                    upstream=(upstream,),
                    data=(design, number),
                )
    results = shop.do(units, half_unit, label="fitting to halves of the patients")
    for name, failure in results.failures.items():
        issues.fail("", STAGE, failure, file=name)
    values: dict[tuple[str, str], list[list[float]]] = {}
    for name, payload in results.payloads.items():
        design = units[name].data[0]
        values.setdefault((design.target.analysis, design.models[0].name), []).append(payload["values"])
    return {key: np.array(rows, dtype=np.float64) for key, rows in values.items() if len(rows) == HALVINGS}


def half_unit(unit: Unit) -> Mapping[str, Any]:
    """Cross-validate one modality in the two halves of one division."""
    design: Design = unit.data[0]
    number: int = unit.data[1]
    assert design.folds is not None
    target, seed = design.target, design.options.seed
    divided = halvings(design.labels.index, design.labels, seed=seed, task=target.task)
    first = design.folds[design.folds["repeat"] == design.folds["repeat"].min()]
    values = half_values(
        design.model(design.models[0]),
        design.columns(design.models[0]),
        design.labels,
        divided[divided["repeat"] == number],
        n_splits=int(first["fold"].nunique()),
        metric=PRIMARY_METRIC[target.task],
        task=target.task,
        seed=seed,
    )
    return {"values": list(values)}
