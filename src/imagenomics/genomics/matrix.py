"""Opening a matrix of genes: orientation, gene names, and which columns are genes at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from imagenomics.cohort.source import id_column, read_source, text_column
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.gct import NAME, is_gct, read_gct
from imagenomics.genomics.settings import ExpressionSettings, MatrixBlock
from imagenomics.tables.exchange import read_h5ad

_UNNAMED = re.compile(r"(Unnamed: [0-9]+)?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(rf"([0-9]{{1,2}}-({_MONTHS})|({_MONTHS})-[0-9]{{1,2}})", re.IGNORECASE)


@dataclass(frozen=True)
class Matrix:
    """A matrix as written.

    Parameters
    ----------
    ids : Series, (m,)
        Ids of the rows as written.
    cells : DataFrame, (m, g)
        One column per gene, named by the gene alone; text, '' for missing.
    dropped : dict
        Column -> (reason, n) for columns that were left out.
    notes : tuple of str
        What a user should look at.
    where : str
        Name of the file, for messages.
    named : bool
        Whether the user named the columns (by gene, prefix or suffix).
    """

    ids: pd.Series
    cells: pd.DataFrame
    dropped: dict[str, tuple[str, int]]
    notes: tuple[str, ...]
    where: str
    named: bool


def read_matrix(settings: MatrixBlock, *, path: Path) -> Matrix:
    """Read a matrix and find its gene columns by name.

    Raises
    ------
    InputError
        ``IGX-GEN-002`` a gene that is not there; ``IGX-GEN-005`` a gene twice; ``IGX-GEN-009`` no gene;
        ``IGX-GEN-042`` a broken GCT file; ``IGX-GEN-060`` to ``-062`` an h5ad file.
    """
    where = str(path)
    if is_gct(path):
        frame = read_gct(path, names=settings.gene_id)
        settings = settings.model_copy(update={"orientation": "genes-by-samples", "gene_id": NAME})
    elif path.suffix.lower() == ".h5ad":
        frame = _h5ad(settings, path)
    else:
        frame = read_source(path, separator=settings.separator)
    if settings.orientation == "genes-by-samples":
        ids, cells, notes = _transposed(frame, settings, where)
    else:
        ids, column, note = id_column(frame, settings.id, where=where, specimens=True)
        cells = frame.drop(columns=[c for c in frame.columns if c in (column, *_listed(settings.id))])
        notes = (f"{settings.name}: {note}",) if note else ()
    cells, dropped = _by_gene(cells, settings, where)
    if not (settings.NUMBERS and all(is_numeric_dtype(dtype) for dtype in cells.dtypes)):
        cells = _as_text(cells)
    damaged = [g for g in cells.columns if _DATE.fullmatch(g)]
    if damaged:
        text = f"{short_list(damaged)} look like gene symbols that a spreadsheet made into dates"
        notes = (*notes, f"{settings.name}: {text}")
    named = settings.genes != "all" or bool(settings.columns.prefix or settings.columns.suffix)
    return Matrix(ids, cells, dropped, notes, where, named)


def keep_genes(matrix: Matrix, is_gene: Callable[[pd.Series], bool], *, reason: str) -> Matrix:
    """Leave out columns whose cells are not those of a gene, unless the user named the columns.

    Raises
    ------
    InputError
        ``IGX-GEN-009`` no gene column is left.
    """
    if matrix.named:
        return matrix
    others = [c for c in matrix.cells.columns if not is_gene(matrix.cells[c])]
    dropped = {**matrix.dropped, **dict.fromkeys(others, (reason, 0))}
    cells = matrix.cells.drop(columns=others)
    if cells.shape[1] == 0:
        raise _no_genes(matrix.where, list(matrix.cells.columns), reason)
    return replace(matrix, cells=cells, dropped=dropped)


def _h5ad(settings: MatrixBlock, path: Path) -> pd.DataFrame:
    layer = settings.layer if isinstance(settings, ExpressionSettings) else None
    ids = settings.id if isinstance(settings.id, str) else None
    return read_h5ad(path, layer=layer, names=settings.gene_id, ids=ids)


def _transposed(
    frame: pd.DataFrame, settings: MatrixBlock, where: str
) -> tuple[pd.Series, pd.DataFrame, tuple[str, ...]]:
    first = settings.gene_id or str(frame.columns[0])
    if first not in frame.columns:
        raise unknown_name("IGX-COHORT-004", "column", first, map(str, frame.columns), where=where)
    genes = text_column(frame[first]).fillna("").tolist()
    samples = [c for c in frame.columns if c != first and c not in settings.ignore]
    if not samples:
        raise _no_genes(where, list(map(str, frame.columns)), "the file has no column of a sample")
    cells = frame[samples].T.set_axis(genes, axis="columns")
    notes = (
        () if settings.gene_id else (f"{settings.name}: genes are taken from the first column, '{first}'",)
    )
    twice = cells.columns[cells.columns.duplicated()].unique()
    if len(twice):
        if settings.duplicates == "refuse":
            raise InputError(
                "IGX-GEN-005",
                f"{len(twice)} genes have several rows: {short_list(map(repr, twice))}",
                where=where,
                remedy="declare duplicates = 'first', or keep one row per gene",
            )
        notes = (*notes, f"{settings.name}: of {len(twice)} genes with several rows the first is taken")
        cells = cells.loc[:, ~cells.columns.duplicated()]
    ids = pd.Series([str(s) for s in samples], dtype=object)
    return ids, cells.reset_index(drop=True), notes


def _by_gene(
    cells: pd.DataFrame, settings: MatrixBlock, where: str
) -> tuple[pd.DataFrame, dict[str, tuple[str, int]]]:
    """Return the candidate columns under the gene's own name, and those left out by name."""
    prefix, suffix = settings.columns.prefix, settings.columns.suffix
    names: dict[str, str] = {}
    dropped: dict[str, tuple[str, int]] = {}
    for column in map(str, cells.columns):
        gene = column.removeprefix(prefix).removesuffix(suffix)
        if column in settings.ignore:
            dropped[column] = ("declared in `ignore`", 0)
        elif _UNNAMED.fullmatch(column):
            dropped[column or "(no name)"] = ("a column without a name", 0)
        elif len(column) == len(gene) + len(prefix) + len(suffix) and gene:
            names[column] = gene
        else:
            dropped[column] = ("does not have the declared prefix or suffix", 0)
    if not names:
        raise _no_genes(where, list(map(str, cells.columns)), "no column has the declared prefix or suffix")
    found = cells[list(names)].rename(columns=names)
    if settings.genes == "all":
        return found, dropped
    for gene in settings.genes:
        if gene not in found.columns:
            raise unknown_name("IGX-GEN-002", "gene", gene, found.columns, where=where)
    return found[list(dict.fromkeys(settings.genes))], dropped


def _no_genes(where: str, columns: list[str], reason: str) -> InputError:
    return InputError(
        "IGX-GEN-009",
        f"no column of a gene is left ({reason})",
        where=f"{where}: {short_list(columns, 6)}",
        remedy="check `kind`, `columns = { suffix = ... }` and `orientation`",
    )


def _listed(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())


def _as_text(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as text with '' for missing (a Parquet file may hold numbers)."""
    if not any(is_numeric_dtype(dtype) for dtype in cells.dtypes):
        return cells.astype(object).where(cells.notna(), "")
    return pd.DataFrame({c: text_column(cells[c]).fillna("") for c in cells.columns}, index=cells.index)
