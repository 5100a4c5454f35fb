"""Opening a source table of a study: not empty, the right delimiter, one column per name, ids as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pandas.api.types import is_float_dtype, is_numeric_dtype

from imagenomics.cohort.settings import Separator
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.tables.read import COMPRESSED, SEPARATORS, read_text_table

ID_NAMES = (
    "patient",
    "patient_id",
    "patientid",
    "patient id",
    "case_id",
    "case id",
    "case",
    "bcr_patient_barcode",
    "participant_id",
    "subject",
    "subject_id",
    "iid",
    "id",
)
SPECIMEN_NAMES = ("aliquot_id", "sample_id", "sampleid", "sample", "tumor_sample_barcode", "barcode")
_NAMED = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "'|'"}


def read_source(path: Path, *, separator: Separator | None = None) -> pd.DataFrame:
    """Read a table as text and refuse what would only fail later.

    Raises
    ------
    FileProblem
        ``IGX-TAB-010`` absent, ``IGX-TAB-011`` unreadable.
    InputError
        ``IGX-COHORT-001`` no rows; ``IGX-COHORT-002`` wrong delimiter; ``IGX-COHORT-003`` a column twice;
        ``IGX-COHORT-019`` rows longer than the header.
    """
    frame = read_text_table(path, separator=separator)
    _check_delimiter(frame, path)
    _check_width(frame, path)
    _check_header(frame, path, separator)
    if not len(frame):
        raise InputError(
            "IGX-COHORT-001",
            "the table has a header and no rows",
            where=str(path),
            remedy="check that the export was complete",
        )
    return frame


def id_column(
    frame: pd.DataFrame, wanted: str | Sequence[str] | None, *, where: str, specimens: bool = False
) -> tuple[pd.Series, str, str]:
    """Return the ids as written, the name of their column, and a note where the column was not declared.

    Parameters
    ----------
    frame : DataFrame
        As read by :func:`read_source`.
    wanted : str, sequence of str or None
        The declared column; several (FID and IID) are joined by a space; None takes the first sensible one.
    where : str
        Name of the table, for messages.
    specimens : bool
        Whether a column of samples is more sensible than one of patients (it tells normal from tumour).

    Raises
    ------
    InputError
        ``IGX-COHORT-004`` unknown column; ``IGX-COHORT-016`` no column looks like an id; ``IGX-LINK-002`` a
        column of numbers (Parquet).
    """
    names = [wanted] if isinstance(wanted, str) else list(wanted or ())
    note = ""
    if not names:
        names = [_sensible_id(frame, where, specimens)]
        note = f"the id column was not declared; '{names[0]}' is taken"
    for name in names:
        if name not in frame.columns:
            raise unknown_name("IGX-COHORT-004", "id column", name, map(str, frame.columns), where=where)
        if is_numeric_dtype(frame[name]):
            raise InputError(
                "IGX-LINK-002",
                f"the id column '{name}' holds numbers",
                where=where,
                expected="ids as text: a number has lost its leading zeros",
                remedy="write the table with this column as text",
            )
    parts = [frame[name].astype(object).where(frame[name].notna(), "") for name in names]
    joined = [" ".join(cells).strip() for cells in zip(*parts, strict=True)]
    return pd.Series(joined, index=frame.index, dtype=object), " ".join(names), note


def text_column(column: pd.Series) -> pd.Series:
    """Return a column as text with None for missing; whole numbers of a Parquet file lose their '.0'."""
    if is_float_dtype(column):
        cells = [None if pd.isna(v) else repr(float(v)).removesuffix(".0") for v in column]
    else:
        cells = [None if pd.isna(v) else str(v) for v in column]
    return pd.Series(cells, index=column.index, dtype=object)


def _sensible_id(frame: pd.DataFrame, where: str, specimens: bool) -> str:
    names = {str(c).lower().replace(".", "_"): str(c) for c in reversed(frame.columns)}
    for name in (*SPECIMEN_NAMES, *ID_NAMES) if specimens else (*ID_NAMES, *SPECIMEN_NAMES):
        if name in names:
            return names[name]
    for name in frame.columns:
        text = frame[name]
        if not is_numeric_dtype(text) and text.nunique() > len(text) / 2 and not _looks_numeric(text):
            return str(name)
    raise InputError(
        "IGX-COHORT-016",
        "no column looks like an id",
        where=f"{where}: {short_list(frame.columns, 6)}",
        expected=f"a column such as {', '.join(ID_NAMES[:4])}",
        remedy="declare it: id = '...'",
    )


def _looks_numeric(text: pd.Series) -> bool:
    return bool(pd.to_numeric(text, errors="coerce").notna().any())


def _check_delimiter(frame: pd.DataFrame, path: Path) -> None:
    header = [str(c) for c in frame.columns]
    marks = _NAMED if len(header) == 1 else {"\t": _NAMED["\t"]}
    for mark, name in marks.items():
        for cell in header:
            if mark in cell:
                raise InputError(
                    "IGX-COHORT-002",
                    f"a cell of the header holds {name}: {cell[:60]!r} (columns: {len(header)})",
                    where=str(path),
                    expected="one name in each cell of the header",
                    remedy=f"declare separator = {mark!r}, or give the file the ending that fits",
                )


def _check_width(frame: pd.DataFrame, path: Path) -> None:
    """Refuse rows longer than the header: pandas would shift every name by one column."""
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(
            "IGX-COHORT-019",
            "the rows have more cells than the header has names",
            where=f"{path}: first row begins with {str(frame.index[0])[:60]!r}",
            expected="one name for each column",
            remedy="name the column of row names (in R: write.table(..., col.names = NA)), or remove the "
            "separator at the end of each row",
        )


def _check_header(frame: pd.DataFrame, path: Path, separator: Separator | None) -> None:
    """Refuse a name that stands twice: pandas calls the second 'A' 'A.1', which would pass for a gene."""
    names = [str(c) for c in frame.columns]
    twice = {name for name, n in Counter(names).items() if n > 1}
    suspects = {n.rpartition(".")[0] for n in names if n.rpartition(".")[2].isdigit()} & set(names)
    if suspects and ".parquet" not in path.suffixes:
        header = _header(path, separator=separator)
        twice |= {name for name, n in Counter(header).items() if n > 1 and name}
    if twice:
        raise InputError(
            "IGX-COHORT-003",
            f"columns that appear more than once: {short_list(sorted(twice))}",
            where=str(path),
            remedy="rename or remove one of each",
        )


def _header(path: Path, *, separator: Separator | None) -> list[str]:
    """Return the header cells as they are written."""
    kind = next((s.lower() for s in reversed(path.suffixes) if s.lower() not in COMPRESSED), "")
    first = pd.read_csv(
        path,
        header=None,
        nrows=1,
        dtype=str,
        sep=separator or SEPARATORS.get(kind, ","),
        encoding="utf-8-sig",
        na_filter=False,
    )
    return [str(cell).strip() for cell in first.iloc[0]]
