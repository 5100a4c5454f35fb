"""Published effects of a group on each region (ENIGMA): a summary of a phenotype, not of patients."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.features.brain.desikan import region_name
from imagenomics.tables.read import read_text_table, to_number

MEASURES = {
    "CorticalThickness": ("thickness", "mm"),
    "SurfaceArea": ("surface_area", "mm2"),
    "SubcorticalVolume": ("volume", "mm3"),
    "SuborticalVolume": ("volume", "mm3"),  # as most of the published tables spell it
}
NUMBERS = {
    "d_icv": "d",
    "se_icv": "se",
    "low_ci_icv": "ci_low",
    "up_ci_icv": "ci_high",
    "pobs": "p",
    "fdr_p": "q",
}
COLUMNS = (
    "analysis", "region", "measure", "d", "se", "ci_low", "ci_high", "group_1", "n_1", "group_2", "n_2", "p", "q",
    "note",
)  # fmt: skip
ROUNDING = 0.01  # effects and intervals are printed with two decimals
_DECIMAL_COMMA = re.compile(r"(-?\d),(\d+)")  # effects and p values: one digit before the comma
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")  # numbers of people
_BOUND = re.compile(r"[<>]\s*\d*\.?\d+")


def read_effect_table(path: Path) -> pd.DataFrame:
    """Read the effect sizes of one group comparison for each region of the Desikan-Killiany atlas.

    Parameters
    ----------
    path : Path
        A table of the ENIGMA consortium: a first column headed by the measure, ``Structure``, Cohen's d adjusted for
        the size of the head with its standard error and interval, two columns of numbers of people, p and FDR.

    Returns
    -------
    DataFrame
        ``analysis, region, measure, d, se, ci_low, ci_high, group_1, n_1, group_2, n_2, p, q, note``; regions are those
        of :func:`imagenomics.features.brain.desikan.region_name`. Cells that the table leaves out are NaN. Published
        tables hold decimal commas (``0,21``), thousands (``1,446``) and bounds (``<0.001``): the first two are read as
        meant, a bound becomes NaN, and ``note`` says so. It also says where an effect lies outside its own interval.

    Raises
    ------
    InputError
        ``IGX-FEAT-127``: no such table, or a region twice; ``IGX-FEAT-122``: a structure of another atlas;
        ``IGX-TAB-013``: cells that are no numbers.

    Source
    ------
    Larivière et al. 2021, Nature Methods 18:698 (ENIGMA Toolbox).
    """
    frame = read_text_table(Path(path))
    first = str(frame.columns[0])
    groups = [str(c) for c in frame.columns if str(c).startswith("n_")]
    missing = [c for c in ("Structure", *NUMBERS) if c not in frame.columns]
    if first not in MEASURES or missing or len(groups) != 2:
        raise _no_table(f"it has the columns {short_list(frame.columns, 12)}", path)
    frame = frame[frame["Structure"] != ""]
    regions = [region_name(structure) for structure in frame["Structure"]]
    if len(set(regions)) < len(regions):
        raise _no_table("a region stands there twice", path)
    cells = {new: frame[old] for old, new in NUMBERS.items()} | {
        f"n_{i}": frame[g] for i, g in enumerate(groups, 1)
    }
    read = {name: _numbers(column, name, path) for name, column in cells.items()}
    table = pd.DataFrame(
        {"analysis": frame[first], "region": regions, "measure": MEASURES[first][0]}
        | {name: numbers for name, (numbers, _) in read.items()}
    )
    table = table.assign(group_1=groups[0].removeprefix("n_"), group_2=groups[1].removeprefix("n_"))
    notes = pd.concat([note for _, note in read.values()], axis=1).reset_index(drop=True)
    notes["d"] = _outside(table)
    table["note"] = ["; ".join(n for n in row if n) for row in notes.to_numpy()]
    return table[list(COLUMNS)].reset_index(drop=True)


def _outside(table: pd.DataFrame) -> pd.Series:
    """Return a note for each effect that lies outside its own interval by more than rounding."""
    low, high = table["ci_low"] - ROUNDING, table["ci_high"] + ROUNDING
    wrong = (table["d"] < low) | (table["d"] > high)
    return wrong.map({True: "d lies outside its interval", False: ""}).reset_index(drop=True)


def _numbers(cells: pd.Series, name: str, path: Path) -> tuple[pd.Series, pd.Series]:
    """Return a column as numbers, and a note for each cell that was not one as it stands."""
    plain, notes = [], []
    for cell in cells:
        comma = _DECIMAL_COMMA.fullmatch(cell)
        if name.startswith("n_") and _THOUSANDS.fullmatch(cell):
            plain.append(cell.replace(",", ""))
        elif comma and not name.startswith("n_"):
            plain.append(f"{comma[1]}.{comma[2]}")
        else:
            plain.append("" if _BOUND.fullmatch(cell) else cell)
        notes.append("" if plain[-1] == cell else f"{name} is written '{cell}'")
    numbers = to_number(pd.Series(plain, index=cells.index, dtype=object), where=f"{path}: {name}")
    return numbers, pd.Series(notes, index=cells.index, dtype=object)


def _no_table(what: str, path: Path) -> InputError:
    return InputError(
        "IGX-FEAT-127",
        f"this is no table of effects by region: {what}",
        where=str(path),
        expected=f"a first column called {', '.join(MEASURES)}; Structure, {', '.join(NUMBERS)} and two n_<group>",
        remedy="export the table as the ENIGMA Toolbox lays it out",
    )
