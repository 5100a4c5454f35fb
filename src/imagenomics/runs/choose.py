"""Which columns an analysis means: names, blocks and globs become columns of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pandas as pd

from imagenomics.errors import unknown_name
from imagenomics.features.names import REPETITION
from imagenomics.tables.patient_table import PatientTable

ALL = "all"


def choose_features(
    table: PatientTable, wanted: str | Sequence[str], *, flagged: bool = False, where: str
) -> PatientTable:
    """Return the image features that an analysis uses.

    Parameters
    ----------
    wanted : str or sequence of str
        ``all``, a column, or globs such as ``t1post.*``. Columns with a flag or without any value stay out, unless
        they are named in full.
    flagged : bool
        Take columns with flags too; repetitions of other columns stay out all the same.
    where : str
        The block of the study file, for messages.

    Raises
    ------
    InputError
        ``IGX-RUN-040``: a name or glob that fits no column.
    """
    patterns = ["*"] if wanted == ALL else [wanted] if isinstance(wanted, str) else list(wanted)
    flags = table.columns["flags"]
    filled = table.values.notna().any()
    names: dict[str, None] = {}
    for pattern in patterns:
        fitting = [c for c in table.columns.index if c == pattern or fnmatchcase(c, pattern)]
        if not fitting and pattern != "*":
            raise unknown_name("IGX-RUN-040", "feature", pattern, table.columns.index, where=where)
        usable = [c for c in fitting if c == pattern or (filled[c] and _taken(str(flags[c]), flagged))]
        names.update(dict.fromkeys(usable))
    return table.select(c for c in table.columns.index if c in names)


def _taken(flags: str, flagged: bool) -> bool:
    """Tell whether a column with these flags is meant by a glob: a repetition is the same feature once more."""
    return not flags or (flagged and REPETITION not in flags.split("|"))


def choose_targets(molecules: PatientTable, wanted: str | Sequence[str], *, where: str) -> PatientTable:
    """Return the molecules and labels of an analysis: blocks, columns or globs; ``all`` for every one.

    Raises
    ------
    InputError
        ``IGX-RUN-041``: a name that is neither a block nor a column.
    """
    patterns = [wanted] if isinstance(wanted, str) else list(wanted)
    blocks = set(molecules.columns["source"])
    names: dict[str, None] = {}
    for pattern in patterns:
        if pattern == ALL:
            fitting = list(molecules.columns.index)
        elif pattern in blocks:
            fitting = list(molecules.columns.index[molecules.columns["source"] == pattern])
        else:
            fitting = [c for c in molecules.columns.index if c == pattern or fnmatchcase(c, pattern)]
        if not fitting:
            known = [*blocks, *molecules.columns.index]
            raise unknown_name("IGX-RUN-041", "molecule block or column", pattern, known, where=where)
        names.update(dict.fromkeys(fitting))
    return molecules.select(names)


def choose_clinical(clinical: PatientTable, wanted: Sequence[str], *, where: str) -> PatientTable:
    """Return clinical variables (and ``site``) by name; ``IGX-RUN-042`` for one the study does not declare."""
    for name in wanted:
        if name not in clinical.columns.index:
            raise unknown_name(
                "IGX-RUN-042",
                "clinical variable",
                name,
                clinical.columns.index,
                where=f"{where}, [patients.clinical]",
            )
    return clinical.select(wanted)


def named_levels(table: PatientTable, column: str) -> pd.Series:
    """Return the level of each patient by name, for a column of any kind but continuous."""
    values, levels = table.values[column], table.levels(column)
    if table.columns.at[column, "kind"] == "categorical":
        return values
    names = {float(i): name for i, name in enumerate(levels)}
    return values.map(lambda v: v if pd.isna(v) else names.get(float(v), f"{v:g}")).astype(object)
