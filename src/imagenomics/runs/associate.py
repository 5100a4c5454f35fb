"""The associate stage: every declared family of tests, whatever its kind."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.runs.effect_trees import EFFECT_TREES, effect_trees
from imagenomics.runs.extract import Extracted
from imagenomics.runs.families.declared import TABLES, declared_families
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs
from imagenomics.runs.families.survival_scores import FOLDER as SCORES
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.payload import Payload
from imagenomics.runs.plan import Plan
from imagenomics.runs.random_signatures import NAME as SIGNATURES
from imagenomics.runs.random_signatures import test_signatures
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.frames import stack

STAGE = "associate"
WRITTEN = (ASSOCIATIONS, *TABLES, EFFECT_TREES)
FILES = tuple(f"{name}.parquet" for name in (*WRITTEN, SIGNATURES))


def associate(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> pd.DataFrame:
    """Test every declared family; write ``associations.parquet`` and the kinds' further tables; return the first."""
    inputs = Inputs(linked, extracted, plan.seed, shop.executor, {b.name: b for b in plan.images})
    found: dict[str, list[pd.DataFrame]] = {}
    cards: dict[str, dict[str, Any]] = {}
    for kind, block in declared_families(plan):
        left_out = {**without_covariates(block.needed, linked), **kind.left_out(block, inputs)}
        issues.leave_out(block.name, left_out)
        tables = _one_family(kind, block, inputs, shop=shop)
        cards.update(kind.cards(block, tables, plan.name))
        for name, frame in tables.items():
            found.setdefault(name, []).append(frame)
        if kind.mapped:
            trees = effect_trees(found[ASSOCIATIONS][-1], analysis=block.name)
            found.setdefault(EFFECT_TREES, []).append(trees)
    for name in WRITTEN:
        if name in found:
            folder.write_frame(name, stack(found[name]))
        else:
            folder.remove(f"{name}.parquet")
    _write_cards(cards, folder)
    associations = stack(found[ASSOCIATIONS]) if ASSOCIATIONS in found else pd.DataFrame()
    compared = test_signatures(plan, inputs, associations, shop=shop)
    if len(compared):
        folder.write_frame(SIGNATURES, compared)
    else:
        folder.remove(f"{SIGNATURES}.parquet")
    return associations


def _write_cards(cards: dict[str, dict[str, Any]], folder: RunFolder) -> None:
    """Write cards, and remove those that an older plan left."""
    for name, card in cards.items():
        folder.write_json(name, card)
    for path in sorted((folder.path / SCORES).glob("*.json")):
        if f"{SCORES}/{path.stem}" not in cards:
            path.unlink()


def without_covariates(needed: tuple[str, ...], linked: Linked) -> dict[str, str]:
    """Return who cannot enter a family, and for want of which clinical variable."""
    known = set(needed) <= set(linked.clinical.values)
    values = linked.clinical.values[list(needed)] if known else None
    if values is None:
        return {}
    lacking = {str(p): [c for c in values.columns if pd.isna(row[c])] for p, row in values.iterrows()}
    return {patient: f"{', '.join(columns)} not known" for patient, columns in lacking.items() if columns}


def _one_family(kind: FamilyKind, block: Any, inputs: Inputs, *, shop: Workshop) -> Payload:
    """Return the tables of one family, from the store where they were made before."""
    read = (inputs.extracted.read[image] for image in kind.reads(block))
    upstream = (inputs.linked.key, inputs.extracted.key, str(inputs.seed), *read)
    unit = Unit(STAGE, kind.version, block.canonical(), upstream=upstream)
    return shop.once(unit, lambda: kind.test(block, inputs, kind.where(block)))
