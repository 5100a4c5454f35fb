"""Maps of the brain against gene expression: files become tables by region, results become files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.features.brain.desikan import region_name
from imagenomics.features.brain.effect_table import read_effect_table
from imagenomics.genesets.brain_maps import test_brain_map
from imagenomics.runs.brain_map_block import BrainMapBlock
from imagenomics.runs.brain_map_effects import named_regions, read_effects
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.set_files import choose_sets
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.frames import stack
from imagenomics.tables.read import read_keyed_table, read_text_table, to_number

STAGE = "brain maps"
VERSION = 1
NAMES = ("brain_map_genes", "brain_map_sets", "brain_map_parcels")
FILES = tuple(f"{name}.parquet" for name in NAMES)
PLACES = ("hemisphere", "x", "y", "z")
SIDES = {"l": "L", "lh": "L", "left": "L", "r": "R", "rh": "R", "right": "R"}


def test_brain_maps(plan: Plan, linked: Linked, *, folder: RunFolder, shop: Workshop) -> None:
    """Test every ``[[brain_maps]]`` block and write the tables of ``NAMES``."""
    done = [_one_block(block, plan, linked, folder=folder, shop=shop) for block in plan.brain_maps]
    if not done:
        folder.remove(*FILES)
        return
    for name in NAMES:
        folder.write_frame(name, stack([payload[name] for payload in done]))


test_brain_maps.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _one_block(
    block: BrainMapBlock, plan: Plan, linked: Linked, *, folder: RunFolder, shop: Workshop
) -> dict[str, Any]:
    where = f"[[brain_maps]] {block.name}"
    brain_map = read_map(block, linked, folder)

    def compute() -> dict[str, Any]:
        sets = read_brain_sets(block, linked)
        found = test_brain_map(
            brain_map,
            read_expression(block, linked),
            read_coordinates(block, linked),
            dict(sets),
            settings=block,
            analysis=block.name,
            seed=plan.seed,
        )
        return {
            "brain_map_genes": found.genes,
            "brain_map_sets": found.sets,
            "brain_map_parcels": found.parcels,
        }

    values = " ".join(f"{parcel}={value!r}" for parcel, value in brain_map.items())
    upstream = (*(linked.digests[path] for path in block.files()), str(plan.seed), where, values)
    payload: dict[str, Any] = shop.once(Unit(STAGE, VERSION, block.canonical(), upstream=upstream), compute)
    return payload


def read_map(block: BrainMapBlock, linked: Linked, folder: RunFolder | None) -> pd.Series:
    """Return the map by region; of effects, once ``folder`` has them."""
    where = f"[[brain_maps]] {block.name}"
    if block.effects is not None:
        return read_effects(block, block.effects, folder, where)
    assert block.table is not None
    path = linked.root / block.table
    if block.layout == "enigma":
        table = read_effect_table(path)
        parcels, values = table["region"], table["d"]
    else:
        table = read_keyed_table(path, key=block.parcel)
        if block.value not in table.columns:
            raise unknown_name("IGX-TAB-012", "column", block.value, table.columns, where=str(path))
        parcels, values = table[block.parcel], to_number(table[block.value], where=f"{path}: {block.value}")
    return pd.Series(values.to_numpy(dtype=np.float64), index=named_regions(parcels, block, str(path)))


def read_expression(block: BrainMapBlock, linked: Linked) -> pd.DataFrame:
    """Return expression by region and gene."""
    path = linked.root / block.expression
    table = read_text_table(path)
    first = table.columns[0]
    numbers = {str(c): to_number(table[c], where=f"{path}: {c}") for c in table.columns[1:]}
    return pd.DataFrame(numbers).set_axis(named_regions(table[first], block, str(path)), axis=0)


def read_brain_sets(block: BrainMapBlock, linked: Linked) -> Mapping[str, tuple[str, ...]]:
    """Return the sets of a block; none where it names no file."""
    if block.sets is None:
        return {}
    where = f"[[brain_maps]] {block.name}"
    return choose_sets(linked.root, block.sets, block.only, where=where)


def read_coordinates(block: BrainMapBlock, linked: Linked) -> pd.DataFrame:
    """Return hemisphere and centre of each region."""
    path = linked.root / block.coordinates
    table = read_keyed_table(path, key="parcel")
    for name in PLACES:
        if name not in table.columns:
            raise unknown_name("IGX-TAB-012", "column", name, table.columns, where=str(path))
    sides = table["hemisphere"].astype(str).str.strip().str.lower().map(SIDES)
    names = table["parcel"]
    if block.atlas == "desikan-killiany":
        names = pd.Series(
            [region_name(str(n), str(s)) for n, s in zip(names, table["hemisphere"], strict=True)]
        )
    places = {name: to_number(table[name], where=f"{path}: {name}") for name in PLACES[1:]}
    frame = pd.DataFrame({"hemisphere": sides, **places})
    return frame.set_axis(named_regions(names, block, str(path)), axis=0).dropna()
