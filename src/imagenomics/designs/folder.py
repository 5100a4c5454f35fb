"""Writing a simulated cohort: tables, readings and small pictures, and the study file that analyses them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.designs.columns import MOLECULES, columns_of, set_genes, with_columns
from imagenomics.designs.draw import Cohort
from imagenomics.designs.models import Design, Molecule, Patients, Phenotype, Picture
from imagenomics.designs.pictures.kind import Blocks, Place
from imagenomics.designs.pictures.kinds import GIVEN, KINDS, READINGS
from imagenomics.designs.pictures.readings import (
    read_pictures,
    reading_blocks,
    reading_column,
    reading_dictionary,
)
from imagenomics.work.seeds import generator


def study_tree(design: Design, *, title: str) -> dict[str, Any]:
    """Return the study of a design as the tree of a study file."""
    tree: dict[str, Any] = {
        "name": title,
        "seed": design.seed,
        "synthetic": True,
        "patients": {"table": "patients.csv", "id": "patient", **_clinical(design)},
    }
    labels = [m for m in design.molecules if m.kind != "panel"]
    molecules: list[dict[str, Any]] = []
    if labels:
        columns = {m.name: _label(m) for m in labels}
        molecules.append(
            {
                "name": MOLECULES,
                "kind": "labels",
                "path": "patients.csv",
                "id": "patient",
                "columns": columns,
            }
        )
    molecules += [_panel(m) for m in design.molecules if m.kind == "panel"]
    parts: list[Blocks] = [{"molecules": molecules} if molecules else {}]
    parts += [_picture_blocks(p, design.phenotypes_of(p.name)) for p in design.pictures]
    for part in parts:
        for section, blocks in part.items():
            tree.setdefault(section, []).extend(blocks)
    return {**tree, **with_columns(design.study, columns_of(design))}


def _clinical(design: Design) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for covariate in design.covariates:
        if covariate.kind == "binary":
            columns[covariate.name] = {"kind": "binary", "levels": list(covariate.levels)}
        elif covariate.kind == "classes":
            columns[covariate.name] = {"kind": "categorical"}
        else:
            columns[covariate.name] = {"kind": "continuous"}
    for survival in design.survival:
        columns[f"{survival.name}_time"] = {"kind": "continuous", "unit": survival.unit}
        columns[f"{survival.name}_event"] = {"kind": "binary", "levels": ["0", "1"]}
    return {"clinical": columns} if columns else {}


def _label(molecule: Molecule) -> dict[str, Any]:
    if molecule.kind == "binary":
        return {"kind": "binary", "levels": list(molecule.names)}
    return {"kind": "categorical"} if molecule.kind == "classes" else {"kind": "continuous"}


def _panel(molecule: Molecule) -> dict[str, Any]:
    block = {"name": molecule.name, "kind": "expression", "path": f"{molecule.name}.tsv", "id": "patient"}
    if molecule.scale == "genotypes":
        return block | {"kind": "genotypes"}
    counts = {"values": "counts", "normalise": "tmm"}
    return block | (counts if molecule.scale == "counts" else {"unit": "log2"})


def _picture_blocks(picture: Picture, phenotypes: Sequence[Phenotype]) -> Blocks:
    if picture.kind == READINGS:
        return reading_blocks(picture, phenotypes)
    if picture.kind == GIVEN:
        return {"feature_tables": [{"name": picture.name, "path": f"{picture.name}.csv", "id": "patient"}]}
    return KINDS[picture.kind].blocks(picture, phenotypes)


@dataclass(frozen=True)
class Written:
    """Where a cohort was written."""

    folder: Path
    tree: dict[str, Any]


def write_cohort(design: Design, cohort: Cohort, folder: Path, *, title: str, draw: int = 0) -> Written:
    """Write the tables, readings, pictures and the study file (as ``study.json``) of a cohort.

    Parameters
    ----------
    design : Design
    cohort : Cohort
        What :func:`imagenomics.designs.draw.draw_cohort` drew.
    folder : Path
        Made where it is not there.
    title : str
        Name of the study.
    draw : int
        Number of the draw; it names the random streams of readers and scanners.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    patients_table(design, cohort).to_csv(folder / "patients.csv")
    for name, frame in cohort.panels.items():
        frame.to_csv(folder / f"{name}.tsv", sep="\t")
    for molecule in design.molecules:
        if molecule.sets:
            (folder / f"{molecule.name}.gmt").write_text(gene_sets(molecule, design.seed))
    for picture in design.pictures:
        _write_picture_kind(design, picture, cohort, folder, draw=draw)
    tree = study_tree(design, title=title)
    (folder / "study.json").write_text(json.dumps(tree, indent=1))
    return Written(folder, tree)


