"""The enrich stage: every declared family of gene sets, and every declared set of modules."""

from __future__ import annotations

import pandas as pd

from imagenomics.genesets.enrich import SetTables, enrich_sets
from imagenomics.genesets.radiogenomic_map import score_sets
from imagenomics.genesets.verdict import SUPPORTED
from imagenomics.runs.associate import without_covariates
from imagenomics.runs.brain_maps import FILES as BRAIN_FILES
from imagenomics.runs.brain_maps import test_brain_maps
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.modules import FILES as MODULE_FILES
from imagenomics.runs.modules import map_modules
from imagenomics.runs.plan import Plan
from imagenomics.runs.set_blocks import EnrichBlock, ModulesBlock
from imagenomics.runs.set_files import read_sets
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop

STAGE = "enrich"
VERSION = 2
FILES = ("enrichment.parquet", "set_scores.parquet", *MODULE_FILES, *BRAIN_FILES)
SHOWN = 12  # sets of each block whose scores are kept for figures


def enrich(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> pd.DataFrame:
    """Test every ``[[enrich]]`` and ``[[brain_maps]]`` block and map every ``[[modules]]`` block; write their tables.

    Returns
    -------
    DataFrame
        ``enrichment.parquet``; empty where the study declares none.
    """
    adjusted = [(b.name, b.adjust) for b in plan.enrich] + [(b.name, b.adjust) for b in plan.modules]
    for name, adjust in adjusted:
        issues.leave_out(name, without_covariates(adjust, linked))
    map_modules(plan, linked, extracted, folder=folder, shop=shop, issues=issues)
    test_brain_maps(plan, linked, folder=folder, shop=shop)
    tables = [_one_block(block, plan, linked, extracted, shop=shop) for block in plan.enrich]
    if not tables:
        folder.remove("enrichment.parquet", "set_scores.parquet")
        return pd.DataFrame()
    frame = pd.concat(tables, ignore_index=True)
    folder.write_frame("enrichment", frame)
    folder.write_frame("set_scores", _scores(plan, linked, frame))
    return frame


def set_tables(block: EnrichBlock | ModulesBlock, linked: Linked, extracted: Extracted) -> SetTables:
    """Return what a block tests, by patient."""
    section = "enrich" if isinstance(block, EnrichBlock) else "modules"
    where = f"[[{section}]] {block.name}"
    return SetTables(
        choose_features(extracted.features, block.features, flagged=block.flagged, where=where),
        choose_targets(linked.molecules, block.molecules, where=where),
        choose_clinical(linked.clinical, block.adjust, where=where) if block.adjust else None,
        linked.sites if block.within == "site" else None,
    )


def _one_block(
    block: EnrichBlock, plan: Plan, linked: Linked, extracted: Extracted, *, shop: Workshop
) -> pd.DataFrame:
    """Return the tests of one block, from the store where they were done before."""

    def compute() -> dict[str, pd.DataFrame]:
        table = enrich_sets(
            set_tables(block, linked, extracted),
            read_sets(block, linked.root, section="enrich"),
            settings=block,
            analysis=block.name,
            seed=plan.seed,
            executor=shop.executor,
        )
        return {"table": table}

    upstream = (linked.key, extracted.key, linked.digests[block.sets], str(plan.seed))
    unit = Unit(STAGE, VERSION, block.canonical(), upstream=upstream)
    table: pd.DataFrame = shop.once(unit, compute)["table"]
    return table


def _scores(plan: Plan, linked: Linked, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean standardised expression of the sets that figures show, by patient."""
    parts = []
    for block in plan.enrich:
        own = frame[(frame["analysis"] == block.name) & frame["p"].notna()]
        first = own.assign(supported=own["verdict"] == SUPPORTED).sort_values(
            ["supported", "p", "set", "feature"], ascending=[False, True, True, True], kind="stable"
        )
        shown = list(dict.fromkeys(first["set"]))[:SHOWN]
        sets = {
            name: genes
            for name, genes in read_sets(block, linked.root, section="enrich").items()
            if name in shown
        }
        if sets:
            expression = choose_targets(linked.molecules, block.molecules, where=f"[[enrich]] {block.name}")
            parts.append(score_sets(expression, sets, min_size=1).values.add_prefix(f"{block.name}."))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=linked.molecules.values.index)
