"""``[[voxels]]``: where lesions lie, against molecules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.images.find import CaseFiles
from imagenomics.images.geometry import compare_grids
from imagenomics.images.grid import Grid
from imagenomics.images.load import load_case
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.choose import choose_targets
from imagenomics.runs.families.costs import MAP_DRAW, MAP_VOXELS
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs, Verdict
from imagenomics.runs.families.pairs import class_counts
from imagenomics.runs.link import Linked
from imagenomics.runs.units import stop_if_fatal
from imagenomics.runs.voxel_block import VoxelBlock
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.voxels.maps import grids_differ, test_voxels

CLUSTERS, MAPS = "voxel_clusters", "voxel_maps"
Lesion = tuple[np.ndarray, Grid]


def _look_up(block: VoxelBlock, linked: Linked, where: str) -> None:
    choose_targets(linked.molecules, block.targets, where=where)


def _foresee(block: VoxelBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    targets = len(choose_targets(linked.molecules, block.targets, where=where).columns)
    return {
        "kind": "association",
        "features": 1,
        "targets": targets,
        "tests": targets,
        "permutations": block.permutations,
        "seconds": targets * block.permutations * MAP_VOXELS * MAP_DRAW,
    }


def _lacking(block: VoxelBlock, inputs: Inputs) -> Mapping[str, str]:
    there = inputs.linked.files[block.image].cases
    return {p: f"no mask of {block.image}" for p in inputs.linked.patients if p not in there}


def _test(block: VoxelBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    cases = inputs.linked.files[block.image].cases
    shared = {"settings": inputs.images[block.image], "region": block.region}
    read = inputs.executor.map(read_lesion, cases, label=f"masks of {block.name}", shared=shared)
    stop_if_fatal(read.failures)
    lesions, grid = _on_one_grid(read.results, where)
    found = test_voxels(
        lesions,
        choose_targets(inputs.linked.molecules, block.targets, where=where),
        affine=grid.affine(),
        strata=inputs.strata(block),
        settings=block,
        feature=f"{block.image}.{block.region} location",
        analysis=block.name,
        seed=inputs.seed,
    )
    rows = _with_unread(found.associations, [failure.item for failure in read.failures])
    return {ASSOCIATIONS: rows, CLUSTERS: found.clusters, MAPS: found.maps}


def _with_unread(rows: pd.DataFrame, patients: list[str]) -> pd.DataFrame:
    """Return the rows with the patients whose lesions are missing for a failure among the reasons."""
    if not patients:
        return rows
    masks = "1 mask" if len(patients) == 1 else f"{len(patients)} masks"
    note = f"{masks} could not be read ({short_list(patients)}; see failures.csv)"
    return rows.assign(reason=[f"{reason}; {note}" if reason else note for reason in rows["reason"]])


def read_lesion(files: CaseFiles, *, settings: ImageSettings, region: str) -> Lesion:
    """Return the lesion of one patient, as prepared for measuring, and its grid."""
    volume, regions = load_case(files.image, files.mask, settings, others=files.others)
    return np.asarray(regions[region], dtype=np.bool_), volume.grid


def _on_one_grid(read: Mapping[str, Lesion], where: str) -> tuple[dict[str, np.ndarray], Grid]:
    first, grid = next(((patient, grid) for patient, (_, grid) in read.items()), ("", None))
    if grid is None:
        raise InputError("IGX-VOX-003", "no mask could be read", where=where, remedy="see failures.csv")
    for patient, (_, own) in read.items():
        difference = compare_grids(grid, own)
        if not difference.same:
            raise grids_differ(
                f"differ in {', '.join(difference.parts)}", f"{where}, patients {first} and {patient}"
            )
    return {patient: lesion for patient, (lesion, _) in read.items()}, grid


def _judge(block: VoxelBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        class_counts=class_counts(linked),
        nouns={str(target): "lesion maps" for target in rows["target"]},
    )


VOXELS = FamilyKind(
    "voxels",
    1,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(CLUSTERS, MAPS),
    left_out=_lacking,
    reads=lambda block: (block.image,),
)
