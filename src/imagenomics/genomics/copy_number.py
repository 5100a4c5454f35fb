"""Copy number: GISTIC calls from -2 to 2 as ordinal columns, and the binary calls derived from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.spelling import is_missing
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.matrix import Matrix, keep_genes
from imagenomics.genomics.settings import Call, CopyNumberSettings
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import (
    MoleculeTable,
    block_table,
    cell_report,
    dropped_columns,
)

LEVELS = ("deep deletion", "shallow loss", "diploid", "low gain", "amplification")
GISTIC: Mapping[str, float] = {
    **{str(call): float(call + 2) for call in range(-2, 3)},
    **{f"{call}.0": float(call + 2) for call in range(-2, 3)},
}
CALLS: Mapping[Call, Callable[[np.ndarray], np.ndarray]] = {
    "amplified": lambda code: code == 4,
    "deep-deletion": lambda code: code == 0,
    "gain": lambda code: code >= 3,
    "loss": lambda code: code <= 1,
}


def copy_number_table(matrix: Matrix, settings: CopyNumberSettings, linking: Linking) -> MoleculeTable:
    """Return the copy number of each gene in each patient.

    Parameters
    ----------
    matrix : Matrix, (m, g)
        GISTIC calls as written.
    settings : CopyNumberSettings
        What means not profiled, and which calls become columns.
    linking : Linking
        The patients and the id rule.

    Returns
    -------
    MoleculeTable
        Ordinal columns ``{block}.{gene}`` with codes 0..4 for -2..2; binary ``{block}.{gene}.{call}``.

    Raises
    ------
    InputError
        ``IGX-GEN-003`` cells that are no GISTIC call; ``IGX-GEN-006``, ``IGX-GEN-009``, ``IGX-LINK-...``.
    """
    genes = keep_genes(
        matrix, lambda column: bool(column.isin(list(GISTIC)).any()), reason="no cell is a GISTIC call"
    )
    specimens = find_specimens(genes.ids, linking, settings.samples, side=settings.name)
    cells = genes.cells.iloc[specimens.rows.to_numpy()]
    cells, lost = one_per_patient(cells, specimens, settings.samples)
    missing = _missing_words(cells, settings)
    _check_calls(cells, missing, where=genes.where)
    codes = cells.map(lambda cell: GISTIC.get(cell, np.nan)).astype("float64")
    empty_genes = codes.columns[codes.isna().all()]
    dropped = genes.dropped | dict.fromkeys(empty_genes, ("not profiled in any patient", 0))
    values, kinds, levels = _columns(codes.drop(columns=empty_genes), settings)
    return MoleculeTable(
        table=block_table(values, settings, role="molecule", family="copy number", kind=kinds, levels=levels),
        losses=join_losses([specimens.losses, lost]),
        report=_report(cells, missing),
        notes=(*genes.notes, *_notes(codes, len(empty_genes), settings)),
        dropped=dropped_columns(dropped),
    )


def _missing_words(cells: pd.DataFrame, settings: CopyNumberSettings) -> list[str]:
    words = pd.unique(cells.to_numpy().ravel())
    return [w for w in words if w in settings.not_profiled or is_missing(w)]


def _check_calls(cells: pd.DataFrame, missing: list[str], *, where: str) -> None:
    odd = ~cells.isin([*GISTIC, *missing]).to_numpy()
    if not odd.any():
        return
    gene = cells.columns[int(odd.any(axis=0).argmax())]
    words = pd.unique(cells.to_numpy(dtype=object)[odd])
    raise InputError(
        "IGX-GEN-003",
        f"{int(odd.sum())} cells are no GISTIC call: {short_list(map(repr, words), 5)}",
        where=f"{where}: e.g. column '{gene}'",
        expected="-2, -1, 0, 1, 2 or a word for not profiled",
        remedy="declare not_profiled = [...], `ignore` the column, or kind = 'expression' for log ratios",
    )


def _columns(codes: pd.DataFrame, settings: CopyNumberSettings) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the declared columns, gene by gene, with kind and levels of each."""
    columns: dict[str, np.ndarray] = {}
    kinds: list[str] = []
    levels: list[str] = []
    for gene in codes.columns:
        code = codes[gene].to_numpy()
        for call in settings.calls:
            if call == "ordinal":
                columns[gene] = code
                kinds.append("ordinal")
                levels.append("|".join(LEVELS))
            else:
                columns[f"{gene}.{call}"] = np.where(np.isnan(code), np.nan, CALLS[call](code).astype(float))
                kinds.append("binary")
                levels.append(f"not {call}|{call}")
    return pd.DataFrame(columns, index=codes.index), kinds, levels


def _report(cells: pd.DataFrame, missing: list[str]) -> pd.DataFrame:
    words, numbers = np.unique(cells.to_numpy().ravel().astype(str), return_counts=True)
    counts = {}
    for word, n in zip(words, numbers, strict=True):
        counts[str(word), "" if word in missing else LEVELS[int(GISTIC[str(word)])]] = int(n)
    return cell_report(counts)


def _notes(codes: pd.DataFrame, empty_genes: int, settings: CopyNumberSettings) -> list[str]:
    notes = []
    if empty_genes:
        notes.append(
            f"{settings.name}: {empty_genes} genes were not profiled in any patient and are left out"
        )
    unseen = codes.index[codes.isna().all(axis=1)]
    if len(unseen):
        notes.append(f"{settings.name}: no gene was profiled in {len(unseen)} patients: {short_list(unseen)}")
    return notes