def patients_table(design: Design, cohort: Cohort) -> pd.DataFrame:
    """Return covariates, labels and times of every patient as a table holds them."""
    columns: dict[str, Any] = {}
    for covariate in design.covariates:
        columns[covariate.name] = cohort.values[covariate.name]
    for molecule in design.molecules:
        if molecule.kind == "binary":
            columns[molecule.name] = cohort.values[molecule.name].map(dict(enumerate(molecule.names)))
        elif molecule.kind != "panel":
            columns[molecule.name] = cohort.values[molecule.name]
    if design.patients.twins is not None:
        columns["family"], columns["zygosity"] = families(design.patients)
    for name, times in cohort.times.items():
        columns[f"{name}_time"], columns[f"{name}_event"] = times["time"], times["event"]
    return pd.DataFrame(columns, index=cohort.values.index)


def families(patients: Patients) -> tuple[list[str], list[str]]:
    """Return family and zygosity of each patient: pairs of identical twins, of other twins, then people alone."""
    same, half = patients.twins or (0, 0)
    paired = 2 * (same + half)
    family = [f"F{k // 2 if k < paired else k}" for k in range(patients.n)]
    zygosity = ["MZ" if k < 2 * same else "DZ" if k < paired else "" for k in range(patients.n)]
    return family, zygosity


def gene_sets(molecule: Molecule, seed: int, *, others: int = 20) -> str:
    """Return a GMT file with the sets of a panel, and as many sets of other genes beside them."""
    sets = {name: ("planted", set_genes(name, size)) for name, size in molecule.sets.items()}
    free = [f"GENE{k + 1:04d}" for k in range(sum(molecule.sets.values()), molecule.genes)]
    usual = int(np.median(list(molecule.sets.values())))
    random = generator(seed, "gene sets", molecule.name)
    for k in range(others if len(free) >= usual else 0):
        sets[f"OTHER{k + 1:02d}"] = "chance", tuple(sorted(random.choice(free, usual, replace=False)))
    return "".join("\t".join([name, what, *genes]) + "\n" for name, (what, genes) in sets.items())


def _write_picture_kind(design: Design, picture: Picture, cohort: Cohort, folder: Path, *, draw: int) -> None:
    own = design.phenotypes_of(picture.name)
    random = generator(design.seed, "pictures", design.paper, picture.name, draw)
    if picture.kind == READINGS:
        sheet = read_pictures(picture, own, cohort.hidden, random=random)
        sheet = sheet.rename(columns={p.name: reading_column(picture, p).partition(".")[2] for p in own})
        sheet.to_csv(folder / f"{picture.name}.csv", index=False)
        (folder / f"{picture.name}.toml").write_text(dictionary_text(reading_dictionary(picture, own)))
        return
    values = cohort.values[[p.name for p in own]]
    if picture.kind == GIVEN:
        values.to_csv(folder / f"{picture.name}.csv")
        return
    kind = KINDS[picture.kind]
    quantities = [p.quantity for p in own]
    for patient, row in zip(values.index, values.to_numpy(dtype=float), strict=True):
        stream = generator(design.seed, "pictures", design.paper, picture.name, draw, str(patient))
        place = Place(folder / "images", str(patient), stream, picture.noise)
        kind.draw(picture, dict(zip(quantities, row.tolist(), strict=True)), place)


def dictionary_text(tree: Mapping[str, Any]) -> str:
    """Return a data dictionary as TOML."""
    lines = [f"{key} = {json.dumps(tree[key])}" for key in ("name", "title", "source")]
    for item in tree["items"]:
        lines += ["", "[[items]]", *(f"{k} = {json.dumps(v)}" for k, v in item.items())]
    return "\n".join(lines) + "\n"
