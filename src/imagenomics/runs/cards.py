"""Model cards: the primary models, fitted to all patients, as files that another study can apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagenomics.predict.card import ModelCard, card_parts
from imagenomics.runs.designs import PRIMARY, Design
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.panels import declared_name
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.train import STAGE, Trained
from imagenomics.runs.units import Workshop

VERSION = 2


def write_cards(
    plan: Plan, trained: Trained, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> None:
    """Fit each primary model to all its patients and write ``models/<analysis>.json``."""
    digests = {str(name): str(text) for name, text in extracted.features.columns["settings"].items()}
    units = {
        design.target.analysis: Unit(
            STAGE,
            VERSION,
            f"card{plan.name}{design.settings()}",
            upstream=(extracted.key,),
            data=(design, plan.name, digests),
        )
        for design in trained.designs
        if not design.problem
    }
    results = shop.do(units, fit_card, label="fitting final models")
    wanted = set()
    for analysis, payload in results.payloads.items():
        if payload["card"] is None:
            issues.warn(STAGE, "IGX-RUN-071", f"{analysis}: no model card, because {payload['reason']}")
            continue
        name = f"models/{declared_name(analysis)}"
        folder.write_json(name, payload["card"])
        wanted.add(f"{name}.json")
    for path in sorted(Path(folder.path / "models").glob("*.json")):
        if f"models/{path.name}" not in wanted:
            path.unlink()
    for analysis, failure in results.failures.items():
        issues.fail("", STAGE, failure, file=f"models/{analysis}")


def fit_card(unit: Unit) -> dict[str, Any]:
    """Fit the primary model of one prediction to all its patients."""
    design: Design = unit.data[0]
    study, digests = unit.data[1:]
    spec = next(m for m in design.models if m.role == PRIMARY)
    if design.steps is not None:
        return {"card": None, "reason": "steps learned from the cohort stand before the model"}
    if design.target.block.from_genes:
        return {"card": None, "reason": "it reads genes, and cards are applied to image features"}
    model = design.model(spec).fit(design.columns(spec), design.labels)
    parts = card_parts(model, digests)
    if parts is None:
        return {"card": None, "reason": f"'{spec.family}' is neither a weighted sum nor one tree"}
    target = design.target
    card = ModelCard(
        study=study,
        analysis=target.analysis,
        target=target.column,
        positive=target.positive,
        negative=target.negative,
        task=target.task,
        n=len(design.labels),
        intercept=parts.intercept,
        columns=parts.columns,
        tree=parts.tree,
    )
    return {"card": card.model_dump(mode="json"), "reason": ""}
