"""Kernels are compiled side by side, on made-up data, before every process compiles the same ones in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from imagenomics.features.settings import Family, FeatureSettings
from imagenomics.runs.plan import Plan
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import Executor

N = 40
SHAPES: tuple[Family, ...] = ("volume", "shape")
Part = tuple[Callable[..., None], tuple[Family, ...]]


def compile_kernels(plan: Plan, wanted: tuple[str, ...], executor: Executor) -> None:
    """Let the workers compile what the stages ``wanted`` will need; kernels that are cached are only loaded.

    A failure here says nothing: what cannot be done fails again, with its cause, where it is needed.
    """
    items: dict[str, Part] = {}  # the slowest first, so that workers end together
    if "associate" in wanted and (plan.associate or plan.replicate or plan.interaction):
        items["tests"] = (_tests, ())
    if "train" in wanted and plan.train:
        items["models"] = (_models, ())
    if "extract" in wanted:
        chosen = dict.fromkeys(f for block in plan.images for f in plan.features_of(block).families)
        items["textures"] = (_features, tuple(f for f in chosen if f not in SHAPES))
        items["shapes"] = (_features, tuple(f for f in chosen if f in SHAPES))
    items = {name: item for name, item in items.items() if item[0] is not _features or item[1]}
    if executor.workers > 1 and items:
        executor.map(_compile, items, label="compiling kernels")


def _compile(item: Part) -> None:
    compile_one, families = item
    compile_one(*families)


def _tests() -> None:
    from imagenomics.associate.pairs import test_pairs
    from imagenomics.associate.settings import AssociateSettings

    for covariates in (_table("c", kind="continuous"), None):
        test_pairs(
            _table("f", kind="continuous"),
            _table("t", kind="binary"),
            covariates=covariates,
            settings=AssociateSettings(permutations=19),
            analysis="kernels",
            seed=1,
        )


def _models() -> None:
    from imagenomics.predict.build import build_model
    from imagenomics.predict.settings import PredictSettings

    X = _table("f", kind="continuous").values
    model = build_model("elastic-net", task="binary", settings=PredictSettings(inner_folds=2), seed=1)
    model.fit(X.to_numpy(), np.arange(N) % 2)


def _features(*families: Family) -> None:
    from imagenomics.features.extract import extract_region

    mask = np.zeros((8, 12, 12), dtype=bool)
    mask[2:6, 2:10, 2:10] = True
    image = np.random.default_rng(1).normal(size=mask.shape)
    extract_region(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=FeatureSettings(families=families))


def _table(name: str, *, kind: str) -> PatientTable:
    random = np.random.default_rng(ord(name))
    numbers = random.normal(size=(N, 3))
    values = (numbers > 0).astype(np.float64) if kind == "binary" else numbers
    columns = [f"{name}{k}" for k in range(values.shape[1])]
    index = pd.Index([f"P{k:02d}" for k in range(N)], name="patient", dtype=object)
    return PatientTable(pd.DataFrame(values, index=index, columns=columns), describe(columns, kind=kind))
