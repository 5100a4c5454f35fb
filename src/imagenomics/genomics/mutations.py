"""Mutations: protein changes become 1, wild type 0, and not sequenced stays missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.spelling import is_missing
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.hotspots import at_hotspot
from imagenomics.genomics.matrix import Matrix, keep_genes
from imagenomics.genomics.settings import MutationSettings
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import (
    CHANGE_COLUMNS,
    MoleculeTable,
    Sequenced,
    block_table,
    cell_report,
    dropped_columns,
    empty,
)

MUTATED, WILD_TYPE, NOT_SEQUENCED = "mutated", "wild type", ""


def mutation_table(matrix: Matrix, settings: MutationSettings, linking: Linking) -> MoleculeTable:
    """Return which genes are mutated in which patients.

    Parameters
    ----------
    matrix : Matrix, (m, g)
        Protein changes as written; several in a cell are separated by spaces.
    settings : MutationSettings
        What means wild type and not sequenced, which genes, how many mutated patients a gene needs.
    linking : Linking
        The patients and the id rule.

    Returns
    -------
    MoleculeTable
        Binary columns: 1 mutated, 0 wild type, NaN not sequenced; ``{block}.{gene}_{place}`` for hotspots.

    Raises
    ------
    InputError
        ``IGX-GEN-001`` no cell is wild type; ``IGX-GEN-002`` a hotspot of a gene that is not there;
        ``IGX-GEN-006``, ``IGX-GEN-009``, ``IGX-LINK-...``.
    """
    _check_wild_type(matrix, settings)
    sentinels = [*settings.wild_type, *settings.not_sequenced]
    genes = keep_genes(
        matrix, lambda column: bool(column.isin(sentinels).any()), reason="no cell is a wild type"
    )
    specimens = find_specimens(genes.ids, linking, settings.samples, side=settings.name)
    rows = genes.cells.iloc[specimens.rows.to_numpy()]
    cells, lost = one_per_patient(rows, specimens, settings.samples)
    seen = _classified(cells, settings)
    values = pd.DataFrame(
        np.where(seen.missing, np.nan, seen.mutated.astype(float)), index=cells.index, columns=cells.columns
    )
    counts = dict(zip(cells.columns, seen.mutated.sum(axis=0).tolist(), strict=True))
    rare = [gene for gene, n in counts.items() if n < settings.min_mutated]
    reason = _rarely(settings)
    changes = _changes(cells, ~seen.missing & ~seen.wild)
    spots = [_spot(spot, changes, values, where=genes.where) for spot in settings.hotspots]
    return MoleculeTable(
        table=block_table(
            pd.concat([values.drop(columns=rare), *spots], axis=1),
            settings,
            role="molecule",
            family="mutation",
            kind="binary",
            levels=f"{WILD_TYPE}|{MUTATED}",
        ),
        losses=join_losses([specimens.losses, lost]),
        report=_report(cells, seen, settings),
        notes=(*genes.notes, *_notes(values, seen, len(rare), settings=settings)),
        dropped=dropped_columns(genes.dropped | {gene: (reason, counts[gene]) for gene in rare}),
        changes=changes,
        sequenced=Sequenced(pd.DataFrame(~seen.missing, index=cells.index, columns=cells.columns)),
    )


def _spot(spot: str, changes: pd.DataFrame, values: pd.DataFrame, *, where: str) -> pd.Series:
    """Return who has a change at a hotspot, NaN where the gene was not sequenced."""
    gene = spot.partition(":")[0]
    if gene not in values.columns:
        raise unknown_name("IGX-GEN-002", "gene", gene, values.columns, where=f"{where}: hotspots")
    hit = values.index.isin(at_hotspot(changes, spot)["patient"]).astype(float)
    return pd.Series(hit, index=values.index, name=spot.replace(":", "_")).where(values[gene].notna())


@dataclass(frozen=True)
class _Classified:
    """What each cell is, (n, g) each."""

    missing: np.ndarray
    wild: np.ndarray
    silent: np.ndarray
    mutated: np.ndarray


def _classified(cells: pd.DataFrame, settings: MutationSettings) -> _Classified:
    """Return what each cell is; blank cells and words for 'missing' count as not sequenced."""
    words = pd.unique(cells.to_numpy(dtype=object).ravel())
    unknown = [w for w in words if is_missing(w) and w not in settings.wild_type]
    missing = cells.isin([*settings.not_sequenced, *unknown]).to_numpy()
    wild = cells.isin(list(settings.wild_type)).to_numpy()
    quiet = [w for w in words if w.split() and all(change.endswith("=") for change in w.split())]
    silent = cells.isin(quiet).to_numpy() & ~missing & ~wild
    changed = ~missing & ~wild
    return _Classified(
        missing, wild, silent, changed & ~silent if settings.synonymous == "wild-type" else changed
    )


def _check_wild_type(matrix: Matrix, settings: MutationSettings) -> None:
    text = matrix.cells
    if text.isin(list(settings.wild_type)).to_numpy().any():
        return
    common = pd.Series(text.to_numpy(dtype=object).ravel()).value_counts().index[:5]
    raise InputError(
        "IGX-GEN-001",
        f"no cell is {short_list(map(repr, settings.wild_type))}; the most frequent are "
        f"{short_list(map(repr, common), 5)}",
        where=matrix.where,
        expected="a matrix of protein changes with a word for wild type",
        remedy="declare wild_type = [...] and not_sequenced = [...]",
    )


def _report(cells: pd.DataFrame, seen: _Classified, settings: MutationSettings) -> pd.DataFrame:
    text = cells.to_numpy(dtype=object)
    counts: Counter[tuple[str, str]] = Counter()
    for mask, mapped in ((seen.wild, WILD_TYPE), (seen.missing, NOT_SEQUENCED)):
        words = Counter(text[mask].tolist())
        counts.update({(word, mapped): n for word, n in sorted(words.items())})
    quiet = MUTATED if settings.synonymous == "mutated" else WILD_TYPE
    counts["(synonymous changes)", quiet] = int(seen.silent.sum())
    counts["(protein changes)", MUTATED] = int((~seen.missing & ~seen.wild & ~seen.silent).sum())
    return cell_report(counts)


def _notes(values: pd.DataFrame, seen: _Classified, rare: int, *, settings: MutationSettings) -> list[str]:
    notes = []
    if rare:
        text = f"{rare} of {values.shape[1]} genes are {_rarely(settings)} and left out"
        notes.append(f"{settings.name}: {text}")
    silent = int(seen.silent.sum())
    if silent:
        notes.append(
            f"{settings.name}: {silent} cells of synonymous changes only count as {settings.synonymous}"
        )
    unseen = values.index[values.isna().all(axis=1)]
    if len(unseen):
        notes.append(
            f"{settings.name}: no gene was sequenced in {len(unseen)} patients: {short_list(unseen)}"
        )
    return notes


def _rarely(settings: MutationSettings) -> str:
    few = settings.min_mutated
    return "mutated in no patient" if few == 1 else f"mutated in fewer than {few} patients"


def _changes(cells: pd.DataFrame, changed: np.ndarray) -> pd.DataFrame:
    """Return one row per patient, gene and protein change."""
    text = cells.to_numpy(dtype=object)
    rows = [
        (cells.index[i], cells.columns[j], change)
        for i, j in np.argwhere(changed)
        for change in str(text[i, j]).split()
    ]
    if not rows:
        return empty(CHANGE_COLUMNS)
    table = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS)).astype(object)
    return table.sort_values(list(CHANGE_COLUMNS), kind="stable", ignore_index=True)
