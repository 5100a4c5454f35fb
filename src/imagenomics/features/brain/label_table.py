"""What the numbers of a label map stand for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.tables.read import read_text_table, to_number

NUMBER_COLUMNS = ("id", "index", "label_id", "number")
NAME_COLUMNS = ("name", "label", "region", "structure")
SIDES = {"l": "left_", "left": "left_", "lh": "left_", "r": "right_", "right": "right_", "rh": "right_"}


def read_label_table(path: Path) -> pd.Series:
    """Read the table that names the labels of an atlas.

    Parameters
    ----------
    path : Path
        A table with a column of numbers (``id`` or ``index``), one of names (``name`` or ``label``) and, where the
        names do not say it, a ``hemisphere`` (L, R, left, right, lh, rh; anything else is neither). BIDS
        ``dseg.tsv`` is of this kind; a ``.txt`` is read as a colour table of FreeSurfer (number, name, R G B A).

    Returns
    -------
    Series
        Region name by label number, in the order of the file; the label 0 is background and left out.

    Raises
    ------
    InputError
        ``IGX-FEAT-121``: no such columns, a number or a name twice, numbers that are not whole.
    FileProblem
        ``IGX-TAB-010``, ``IGX-TAB-011``.
    """
    path = Path(path)
    numbers, names = _colour_table(path) if path.suffix == ".txt" else _columns(path)
    if ((numbers != numbers.round()) | numbers.isna()).any():
        raise _bad("label numbers that are not whole", path)
    table = pd.Series(
        names.to_numpy(), index=pd.Index(numbers.astype(int), name="label"), name="region", dtype=object
    )
    return check_label_table(table[table.index != 0], where=str(path))


def check_label_table(table: pd.Series, *, where: str) -> pd.Series:
    """Refuse a table that names a label twice, or two labels alike (``IGX-FEAT-121``)."""
    if not len(table):
        raise _bad("no label", Path(where))
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise _bad(f"the labels {short_list(twice.unique())} stand there twice", Path(where))
    alike = table[table.duplicated()]
    if len(alike):
        raise _bad(f"several labels have one name: {short_list(alike.unique())}", Path(where))
    return table


def _columns(path: Path) -> tuple[pd.Series, pd.Series]:
    frame = read_text_table(path)
    number = next((c for c in NUMBER_COLUMNS if c in frame.columns), None)
    name = next((c for c in NAME_COLUMNS if c in frame.columns), None)
    if number is None or name is None:
        raise _bad(f"it has the columns {short_list(frame.columns, 8)}", path)
    side = frame["hemisphere"].str.lower().map(SIDES).fillna("") if "hemisphere" in frame.columns else ""
    return to_number(frame[number], where=f"{path}: {number}"), side + frame[name]


def _colour_table(path: Path) -> tuple[pd.Series, pd.Series]:
    # read_text_table says what is wrong with the file itself; its one column holds the lines.
    frame = read_text_table(path, separator="\0")
    lines = [frame.columns[0], *frame.iloc[:, 0]]
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    if any(len(row) < 2 for row in rows):
        raise _bad("a line without number and name", path)
    return to_number(pd.Series([r[0] for r in rows]), where=str(path)), pd.Series(
        [r[1] for r in rows], dtype=object
    )


def _bad(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-FEAT-121",
        f"the label table cannot be used: {what}",
        where=str(path),
        expected="a column 'id' or 'index' of whole numbers and a column 'name' or 'label', each value once "
        "(with the hemisphere)",
        remedy="correct the table; it must belong to the label map",
    )
