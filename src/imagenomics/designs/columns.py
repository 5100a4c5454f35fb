"""Which column of a study's tables each variable of a design becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.designs.models import Design, Phenotype, Picture
from imagenomics.designs.pictures.kinds import GIVEN, KINDS, READINGS
from imagenomics.designs.pictures.readings import reading_column
from imagenomics.errors import unknown_name

MOLECULES = "molecules"


def columns_of(design: Design) -> dict[str, str]:
    """Return the column of every variable in the study's tables, by the name that the design gives it.

    Raises
    ------
    InputError
        ``IGX-DES-002``: a kind of picture, or a quantity of it, that does not exist.
    """
    columns = {}
    for phenotype in design.phenotypes:
        picture = next(p for p in design.pictures if p.name == phenotype.picture)
        columns[phenotype.name] = _feature(picture, phenotype)
    for molecule in design.molecules:
        panel = molecule.kind == "panel"
        columns[molecule.name] = molecule.name if panel else f"{MOLECULES}.{molecule.name}"
    return columns


def _feature(picture: Picture, phenotype: Phenotype) -> str:
    if picture.kind == READINGS:
        return reading_column(picture, phenotype)
    if picture.kind == GIVEN:
        return f"{picture.name}.{phenotype.name}"
    kind = KINDS.get(picture.kind)
    if kind is None:
        raise unknown_name("IGX-DES-002", "kind of picture", picture.kind, [*KINDS, READINGS, GIVEN])
    if phenotype.quantity not in kind.quantities:
        where = f"picture {picture.name}"
        raise unknown_name("IGX-DES-002", "quantity", phenotype.quantity, kind.quantities, where=where)
    return kind.column(picture, phenotype)


def genes_of(design: Design, factor: str) -> tuple[str, ...]:
    """Return the genes of a planted set (``panel.SET``); none where it is no such set."""
    panel, _, name = factor.partition(".")
    for molecule in design.molecules:
        if molecule.name == panel and name in molecule.sets:
            return set_genes(name, molecule.sets[name])
    return ()


def set_genes(name: str, size: int) -> tuple[str, ...]:
    """Return the names of the genes of a planted set."""
    return tuple(f"{name}{k + 1}" for k in range(size))


def with_columns(study: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Return analysis blocks with columns in place of the names of variables; names of blocks stay."""

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return columns.get(value, value)
        if isinstance(value, list):
            return [put(v) for v in value]
        if isinstance(value, dict):
            return {k: v if k == "name" else put(v) for k, v in value.items()}
        return value

    return {section: put(blocks) for section, blocks in study.items()}
