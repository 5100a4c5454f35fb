"""Gene fusions: which of the declared genes and pairs are fused in which patients."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.source import id_column, read_source
from imagenomics.errors import InputError, nearest, short_list, unknown_name
from imagenomics.genomics.settings_labels import FusionSettings
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import CHANGE_COLUMNS, MoleculeTable, block_table, empty

NOT_FUSED, FUSED = "not fused", "fused"
_JOIN = re.compile(r"\s*(?:--|::|_|/|-(?=[A-Z]))\s*")


def fusion_table(
    settings: FusionSettings, linking: Linking, *, path: Path, tested: Path | None
) -> MoleculeTable:
    """Return which declared genes and pairs of genes are fused in which patients.

    Parameters
    ----------
    settings : FusionSettings
        Columns of the genes, what is looked for, who was tested.
    linking : Linking
        The patients and the id rule.
    path, tested : Path
        The file, and the table of every tested sample where there is one.

    Returns
    -------
    MoleculeTable
        Binary columns ``{block}.{gene}`` (with any partner) and ``{block}.{gene}--{gene}``; NaN: not tested.

    Raises
    ------
    InputError
        ``IGX-GEN-049`` no such column, or cells that are no pair of genes; ``IGX-GEN-006``, ``IGX-LINK-...``.
    """
    frame = read_source(path, separator=settings.separator)
    ids, _, note = id_column(frame, settings.id, where=str(path), specimens=True)
    pairs = _pairs(frame, settings, str(path)).assign(sample=ids)
    samples = pd.Series(list(dict.fromkeys([*ids, *_listed(settings, tested)])), dtype=object)
    specimens = find_specimens(samples, linking, settings.samples, side=settings.name)
    own = pd.DataFrame({"sample": specimens.raw[specimens.rows.to_numpy()].to_numpy()}, dtype=object)
    taken, lost = one_per_patient(own, specimens, settings.samples)
    owners = pd.Series(taken.index, index=taken["sample"], dtype=object)
    pairs = pairs[pairs["sample"].isin(owners.index)]
    pairs = pairs.assign(patient=owners.reindex(pairs["sample"]).to_numpy())
    values = _fused(pairs, taken.index, settings)
    notes = [note] if note else []
    return MoleculeTable(
        table=block_table(
            values, settings, role="molecule", family="fusion", kind="binary", levels=f"{NOT_FUSED}|{FUSED}"
        ),
        losses=join_losses([specimens.losses, lost]),
        notes=tuple(f"{settings.name}: {n}" for n in (*notes, *_notes(pairs, settings))),
        changes=_changes(pairs),
    )


def _listed(settings: FusionSettings, path: Path | None) -> list[str]:
    if path is None:
        return []
    return id_column(read_source(path), settings.tested_id, where=str(path), specimens=True)[0].tolist()


def _fused(pairs: pd.DataFrame, patients: pd.Index, settings: FusionSettings) -> pd.DataFrame:
    """Return 1 where a gene or pair is fused, 0 elsewhere, for those who were tested."""
    five, three = pairs["five"], pairs["three"]
    hits = {gene: (five == gene) | (three == gene) for gene in settings.genes}
    hits |= {pair: (five + "--" + three) == pair for pair in settings.pairs}
    columns = {name: patients.isin(pairs.loc[hit, "patient"]).astype(float) for name, hit in hits.items()}
    return pd.DataFrame(columns, index=patients)


def _pairs(frame: pd.DataFrame, settings: FusionSettings, where: str) -> pd.DataFrame:
    wanted = [c for c in (settings.five_prime, settings.three_prime, settings.fusion) if c is not None]
    for column in wanted:
        if column not in frame.columns:
            raise unknown_name("IGX-GEN-049", "column", column, frame.columns, where=where)
    if settings.fusion is None:
        cells = frame[wanted].set_axis(["five", "three"], axis="columns").astype(object)
    else:
        parts = [_JOIN.split(str(cell)) for cell in frame[settings.fusion]]
        odd = [c for c, p in zip(frame[settings.fusion], parts, strict=True) if c and len(p) != 2]
        if odd:
            raise InputError(
                "IGX-GEN-049",
                f"{len(odd)} cells are no pair of genes: {short_list(map(repr, odd))}",
                where=f"{where}: {settings.fusion}",
                expected="GENE1--GENE2 or GENE1::GENE2",
                remedy="give `five_prime` and `three_prime` as columns of their own",
            )
        cells = pd.DataFrame([p if len(p) == 2 else ["", ""] for p in parts], columns=["five", "three"])
    return cells.reset_index(drop=True)


def _notes(pairs: pd.DataFrame, settings: FusionSettings) -> list[str]:
    notes = []
    if settings.tested is None:
        notes.append("only samples with a row count as tested; declare `tested`, because others have none")
    named = set(pairs["five"]) | set(pairs["three"])
    for gene in [*settings.genes, *(g for p in settings.pairs for g in p.split("--"))]:
        if gene not in named:
            close = nearest(gene, named - {""})
            notes.append(f"no row names '{gene}'" + (f"; there is '{close}'" if close else ""))
    return notes


def _changes(pairs: pd.DataFrame) -> pd.DataFrame:
    found = pairs[(pairs["five"] != "") | (pairs["three"] != "")]
    rows = pd.DataFrame(
        {"patient": found["patient"], "gene": found["five"], "change": found["five"] + "--" + found["three"]}
    )
    ordered = rows.drop_duplicates().sort_values(list(CHANGE_COLUMNS), kind="stable", ignore_index=True)
    return ordered.astype(object) if len(ordered) else empty(CHANGE_COLUMNS)
