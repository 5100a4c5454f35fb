"""What ``check`` says of gene sets and modules; names and identifiers are refused before anything is measured."""

from __future__ import annotations

from typing import Any

from imagenomics.genesets.set_index import locate_sets
from imagenomics.prepare.gene_modules import check_gene_count
from imagenomics.runs.brain_map_block import BrainMapBlock
from imagenomics.runs.brain_maps import read_brain_sets, read_coordinates, read_expression, read_map
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.set_blocks import EnrichBlock, ModulesBlock
from imagenomics.runs.set_files import read_sets
from imagenomics.tables.patient_table import PatientTable

# Seconds: one random set; one feature, draw, patient and gene; one pair of genes in the network; one turned region and
# each other one; one gene and turned map. Measured on two cores.
SECONDS = {"random": 1e-3, "draw": 4e-9, "pair": 3e-6, "turn": 1e-7, "gene": 3e-7}
TYPICAL_DRAWS = 2000  # of one feature; sets whose answer is clear end before


def check_sets(plan: Plan, linked: Linked, features: PatientTable) -> list[dict[str, Any]]:
    """Return a row for each ``[[enrich]]``, ``[[modules]]`` and ``[[brain_maps]]`` block.

    Raises
    ------
    InputError, FileProblem
        ``IGX-GEN-020``, ``IGX-GEN-021``, ``IGX-SETS-003`` to ``IGX-SETS-005``, ``IGX-SETS-012``, ``IGX-SETS-020``, and
        names that are not found.
    """
    rows = [_enrich_row(block, linked, features) for block in plan.enrich]
    rows += [_module_row(block, linked, features) for block in plan.modules]
    return rows + [_brain_map_row(block, linked) for block in plan.brain_maps]


def _enrich_row(block: EnrichBlock, linked: Linked, features: PatientTable) -> dict[str, Any]:
    where = f"[[enrich]] {block.name}"
    chosen, genes = _sides(block, linked, features, where)
    sets = read_sets(block, linked.root, section="enrich")
    names = [str(g) for g in genes.columns["feature"]]
    index = locate_sets(sets, names, min_matched=block.min_matched, where=where)
    testable = int(((index.sizes >= block.min_size) & (index.sizes <= block.max_size)).sum())
    named = {gene for members in sets.values() for gene in members}
    n, tests = len(linked.patients), chosen * testable
    draws = min(block.draws(tests), TYPICAL_DRAWS)
    return {
        "analysis": block.name,
        "kind": "enrichment",
        "method": block.method,
        "features": chosen,
        "sets": len(sets),
        "testable": testable,
        "genes": len(names),
        "matched": len(named & set(names)) / max(len(named), 1),
        "tests": tests,
        "permutations": block.draws(tests),
        "random_sets": block.random_sets,
        "seconds": testable * block.random_sets * SECONDS["random"]
        + chosen * draws * n * len(names) * SECONDS["draw"],
    }


def _module_row(block: ModulesBlock, linked: Linked, features: PatientTable) -> dict[str, Any]:
    chosen, genes = _sides(block, linked, features, f"[[modules]] {block.name}")
    count = len(genes.columns)
    if block.method == "coexpression":
        check_gene_count(count)
    return {
        "analysis": block.name,
        "kind": "modules",
        "method": block.method,
        "features": chosen,
        "genes": count,
        "random_sets": block.random_sets,
        "seconds": count**2 * SECONDS["pair"],
    }


def _brain_map_row(block: BrainMapBlock, linked: Linked) -> dict[str, Any]:
    genes, places = read_expression(block, linked), read_coordinates(block, linked)
    sets = read_brain_sets(block, linked)
    regions = genes.dropna(how="all").index.intersection(places.index)
    brain_map = read_map(block, linked, None)
    if block.effects is None:
        regions = regions.intersection(brain_map.dropna().index)
    return {
        "analysis": block.name,
        "kind": "brain map",
        "null": block.null,
        "regions": len(regions),
        "genes": len(genes.columns),
        "sets": len(sets),
        "draws": block.draws,
        "seconds": block.draws * (len(places) ** 2 * SECONDS["turn"] + len(genes.columns) * SECONDS["gene"]),
    }


def _sides(
    block: EnrichBlock | ModulesBlock, linked: Linked, features: PatientTable, where: str
) -> tuple[int, PatientTable]:
    choose_clinical(linked.clinical, block.adjust, where=where)
    chosen = choose_features(features, block.features, flagged=block.flagged, where=where)
    return len(chosen.columns), choose_targets(linked.molecules, block.molecules, where=where)
