"""The train stage: every declared prediction, cross-validated with its baselines beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from imagenomics.errors import ImagenomicsError
from imagenomics.resample.loop import cross_validate
from imagenomics.runs.designs import MODALITY, OTHER, Design, ModelSpec, design_prediction
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.modalities import (
    HalfValues,
    ModalityDesigns,
    design_modalities,
    draw_halves,
    note_left_out,
)
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.targets import resolve_targets
from imagenomics.runs.units import Workshop

STAGE = "train"
VERSION = 2
PREDICTION_COLUMNS = ("patient", "analysis", "target", "model", "repeat", "fold", "score", "label")


@dataclass(frozen=True)
class Trained:
    """Designs of all predictions, the held-out scores of each model, and the key of what they stand on."""

    designs: tuple[Design, ...]
    scores: dict[tuple[str, str], pd.DataFrame]  # (analysis, model) -> predictions of cross-validation
    site_scores: dict[tuple[str, str], pd.DataFrame]  # the same with one site left out at a time
    key: str = ""
    modalities: tuple[ModalityDesigns, ...] = ()  # of the predictions that declare some
    halves: HalfValues = field(default_factory=dict)

    @classmethod
    def nothing(cls) -> Trained:
        """Return what a study without predictions has trained."""
        return cls((), {}, {})


def train(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> Trained:
    """Cross-validate every model of every declared target; write ``predictions.parquet``."""
    targets = resolve_targets(plan, linked, extracted.features)
    designs = tuple(design_prediction(target, plan, linked, extracted) for target in targets)
    modalities = tuple(
        design_modalities(target, plan, linked, extracted) for target in targets if target.block.modalities
    )
    for design in designs:
        issues.leave_out(design.target.analysis, design.left_out)
    note_left_out(modalities, issues)
    every = (*designs, *(design for group in modalities for design in group.designs))
    fitted = train_designs(every, extracted.key, shop=shop, issues=issues)
    halves = draw_halves(modalities, extracted.key, shop=shop, issues=issues)
    trained = replace(fitted, designs=designs, modalities=modalities, halves=halves)
    _write(folder, trained)
    return trained


def train_designs(designs: tuple[Design, ...], upstream: str, *, shop: Workshop, issues: Issues) -> Trained:
    """Cross-validate every model of every design; ``upstream`` is the key of the data they hold."""
    units = {
        f"{design.target.analysis}/{spec.name}": Unit(
            STAGE, VERSION, design.settings() + spec.name, upstream=(upstream,), data=(design, spec)
        )
        for design in designs
        if not design.problem
        for spec in design.models
    }
    results = shop.do(units, fit_unit, label="training models")
    for name, failure in results.failures.items():
        issues.fail("", STAGE, failure, file=name)
    scores, site_scores = {}, {}
    for name, payload in results.payloads.items():
        design, spec = units[name].data
        key = (design.target.analysis, spec.name)
        scores[key] = payload["predictions"]
        if "sites" in payload:
            site_scores[key] = payload["sites"]
        if payload["note"]:
            issues.warn(STAGE, "IGX-RUN-070", f"{name}: {payload['note']}")
    return Trained(designs, scores, site_scores, upstream)


def fit_unit(unit: Unit) -> dict[str, Any]:
    """Cross-validate one model, over repeated folds and with one site left out at a time."""
    design: Design = unit.data[0]
    spec: ModelSpec = unit.data[1]
    assert design.folds is not None
    X = design.columns(spec)
    payload: dict[str, Any] = {
        "predictions": cross_validate(design.model(spec), X, design.labels, design.folds),
        "note": "",
    }
    if design.site_folds is not None and spec.role not in (OTHER, MODALITY):
        ids = design.site_folds["patient"]
        rows = X.index[X.index.isin(ids)]
        try:
            payload["sites"] = cross_validate(
                design.model(spec), X.loc[rows], design.labels[rows], design.site_folds
            )
        except ImagenomicsError as error:
            payload["note"] = f"no site can be left out: {error.what}"
    return payload


def _write(folder: RunFolder, trained: Trained) -> None:
    parts = []
    for (analysis, model), predictions in trained.scores.items():
        target = next(d.target.column for d in trained.designs if d.target.analysis == analysis)
        parts.append(predictions.assign(analysis=analysis, target=target, model=model))
    if not parts:
        folder.remove("predictions.parquet")
        return
    folder.write_frame("predictions", pd.concat(parts, ignore_index=True)[list(PREDICTION_COLUMNS)])
