"""Reading tables from files: ids stay text, every problem names the file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pandas as pd

from imagenomics.errors import FileProblem, InputError, unknown_name

MISSING = (
    "",
    "NA",
    "N/A",
    "NaN",
    "nan",
    "null",
    "NULL",
    "None",
    "none",
    ".",
    "--",
    "not reported",
    "Not Available",
)
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".maf": "\t"}
COMPRESSED = {".gz", ".zip", ".bz2", ".xz"}
_BROKEN_ARCHIVES = (zlib.error, lzma.LZMAError, zipfile.BadZipFile)  # none of them is an OSError


def read_text_table(
    path: Path,
    *,
    separator: str | None = None,
    comment: str | None = None,
    columns: Callable[[str], bool] | None = None,
) -> pd.DataFrame:
    """Read a CSV, TSV or Parquet file with every cell as text and missing cells as None.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv``, ``.txt`` (tab), each also ``.gz``, ``.zip``, ``.bz2``, ``.xz``, or ``.parquet``.
    separator : str, optional
        Overrides the one that the file's ending implies.
    comment : str, optional
        Lines at the top that begin with this are no part of the table.
    columns : callable, optional
        Tells whether the column of this name is read.

    Raises
    ------
    FileProblem
        ``IGX-TAB-010`` absent, ``IGX-TAB-011`` unreadable or empty.
    """
    if not path.is_file():
        near = _nearest_file(path)
        raise FileProblem(
            "IGX-TAB-010",
            "table not found",
            where=str(path),
            remedy=f"did you mean '{near}'?"
            if near
            else "check the path; relative paths start at --data or the study file",
        )
    suffixes = [s.lower() for s in path.suffixes]
    kind = next((s for s in reversed(suffixes) if s not in COMPRESSED), "")
    try:
        if kind == ".parquet":
            frame = pd.read_parquet(path)
            return frame.reset_index() if frame.index.name else frame
        frame = pd.read_csv(
            path,
            sep=separator or SEPARATORS.get(kind, ","),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            encoding="utf-8-sig",
            comment=None,
            skiprows=0 if comment is None else _lines_of_comment(path, comment),
            usecols=columns,
        )
    except (ValueError, OSError, EOFError, pd.errors.ParserError, *_BROKEN_ARCHIVES) as error:
        raise _unreadable(path, kind, error) from error
    frame.columns = [str(c).strip() for c in frame.columns]
    return frame.apply(lambda column: column.str.strip())


def _unreadable(path: Path, kind: str, error: Exception) -> FileProblem:
    return FileProblem(
        "IGX-TAB-011",
        f"table cannot be read ({type(error).__name__}: {error})",
        where=str(path),
        expected=f"a {kind or '.csv'} table with a header line, UTF-8",
        remedy="open the file and look at the line named; a truncated .gz must be copied again",
    )


def _lines_of_comment(path: Path, mark: str) -> int:
    """Return how many lines at the top of a file begin with ``mark``."""
    with _open_text(path) as lines:
        for number, line in enumerate(lines):
            if not line.startswith(mark):
                return number
    return 0


def _open_text(path: Path) -> IO[str]:
    kind = path.suffix.lower()
    if kind == ".zip":
        archive = zipfile.ZipFile(path)
        return io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8-sig")
    opened: dict[str, Callable[..., IO[str]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return opened.get(kind, open)(path, "rt", encoding="utf-8-sig")


def read_keyed_table(path: Path, *, key: str, separator: str | None = None) -> pd.DataFrame:
    """Read a table as text and check that it has the column ``key`` (``IGX-TAB-012``)."""
    frame = read_text_table(path, separator=separator)
    if key not in frame.columns:
        raise unknown_name("IGX-TAB-012", "column", key, frame.columns, where=str(path))
    return frame


def blank_to_missing(column: pd.Series, *, missing: tuple[str, ...] = MISSING) -> pd.Series:
    """Return the text column with its spellings of 'missing' as None."""
    text = column.astype(object)
    return text.where(~text.isin(missing) & text.notna(), None)


def to_number(column: pd.Series, *, where: str, missing: tuple[str, ...] = MISSING) -> pd.Series:
    """Return a text column as float64; any other cell is refused (``IGX-TAB-013``)."""
    text = blank_to_missing(column, missing=missing)
    number = pd.to_numeric(text, errors="coerce").astype("float64")
    bad = text[number.isna() & text.notna()]
    if len(bad):
        shown = ", ".join(f"{i}: {v!r}" for i, v in bad.iloc[:3].items())
        raise InputError(
            "IGX-TAB-013",
            f"{len(bad)} cells are not numbers ({shown})",
            where=where,
            remedy="correct the cells, or declare the column as categorical with a mapping",
        )
    return number


def _nearest_file(path: Path) -> str | None:
    from imagenomics.errors import nearest

    if not path.parent.is_dir():
        return None
    return nearest(path.name, [p.name for p in path.parent.iterdir()])
