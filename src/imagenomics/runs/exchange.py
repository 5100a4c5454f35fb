"""A finished run as MuData: features, molecules and clinical variables of its patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imagenomics.errors import FileProblem
from imagenomics.runs.folder import read_patient_table
from imagenomics.tables.exchange import to_mudata

if TYPE_CHECKING:
    from mudata import MuData

TABLES = ("features", "molecules", "clinical")


def run_to_mudata(folder: Path) -> MuData:
    """Return the tables of a run folder as MuData, one modality each.

    Parameters
    ----------
    folder : Path
        A run folder; tables that a run has not made yet, or that have no column, are left out.

    Raises
    ------
    FileProblem
        ``IGX-GEN-060`` the extra ``exchange`` is not installed; ``IGX-GEN-063`` the folder has no such table.
    """
    found = [name for name in TABLES if (folder / f"{name}.parquet").is_file()]
    tables = {name: read_patient_table(folder, name) for name in found}
    filled = {name: table for name, table in tables.items() if len(table.columns)}
    if not filled:
        raise FileProblem(
            "IGX-GEN-063",
            "the folder has no table of features, molecules or clinical variables",
            where=str(folder),
            expected="a folder that `imagenomics run` wrote",
            remedy="give the run's --out",
        )
    return to_mudata(filled)
