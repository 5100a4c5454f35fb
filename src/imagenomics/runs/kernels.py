"""Kernels are compiled side by side, on made-up data, before every process compiles the same ones in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from imagenomics.features.settings import Family, FeatureSettings
from imagenomics.runs.plan import Plan
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import Executor

N = 40


def compile_kernels(plan: Plan, wanted: tuple[str, ...], executor: Executor) -> None:
    """Let the workers compile what the stages ``wanted`` will need; kernels that are cached are only loaded.

    A failure here says nothing: what cannot be done fails again, with its cause, where it is needed.
    """
    blocks = {"extract": plan.images, "associate": plan.associate, "train": plan.train}
    names = [part for part, (stage, _) in PARTS.items() if stage in wanted and blocks[stage]]
    if executor.workers > 1 and names:
        executor.map(_compile, {name: name for name in names}, label="compiling kernels")


def _compile(name: str) -> None:
    PARTS[name][1]()


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


def _shapes() -> None:
    _measure("volume", "shape")


def _textures() -> None:
    _measure("intensity", "histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm")


def _measure(*families: Family) -> None:
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


# The slowest first, so that the workers end together.
PARTS: Mapping[str, tuple[str, Callable[[], None]]] = MappingProxyType(
    {
        "tests": ("associate", _tests),
        "models": ("train", _models),
        "textures": ("extract", _textures),
        "shapes": ("extract", _shapes),
    }
)
