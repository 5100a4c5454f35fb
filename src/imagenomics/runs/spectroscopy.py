"""Entering with metabolites: one table for each patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import Loss, loss_table
from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.features.spectroscopy import LONG, NAMES, metabolite_rows, read_metabolites
from imagenomics.runs.feature_tables import GivenFeatures
from imagenomics.runs.spectroscopy_block import SpectroscopyTable
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.failures import Failure, failure_of


def read_spectra(block: SpectroscopyTable, root: Path, *, patients: Sequence[str]) -> GivenFeatures:
    """Read the metabolites of each patient.

    Parameters
    ----------
    block : SpectroscopyTable
        The ``[[feature_tables]]`` block.
    root : Path
        Folder at which its path starts.
    patients : sequence of str
        Patients of the study.

    Returns
    -------
    GivenFeatures
        A patient without a table is a loss, one whose table cannot be read a failure (``IGX-FEAT-066``,
        ``IGX-FEAT-067``, ``IGX-RUN-093``); values that are not certain enough are missing, and a note counts them.
    """
    rows: dict[str, pd.DataFrame] = {}
    losses: list[Loss] = []
    failures: list[tuple[str, Failure]] = []
    for patient in patients:
        path = root / block.path.format(patient=patient)
        if not path.is_file():
            losses.append(
                Loss(patient, block.name, patient, "missing", "metabolite table not found", str(path))
            )
            continue
        try:
            rows[patient] = metabolite_rows(_voxel(read_metabolites(path), block, path), settings=block)
        except ImagenomicsError as error:
            failures.append((patient, failure_of(str(path), error)))
    described = _described(block)
    values = {patient: _taken(frame, block) for patient, frame in rows.items()}
    index = pd.Index(list(values), name="patient", dtype=object)
    wide = pd.DataFrame(list(values.values()), index=index, columns=described.index, dtype=np.float64)
    notes = _notes(rows, block)
    return GivenFeatures(
        PatientTable(wide, described), loss_table(losses), notes=notes, failures=tuple(failures)
    )


def _voxel(table: pd.DataFrame, block: SpectroscopyTable, path: Path) -> pd.DataFrame:
    """Return the voxel that counts."""
    places = table[["row", "col"]].drop_duplicates()
    if block.voxel is None and len(places) == 1:
        return table
    row, column = block.voxel or (None, None)
    chosen = table[(table["row"] == row) & (table["col"] == column)]
    if len(chosen):
        return chosen
    raise InputError(
        "IGX-RUN-093",
        f"the table holds {len(places)} voxels"
        + ("" if block.voxel is None else f", and none in row {row}, column {column}"),
        where=str(path),
        expected="one voxel, or the one that the study names",
        remedy="declare voxel = [row, column] of the voxel inside the lesion",
    )


def _described(block: SpectroscopyTable) -> pd.DataFrame:
    """Describe the columns, which do not depend on a table."""
    certain = [(names[0], 2.0, 1.0) for names in NAMES.values()]
    rows = metabolite_rows(pd.DataFrame(certain, columns=list(LONG)))
    return describe(
        [f"{block.name}.{feature}" for feature in rows["feature"]],
        source=block.name,
        family="spectroscopy",
        feature=list(rows["feature"]),
        unit=list(rows["unit"]),
    )


def _taken(rows: pd.DataFrame, block: SpectroscopyTable) -> list[float]:
    certain = rows["flags"].isin(["", *block.accept])
    return [float(v) for v in rows["value"].where(certain)]


def _notes(rows: dict[str, pd.DataFrame], block: SpectroscopyTable) -> tuple[str, ...]:
    """Say how often a value is missing, and why."""
    counts: Counter[str] = Counter()
    for frame in rows.values():
        doubtful = ~frame["flags"].isin(["", *block.accept])
        counts["a Cramer-Rao bound above crlb_ok"] += int(doubtful.sum())
        skipped = frame["status"] == "skipped"
        unknown = skipped & frame["reason"].astype(str).str.contains("not in the table|not among")
        counts["a metabolite that the table does not have"] += int(unknown.sum())
        counts["a bound above crlb_limit, or no reliable spectrum"] += int((skipped & ~unknown).sum())
    return tuple(f"{block.name}: {n} values are missing for {why}" for why, n in counts.items() if n)
