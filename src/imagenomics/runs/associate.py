"""The associate stage: every declared family of tests, and its verdicts."""

from __future__ import annotations

import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import AssociateBlock, Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop

STAGE = "associate"
VERSION = 1


def associate(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop
) -> pd.DataFrame:
    """Test every ``[[associate]]`` block; write ``associations.parquet`` and return it."""
    tables = [_one_block(block, plan, linked, extracted, shop=shop) for block in plan.associate]
    if not tables:
        folder.remove("associations.parquet")
        return pd.DataFrame()
    frame = pd.concat(tables, ignore_index=True)
    folder.write_frame("associations", frame)
    return frame


def _one_block(
    block: AssociateBlock, plan: Plan, linked: Linked, extracted: Extracted, *, shop: Workshop
) -> pd.DataFrame:
    """Return the tests of one block, from the store where they were done before."""
    unit = Unit(STAGE, VERSION, block.canonical(), upstream=(linked.key, extracted.key, str(plan.seed)))
    key = unit.key()
    kept = shop.store.load(STAGE, key)
    if kept is not None:
        table: pd.DataFrame = kept["table"]
        return table
    where = f"[[associate]] {block.name}"
    covariates = choose_clinical(linked.clinical, block.adjust, where=where) if block.adjust else None
    strata = (
        linked.clinical.values["site"]
        if block.within == "site" and "site" in linked.clinical.values
        else None
    )
    table = test_pairs(
        choose_features(extracted.features, block.features, flagged=block.flagged, where=where),
        choose_targets(linked.molecules, block.targets, where=where),
        covariates=covariates,
        strata=strata,
        settings=block,
        analysis=block.name,
        seed=plan.seed,
        executor=shop.executor,
    )
    shop.store.save(STAGE, key, {"table": table})
    return table
