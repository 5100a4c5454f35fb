"""Modules of genes and their maps against imaging phenotypes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.genesets.module_network import TreeRules, grow_trees
from imagenomics.genesets.modules import find_modules
from imagenomics.genesets.radiogenomic_map import map_scores
from imagenomics.genesets.random_modules import compare_modules
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.set_blocks import ModulesBlock
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.frames import stack

STAGE = "modules"
VERSION = 3
NAMES = ("modules", "module_scores", "module_map", "module_trees")
FILES = tuple(f"{name}.parquet" for name in NAMES)


def map_modules(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop, issues: Issues
) -> None:
    """Find the modules of every ``[[modules]]`` block, map them, and write the tables of ``NAMES``."""
    done = [_one_block(block, plan, linked, extracted, shop=shop) for block in plan.modules]
    if not done:
        folder.remove(*FILES)
        return
    for block, payload in zip(plan.modules, done, strict=True):
        for note in payload["notes"]:
            issues.warn(STAGE, "IGX-RUN-012", f"{block.name}: {note}")
        if not len(payload["modules"]):
            remedy = "lower `min_module`, or take more genes"
            issues.warn(STAGE, "IGX-SETS-021", f"{block.name}: no module was found", remedy=remedy)
    for name in NAMES:
        parts = [payload[name] for payload in done]
        whole = pd.concat(parts, axis=1) if name == "module_scores" else stack(parts)
        folder.write_frame(name, whole)


def _one_block(
    block: ModulesBlock, plan: Plan, linked: Linked, extracted: Extracted, *, shop: Workshop
) -> dict[str, Any]:
    from imagenomics.runs.enrich import set_tables

    def compute() -> dict[str, Any]:
        tables = set_tables(block, linked, extracted)
        found = find_modules(tables.expression, settings=block, analysis=block.name, seed=plan.seed)
        mapped = map_scores(
            tables,
            found.scores,
            settings=block.tests,
            analysis=block.name,
            seed=plan.seed,
            executor=shop.executor,
        )
        compared = compare_modules(
            tables,
            found,
            mapped,
            settings=block,
            tests=block.tests,
            analysis=block.name,
            seed=plan.seed,
            executor=shop.executor,
        )
        trees = grow_trees(
            found.scores,
            tables.phenotypes,
            rules=TreeRules(depth=block.tree_depth, permutations=block.tree_permutations),
            analysis=block.name,
            seed=plan.seed,
            covariates=tables.covariates,
            strata=tables.strata,
        )
        return {
            "modules": found.genes,
            "module_scores": found.scores.values,
            "module_map": compared,
            "module_trees": trees,
            "notes": list(found.notes),
        }

    upstream = (linked.key, extracted.key, str(plan.seed))
    unit = Unit(STAGE, VERSION, block.canonical(), upstream=upstream)
    return shop.once(unit, compute)
