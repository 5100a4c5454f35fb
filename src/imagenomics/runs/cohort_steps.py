"""What the steps of a training part look at beside the features: confounders, voxels, repetitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.prepare.learned import Teaching, estimators
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.prepare.steps import BAG, CONTEXT, CohortSteps
from imagenomics.runs.choose import choose_clinical
from imagenomics.runs.extract import Extracted
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.read import read_keyed_table, to_number

REPETITION = "@"


@dataclass(frozen=True)
class StepTable:
    """Columns that only the steps look at, by patient, and the steps; None where none is asked for.

    ``learning`` says as canonical text how modules of genes are learned; '' where none are.
    """

    columns: pd.DataFrame = field(default_factory=pd.DataFrame)
    steps: CohortSteps | None = None
    learning: str = ""

    def with_arrays(self) -> pd.Series:
        """Return which patients bring voxels (v, s), all of one known, or genes (p,) to what is learned."""
        bags = [c for c in self.columns.columns if str(c).startswith(BAG)]
        found = pd.Series(False, index=self.columns.index)
        for name in bags:
            found |= self.columns[name].map(
                lambda array: bool(
                    (np.isfinite(array).all(axis=1) if array.ndim > 1 else np.isfinite(array)).any()
                )
            )
        return found


def declared_steps(
    plan: Plan, linked: Linked, extracted: Extracted, images: PatientTable, *, where: str
) -> StepTable:
    """Set up the steps of one prediction of a study.

    Parameters
    ----------
    images : PatientTable
        The features that the prediction uses; learned blocks are used whose columns are among them.

    Raises
    ------
    InputError
        ``IGX-RUN-042``: a column that is not among the clinical ones.
    """
    prepare = plan.predict.prepare
    chosen = set(images.columns["source"][images.columns["role"] == "learned"])
    learned = [block for block in plan.learned if block.name in chosen]
    context = choose_clinical(linked.clinical, prepare.context, where=f"{where}, [predict.prepare]").values
    table = None
    if prepare.stability is not None and prepare.stability.table is not None:
        table = _stability_table(linked.root / prepare.stability.table)
    repeated = pd.DataFrame(index=context.index)
    if prepare.stability is not None and table is None:
        repeated = _repetitions(extracted.features, images)
    return step_table(
        prepare,
        context=context,
        repeated=repeated,
        bags={block.name: extracted.bags[block.name] for block in learned},
        learned=learned,
        stability=table,
        seed=plan.seed,
    )


def step_table(
    prepare: PrepareSettings,
    *,
    context: pd.DataFrame,
    repeated: pd.DataFrame | None = None,
    bags: Mapping[str, pd.Series] | None = None,
    learned: Sequence[Teaching] | None = None,
    stability: pd.DataFrame | None = None,
    seed: int = 0,
) -> StepTable:
    """Set up steps from frames by patient."""
    blocks = learned or []
    if not (blocks or prepare.context or prepare.stability is not None):
        return StepTable(pd.DataFrame(index=context.index))
    beside = context[list(prepare.context)].add_prefix(CONTEXT)
    arrays = pd.DataFrame({BAG + name: array for name, array in (bags or {}).items()}, index=context.index)
    parts = [beside, arrays] if repeated is None else [beside, arrays, repeated]
    steps = CohortSteps(prepare, learners=estimators(blocks, seed=seed), stability=stability)
    return StepTable(pd.concat(parts, axis=1), steps)


def _stability_table(path: Path) -> pd.DataFrame:
    """Read a table of stabilities; which columns it needs is the filter's own matter."""
    table = read_keyed_table(path, key="feature")
    for name in {"icc", "ci_low"}.intersection(table.columns):
        table[name] = to_number(table[name], where=f"{path}, column '{name}'")
    return table


def _repetitions(features: PatientTable, images: PatientTable) -> pd.DataFrame:
    """Return the repetitions of the chosen features, as columns ``feature@2`` ..."""
    chosen = set(images.columns.index)
    names = [c for c in features.columns.index if c.rpartition(REPETITION)[0] in chosen]
    return features.values[names].astype(np.float64)
