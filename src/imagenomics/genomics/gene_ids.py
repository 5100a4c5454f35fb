"""Ids of genes: what they are, and how one kind becomes another, with everything that was lost on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.settings_numbers import GeneIdSettings
from imagenomics.tables.read import read_text_table

MIXED = 0.05  # share of a second kind from which ids are mixed
KINDS: Mapping[str, re.Pattern[str]] = {
    "Ensembl": re.compile(r"ENS[A-Z]*[GT][0-9]{11}(\.[0-9]+)?(_PAR_Y)?"),
    "Entrez": re.compile(r"[0-9]+"),
    "miRBase": re.compile(r"[a-z]{3}-(mir|let|miR|lin)-.+"),
    "array probe": re.compile(r"[0-9]+(_[a-z])*_at|ILMN_[0-9]+|A_[0-9]+_P[0-9]+"),
}
_VERSION = re.compile(r"(ENS[A-Z]*[GT][0-9]{11})\.[0-9]+")
_SUMMARY = re.compile(r"N_(unmapped|multimapping|noFeature|ambiguous)|__[a-z_]+")


@dataclass(frozen=True)
class Mapped:
    """Numbers under their new ids, and which genes were left out: id -> (reason, 0)."""

    values: pd.DataFrame
    dropped: dict[str, tuple[str, int]]
    notes: tuple[str, ...]


def kind_of_id(gene: str) -> str:
    """Return what an id looks like: Ensembl, Entrez, miRBase, array probe, or else symbol."""
    return next((kind for kind, pattern in KINDS.items() if pattern.fullmatch(gene)), "symbol")


def summary_rows(genes: Iterable[str]) -> list[str]:
    """Return the names that counting programs give to rows that are no genes (N_unmapped, __no_feature)."""
    return [gene for gene in genes if _SUMMARY.fullmatch(gene)]


def refuse_mixed(genes: Iterable[str], *, where: str) -> None:
    """Refuse ids of several kinds in one matrix (``IGX-GEN-040``): the same gene could stand there twice."""
    ids = list(genes)
    counts = Counter(kind_of_id(gene) for gene in ids)
    often = [(kind, n) for kind, n in counts.most_common() if n >= MIXED * len(ids) and n > 1]
    if len(often) > 1:
        examples = [f"{n} {kind} ({next(g for g in ids if kind_of_id(g) == kind)})" for kind, n in often]
        raise InputError(
            "IGX-GEN-040",
            f"genes are named by several kinds of ids: {short_list(examples, 4)}",
            where=where,
            expected="one kind of ids",
            remedy="map them to one kind with `ids`, or name the `genes` that are wanted",
        )


def map_genes(
    values: pd.DataFrame, settings: GeneIdSettings, *, resolve: Callable[[str], Path], where: str
) -> Mapped:
    """Return the numbers under the ids that are wanted.

    Parameters
    ----------
    values : DataFrame, (n, g)
        One column for each id as written.
    settings : GeneIdSettings
        The table of ids, and what becomes of several and of unmapped ones.
    resolve : callable
        Makes a path of the table.
    where : str
        The file, for messages.

    Raises
    ------
    InputError
        ``IGX-GEN-043`` several ids become one gene and nothing is declared; ``IGX-GEN-045`` the table lacks a column,
        or no id is in it.
    """
    written = [str(c) for c in values.columns]
    cleaned = {gene: _clean(gene, settings) for gene in written}
    dropped = {gene: ("no id is left of it", 0) for gene, clean in cleaned.items() if not clean}
    targets = {gene: clean for gene, clean in cleaned.items() if clean}
    if settings.table is not None:
        targets, lost = _looked_up(targets, settings, resolve(settings.table), where)
        dropped |= lost
    several = {new: n for new, n in Counter(targets.values()).items() if n > 1}
    notes = []
    if dropped:
        notes.append(f"{len(dropped)} of {len(written)} ids of genes were not mapped and are left out")
    if several:
        if settings.several == "refuse":
            raise InputError(
                "IGX-GEN-043",
                f"{len(several)} genes have several ids: {short_list(several)}",
                where=where,
                remedy="declare several = 'sum' (counts), 'mean' or 'first'",
            )
        notes.append(f"of {len(several)} genes with several ids the {settings.several} is taken")
    kept = values[[g for g in written if g in targets]]
    renamed = kept.set_axis([targets[str(g)] for g in kept.columns], axis="columns")
    return Mapped(_combined(renamed, settings) if several else renamed, dropped, tuple(notes))


def _clean(gene: str, settings: GeneIdSettings) -> str:
    if settings.part != "whole":
        before, _, after = gene.partition("|")
        gene = before if settings.part == "before-bar" else after
    if settings.versions == "remove":
        gene = _VERSION.sub(r"\1", gene)
    return "" if gene.strip() in ("", "?") else gene.strip()


def _looked_up(
    ids: Mapping[str, str], settings: GeneIdSettings, path: Path, where: str
) -> tuple[dict[str, str], dict[str, tuple[str, int]]]:
    """Return id as written -> new id, and why others have none."""
    frame = read_text_table(path)
    source, target = str(settings.from_), str(settings.to)
    for column in (source, target):
        if column not in frame.columns:
            raise unknown_name("IGX-GEN-045", "column", column, frame.columns, where=str(path))
    pairs = frame[[source, target]].drop_duplicates()
    pairs = pairs[(pairs[source] != "") & (pairs[target] != "")]
    known: dict[str, list[str]] = {}
    for old, new in pairs.to_numpy():
        known.setdefault(str(old), []).append(str(new))
    found: dict[str, str] = {}
    lost: dict[str, tuple[str, int]] = {}
    for gene, clean in ids.items():
        new = known.get(clean, [])
        if len(new) == 1:
            found[gene] = new[0]
        elif len(new) > 1:
            lost[gene] = (f"leads to several ids in {path.name}: {short_list(new)}", 0)
        elif settings.unmapped == "keep":
            found[gene] = clean
        else:
            lost[gene] = (f"no {target} in {path.name}", 0)
    if not any(clean in known for clean in ids.values()):
        raise InputError(
            "IGX-GEN-045",
            f"no id of the file is in the table of ids: {short_list(ids.values())} against {short_list(known)}",
            where=f"{where} and {path}",
            remedy="check `from`, `part` and `versions`: the ids of both must be written alike",
        )
    return found, lost


def _combined(values: pd.DataFrame, settings: GeneIdSettings) -> pd.DataFrame:
    """Return one column per gene; a missing value of one id does not hide the others."""
    if settings.several == "first":
        return values.loc[:, ~values.columns.duplicated()]
    grouped = values.T.groupby(level=0, sort=False)
    return (grouped.sum(min_count=1) if settings.several == "sum" else grouped.mean()).T
