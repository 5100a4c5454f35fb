"""Agreement of readers, examinations and repetitions: every ``[[agreement]]`` block, and its table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.associate.agreement.table import known_names, measure_agreement
from imagenomics.runs.agreement_block import AgreementBlock
from imagenomics.runs.choose import choose_features
from imagenomics.runs.extract import Extracted
from imagenomics.runs.folder import RunFolder
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.repetitions import repeated_units
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.frames import stack
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.unit_table import UnitTable

STAGE = "agreement"
VERSION = 2
FILES = ("agreement.parquet",)


def compare_readers(
    plan: Plan, linked: Linked, extracted: Extracted, *, folder: RunFolder, shop: Workshop
) -> None:
    """Work out the agreement of every ``[[agreement]]`` block and write ``agreement.parquet``."""
    tables = [_one_block(block, plan, linked, extracted, shop=shop) for block in plan.agreement]
    if tables:
        folder.write_frame("agreement", stack(tables))
    else:
        folder.remove(*FILES)


def given_again(block: AgreementBlock, linked: Linked, features: PatientTable) -> UnitTable:
    """Return the columns of a block by patient and reader (or repetition).

    Raises
    ------
    InputError
        ``IGX-RUN-040``: a feature that is not there.
    """
    table = linked.readers.get(block.of)
    if table is None:
        table = linked.inner.source(block.of)
    if table is None:
        table = repeated_units(features, block.of)
    chosen = choose_features(
        table.flat(), block.features, flagged=block.flagged, where=f"[[agreement]] {block.name}"
    )
    return table.select(map(str, chosen.columns.index))


def foresee_agreement(block: AgreementBlock, linked: Linked, features: PatientTable) -> dict[str, Any]:
    """Say what a block would compare among the columns that will be there.

    Raises
    ------
    InputError
        ``IGX-RUN-040``, ``IGX-ASSOC-120``, ``IGX-ASSOC-121``: a feature, reader or column that is not there.
    """
    table = given_again(block, linked, features)
    readers, kinds = known_names(table, block)
    return {
        "analysis": block.name,
        "kind": "agreement",
        "of": block.of,
        "features": len(kinds),
        "readers": len(readers),
        "seconds": 0.0,
    }


def _one_block(
    block: AgreementBlock, plan: Plan, linked: Linked, extracted: Extracted, *, shop: Workshop
) -> pd.DataFrame:
    def compute() -> dict[str, pd.DataFrame]:
        table = given_again(block, linked, extracted.features)
        return {"table": measure_agreement(table, settings=block, analysis=block.name, seed=plan.seed)}

    unit = Unit(STAGE, VERSION, block.canonical(), upstream=(linked.key, extracted.key, str(plan.seed)))
    table: pd.DataFrame = shop.once(unit, compute)["table"]
    return table
