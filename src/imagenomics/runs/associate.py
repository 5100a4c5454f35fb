"""The associate stage: every declared family of tests, and its verdicts."""

from __future__ import annotations

import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import AssociateBlock, Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.frames import stack

STAGE = "associate"
VERSION = 2


def associate(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> pd.DataFrame:
    """Test every ``[[associate]]`` block; write ``associations.parquet`` and return it."""
    for block in plan.associate:
        issues.leave_out(block.name, without_covariates(block.adjust, linked))
    tables = [_one_block(block, plan, linked, extracted, shop=shop) for block in plan.associate]
    if not tables:
        folder.remove("associations.parquet")
        return pd.DataFrame()
    frame = stack(tables)
    folder.write_frame("associations", frame)
    return frame


def without_covariates(adjust: tuple[str, ...], linked: Linked) -> dict[str, str]:
    """Return who cannot enter an adjusted family, and for want of what."""
    known = set(adjust) <= set(linked.clinical.values)
    values = linked.clinical.values[list(adjust)] if known else None
    if values is None:
        return {}
    lacking = {str(p): [c for c in values.columns if pd.isna(row[c])] for p, row in values.iterrows()}
    return {patient: f"{', '.join(columns)} not known" for patient, columns in lacking.items() if columns}


def _one_block(
    block: AssociateBlock, plan: Plan, linked: Linked, extracted: Extracted, *, shop: Workshop
) -> pd.DataFrame:
    """Return the tests of one block, from the store where they were done before."""
    where = f"[[associate]] {block.name}"

    def compute() -> dict[str, pd.DataFrame]:
        covariates = choose_clinical(linked.clinical, block.adjust, where=where) if block.adjust else None
        table = test_pairs(
            choose_features(extracted.features, block.features, flagged=block.flagged, where=where),
            choose_targets(linked.molecules, block.targets, where=where),
            covariates=covariates,
            strata=linked.sites if block.within == "site" else None,
            settings=block,
            analysis=block.name,
            seed=plan.seed,
            executor=shop.executor,
        )
        return {"table": table}

    unit = Unit(STAGE, VERSION, block.canonical(), upstream=(linked.key, extracted.key, str(plan.seed)))
    table: pd.DataFrame = shop.once(unit, compute)["table"]
    return table
