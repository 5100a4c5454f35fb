"""Entering with a plain table: features that were measured elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import pandas as pd

from imagenomics.cohort.ids import parse_ids
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import FeatureTable, Plan
from imagenomics.runs.store import file_digest, make_key
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.read import read_keyed_table, to_number


@dataclass(frozen=True)
class GivenFeatures:
    """Tables of features by patient, and the keys of their files."""

    tables: list[PatientTable]
    keys: list[str]


def read_feature_tables(plan: Plan, linked: Linked, *, issues: Issues) -> GivenFeatures:
    """Read every ``[[feature_tables]]`` block.

    Raises
    ------
    InputError
        ``IGX-RUN-030``: no row belongs to a patient of the study; ``IGX-TAB-001``: an id twice; ``IGX-TAB-013``: a
        column that is not numeric.
    """
    tables = [_read(block, linked, issues) for block in plan.feature_tables]
    keys = [
        make_key("feature-table", 1, block.canonical(), [file_digest(linked.root / block.path)])
        for block in plan.feature_tables
    ]
    return GivenFeatures(tables, keys)


def _read(block: FeatureTable, linked: Linked, issues: Issues) -> PatientTable:
    path = linked.root / block.path
    frame = read_keyed_table(path, key=block.id)
    parsed = parse_ids([str(i) for i in frame[block.id]], block.rule, known=linked.patients)
    index = pd.Index(parsed["patient"], name="patient", dtype=object)
    known = index.isin(list(linked.patients))
    if not known.any():
        raise InputError(
            "IGX-RUN-030",
            "no row of this feature table belongs to a patient of the study",
            where=f"{path}: {short_list(frame[block.id])}; the study has {short_list(linked.patients)}",
            remedy="declare the id rule of the table: rule = ...",
        )
    if not known.all():
        strangers = list(frame[block.id][~known])
        text = f"{block.name}: {len(strangers)} rows are of nobody in the study ({short_list(strangers)})"
        issues.warn("extract", "IGX-RUN-031", text)
    names = _chosen(block, [c for c in frame.columns if c != block.id], str(path))
    columns = {
        f"{block.name}.{name}": to_number(frame[name], where=f"{path}: {name}").to_numpy()[known]
        for name in names
    }
    roles = ["volume" if name == block.volume else "feature" for name in names]
    described = describe(columns, source=block.name, family="given", feature=names, role=roles)
    return PatientTable(pd.DataFrame(columns, index=index[known]), described)


def _chosen(block: FeatureTable, present: list[str], where: str) -> list[str]:
    chosen = [c for c in present if any(fnmatchcase(c, pattern) for pattern in block.columns)]
    for pattern in block.columns:
        if not any(fnmatchcase(c, pattern) for c in present):
            raise unknown_name("IGX-RUN-032", "feature column", pattern, present, where=where)
    if block.volume is not None and block.volume not in chosen:
        raise unknown_name("IGX-RUN-032", "volume column", block.volume, chosen, where=where)
    return chosen
