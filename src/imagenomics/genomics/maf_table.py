"""MAF files as a table: which genes and hotspots are mutated in which patients, and who was sequenced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.source import id_column, read_source
from imagenomics.errors import InputError, nearest
from imagenomics.genomics.hotspots import at_hotspot
from imagenomics.genomics.maf import Maf, counted_classes, read_maf
from imagenomics.genomics.mutations import MUTATED, WILD_TYPE
from imagenomics.genomics.settings_mutations import MafSettings
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


def maf_table(
    settings: MafSettings, linking: Linking, *, path: Path, sequenced: Path | None
) -> MoleculeTable:
    """Return which genes are mutated in which patients.

    Parameters
    ----------
    settings : MafSettings
        Which classes count, which genes and hotspots, what was sequenced.
    linking : Linking
        The patients and the id rule.
    path, sequenced : Path
        The file, and the table of every sequenced sample where there is one.

    Returns
    -------
    MoleculeTable
        Binary columns ``{block}.{gene}`` and ``{block}.{gene}_{place}``; ``variants`` holds every variant of the
        samples that were taken, of every class.

    Raises
    ------
    InputError
        ``IGX-GEN-022`` to ``-025``; ``IGX-GEN-006``, ``IGX-LINK-...``, ``IGX-COHORT-011``.
    """
    maf = read_maf(settings, path=path)
    ids = list(dict.fromkeys([*maf.variants["sample"], *_listed(settings, sequenced)]))
    specimens = find_specimens(pd.Series(ids, dtype=object), linking, settings.samples, side=settings.name)
    own = pd.DataFrame({"sample": specimens.raw[specimens.rows.to_numpy()].to_numpy()}, dtype=object)
    taken, lost = one_per_patient(own, specimens, settings.samples)
    owners = pd.Series(taken.index, index=taken["sample"], dtype=object)
    variants = maf.variants[maf.variants["sample"].isin(owners.index)]
    variants = variants.assign(patient=owners.reindex(variants["sample"]).to_numpy())
    variants = variants[["patient", "gene", "variant_class", "change"]].reset_index(drop=True)
    counted = variants[variants["variant_class"].isin(counted_classes(settings.classes))]
    genes, dropped, notes = _genes(counted, variants, settings, maf.where)
    values = _binary(counted, genes, taken.index)
    rare = [g for g in genes if values[g].sum() < settings.min_mutated]
    dropped |= {
        g: (f"mutated in fewer than {settings.min_mutated} patients", int(values[g].sum())) for g in rare
    }
    spots = [_spot(counted, spot, values.index) for spot in settings.hotspots]
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
        report=_report(variants, settings),
        notes=tuple(f"{settings.name}: {note}" for note in (*notes, *_notes(maf, settings, len(rare)))),
        dropped=dropped_columns(dropped),
        changes=_changes(counted),
        variants=variants,
        sequenced=_sequenced(taken.index, settings),
    )


def _listed(settings: MafSettings, path: Path | None) -> list[str]:
    """Return the samples that were sequenced by the declared table."""
    if path is None:
        return []
    return id_column(read_source(path), settings.sequenced_id, where=str(path), specimens=True)[0].tolist()


def _genes(
    counted: pd.DataFrame, variants: pd.DataFrame, settings: MafSettings, where: str
) -> tuple[list[str], dict[str, tuple[str, int]], list[str]]:
    """Return the genes that become columns; genes that no row names are wild type in whoever was sequenced."""
    seen = sorted(set(counted["gene"]))
    panel = set(settings.panel)
    outside = sorted(set(seen) - panel) if panel else []
    dropped: dict[str, tuple[str, int]] = dict.fromkeys(outside, ("not in the declared panel", 0))
    if settings.genes == "all":
        return [g for g in seen if g not in dropped], dropped, []
    notes = []
    for gene in settings.genes:
        if panel and gene not in panel:
            raise InputError(
                "IGX-GEN-025",
                f"the gene '{gene}' is not in the declared panel",
                where=f"{where}: genes",
                remedy="name it in `panel`, or leave it out: it can be neither mutated nor wild type",
            )
        if gene not in set(variants["gene"]):
            close = nearest(gene, set(variants["gene"]))
            notes.append(f"no row names '{gene}'" + (f"; there is '{close}'" if close else ""))
    return list(dict.fromkeys(settings.genes)), dropped, notes


def _binary(counted: pd.DataFrame, genes: list[str], patients: pd.Index) -> pd.DataFrame:
    cells = np.zeros((len(patients), len(genes)))
    place = {g: j for j, g in enumerate(genes)}
    own = counted[counted["gene"].isin(place)]
    cells[patients.get_indexer(pd.Index(own["patient"])), own["gene"].map(place).to_numpy(dtype=int)] = 1.0
    return pd.DataFrame(cells, index=patients, columns=genes)


def _spot(counted: pd.DataFrame, spot: str, patients: pd.Index) -> pd.Series:
    hit = patients.isin(at_hotspot(counted, spot)["patient"])
    return pd.Series(hit.astype(float), index=patients, name=spot.replace(":", "_"))


def _sequenced(patients: pd.Index, settings: MafSettings) -> Sequenced:
    everywhere = pd.DataFrame(True, index=patients, columns=list(settings.panel), dtype=bool)
    return Sequenced(everywhere, others=not settings.panel)


def _report(variants: pd.DataFrame, settings: MafSettings) -> pd.DataFrame:
    chosen = counted_classes(settings.classes)
    counts = variants["variant_class"].value_counts().sort_index()
    return cell_report(
        {(str(w), MUTATED if w in chosen else "not counted"): int(n) for w, n in counts.items()}
    )


def _notes(maf: Maf, settings: MafSettings, rare: int) -> list[str]:
    notes = []
    if maf.repeats:
        notes.append(f"{maf.repeats} rows repeat a variant of the same sample and count once")
    if settings.sequenced is None:
        notes.append(
            "only samples with a row count as sequenced; declare `sequenced`, because a sample without any variant "
            "has no row"
        )
    if rare and settings.min_mutated > 1:
        notes.append(f"{rare} genes are mutated in fewer than {settings.min_mutated} patients and left out")
    return notes


def _changes(counted: pd.DataFrame) -> pd.DataFrame:
    rows = counted[list(CHANGE_COLUMNS)].astype(object)
    if rows.empty:
        return empty(CHANGE_COLUMNS)
    return rows.sort_values(list(CHANGE_COLUMNS), kind="stable", ignore_index=True)
