"""Metabolites of a spectrum: ratios within their error limits, and whether 2-hydroxyglutarate is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.errors import FileProblem, InputError, short_list
from imagenomics.features.rows import measured_rows
from imagenomics.settings import Settings

# What the metabolites are called in the tables of LCModel and its relatives; the first name present is taken.
NAMES: Mapping[str, tuple[str, ...]] = {
    "cho": ("GPC+PCh", "PCh+GPC", "tCho", "Cho"),
    "naa": ("NAA+NAAG", "tNAA", "NAA"),
    "cr": ("Cr+PCr", "PCr+Cr", "tCr", "Cre", "Cr"),
    "lac": ("Lac", "lactate"),
    "2hg": ("2HG", "2-HG", "bHG", "2-hydroxyglutarate"),
}
RATIOS = (("cho", "naa"), ("cho", "cr"), ("naa", "cr"), ("lac", "cr"), ("2hg", "cr"))
DOUBTFUL = "crlb-high"
LONG = ("metabolite", "concentration", "crlb_percent")


class SpectroscopySettings(Settings):
    """How certain a concentration must be."""

    crlb_ok: float = Field(
        default=20.0,
        gt=0,
        description="Cramer-Rao bounds up to this many % of the concentration are accepted.",
    )
    crlb_limit: float = Field(
        default=50.0, gt=0, description="Larger ones up to this are flagged; beyond, the value is refused."
    )
    twohg_crlb: float = Field(
        default=30.0, gt=0, description="2HG is detected only with a Cramer-Rao bound of at most this many %."
    )
    twohg_concentration: float = Field(
        default=1.0, gt=0, description="... and at least this concentration, in the units of the table (mM)."
    )


def read_metabolites(path: Path) -> pd.DataFrame:
    """Read a table of concentrations with their Cramer-Rao bounds.

    Parameters
    ----------
    path : Path
        CSV as LCModel writes it (``Row, Col, NAA, NAA %SD, NAA/Cr+PCr, ...``, one line for each voxel), or with the
        columns ``metabolite, concentration, crlb_percent`` and, for several voxels, ``row, col``.

    Returns
    -------
    DataFrame
        ``row, col, metabolite, concentration, crlb_percent``.

    Raises
    ------
    FileProblem
        ``IGX-FEAT-066``: absent or not a table.
    InputError
        ``IGX-FEAT-067``: no metabolite with a bound, a concentration below 0, or one that occurs twice.
    """
    try:
        table = pd.read_csv(Path(path), skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise FileProblem(
            "IGX-FEAT-066",
            f"the table of metabolites cannot be read: {error}",
            where=str(path),
            expected="a CSV file with one line of column names",
            remedy="export the .csv output of LCModel",
        ) from error
    table.columns = [str(c).strip() for c in table.columns]
    lower = {c.lower(): c for c in table.columns}
    long = all(name in lower for name in LONG)
    found = _from_long(table, lower) if long else _from_wide(table, lower)
    return _checked(found, str(path))


def metabolite_rows(table: pd.DataFrame, *, settings: SpectroscopySettings | None = None) -> pd.DataFrame:
    """Return concentrations, ratios and the decision on 2HG of one voxel.

    Parameters
    ----------
    table : DataFrame
        ``metabolite, concentration, crlb_percent`` of one voxel, such as one group of :func:`read_metabolites`.
    settings : SpectroscopySettings, optional
        Limits.

    Returns
    -------
    DataFrame
        Rows of :func:`imagenomics.features.rows.measured_rows`, family ``spectroscopy``: ``cho``, ``naa``, ``cr``,
        ``lac``, ``2hg``; ``cho_naa``, ``cho_cr``, ``naa_cr``, ``lac_cr``, ``2hg_cr``; ``2hg_detected``. A value of
        which a part has a bound above ``crlb_ok`` is flagged ``crlb-high``; above ``crlb_limit`` it is skipped and
        says so. ``2hg_detected`` is 1 where 2HG has a bound of at most ``twohg_crlb`` and at least
        ``twohg_concentration``, else 0, and is skipped where 2HG was not in the fit, or where none of choline, NAA
        and creatine has an accepted bound: such a spectrum could not have shown it.

    Raises
    ------
    InputError
        ``IGX-FEAT-067``: columns that are missing, a metabolite that occurs twice (several voxels).

    Source
    ------
    Provencher 1993, Magnetic Resonance in Medicine 30:672 (bounds); Choi 2012, Nature Medicine 18:624, and Pope 2012,
    Journal of Neuro-Oncology 107:197 (2HG). The default limits are conventions, not laws; state them.
    """
    chosen = settings or SpectroscopySettings()
    one_voxel = table.drop(columns=["row", "col"], errors="ignore")
    known = _checked(one_voxel, "table of metabolites").set_index("metabolite")[
        ["concentration", "crlb_percent"]
    ]
    parts = {short: _find(known, names) for short, names in NAMES.items()}
    rows = [_row(short, part, chosen) for short, part in parts.items()]
    rows += [_ratio(above, below, parts, chosen) for above, below in RATIOS]
    rows.append(measured_rows("spectroscopy", {"2hg_detected": _detected(parts, chosen)}, units="1"))
    return pd.concat(rows, ignore_index=True)


Part = tuple[float, float] | None  # concentration and bound in %


def _find(known: pd.DataFrame, names: tuple[str, ...]) -> Part:
    lower = {str(k).lower(): k for k in known.index}
    for name in names:
        if name.lower() in lower:
            value, bound = (float(v) for v in known.loc[lower[name.lower()]])
            return value, bound
    return None


def _row(short: str, part: Part, settings: SpectroscopySettings) -> pd.DataFrame:
    if part is None:
        return _skipped(short, f"'{NAMES[short][0]}' is not in the table")
    reason = _too_uncertain(short, part, settings)
    if reason:
        return _skipped(short, reason)
    flags = DOUBTFUL if part[1] > settings.crlb_ok else ""
    return measured_rows("spectroscopy", {short: part[0]}, units="as in the table", flags=flags)


def _ratio(above: str, below: str, parts: Mapping[str, Part], settings: SpectroscopySettings) -> pd.DataFrame:
    name = f"{above}_{below}"
    over, under = parts[above], parts[below]
    if over is None or under is None:
        missing = above if over is None else below
        return _skipped(name, f"'{NAMES[missing][0]}' is not in the table")
    for short, part in ((above, over), (below, under)):
        reason = _too_uncertain(short, part, settings)
        if reason:
            return _skipped(name, reason)
    flags = DOUBTFUL if max(over[1], under[1]) > settings.crlb_ok else ""
    return measured_rows("spectroscopy", {name: over[0] / under[0]}, units="1", flags=flags)


def _too_uncertain(short: str, part: tuple[float, float], settings: SpectroscopySettings) -> str:
    value, bound = part
    if bound <= settings.crlb_limit and value > 0:
        return ""
    return f"{NAMES[short][0]} = {value:g} with a Cramer-Rao bound of {bound:g}% (limit {settings.crlb_limit:g}%)"


def _skipped(name: str, reason: str) -> pd.DataFrame:
    return measured_rows("spectroscopy", {name: reason}, units="1" if "_" in name else "as in the table")


def _detected(parts: Mapping[str, Part], settings: SpectroscopySettings) -> float | str:
    twohg = parts["2hg"]
    if twohg is None:
        return "2HG was not among the fitted metabolites"
    others = [parts[k] for k in ("cho", "naa", "cr")]
    if not any(p is not None and p[0] > 0 and p[1] <= settings.crlb_ok for p in others):
        return "the spectrum shows none of choline, NAA and creatine reliably"
    return float(twohg[1] <= settings.twohg_crlb and twohg[0] >= settings.twohg_concentration)


def _from_long(table: pd.DataFrame, lower: Mapping[str, str]) -> pd.DataFrame:
    found = table[[lower[name] for name in LONG]].set_axis(list(LONG), axis=1)
    for place in ("col", "row"):
        found.insert(0, place, table[lower[place]] if place in lower else 1)
    return found


def _from_wide(table: pd.DataFrame, lower: Mapping[str, str]) -> pd.DataFrame:
    names = [c for c in table.columns if f"{c} %SD" in table.columns]
    place = [table[lower[k]] if k in lower else pd.Series(1, index=table.index) for k in ("row", "col")]
    parts = [
        pd.DataFrame(
            {
                "row": place[0],
                "col": place[1],
                "metabolite": name,
                "concentration": table[name],
                "crlb_percent": table[f"{name} %SD"],
            }
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["row", "col", *LONG])


def _checked(table: pd.DataFrame, where: str) -> pd.DataFrame:
    missing = [name for name in LONG if name not in table.columns]
    if missing or not len(table):
        raise _bad_table(f"no metabolites with bounds ({short_list(missing) or 'no rows'})", where)
    numbers = table[["concentration", "crlb_percent"]].apply(pd.to_numeric, errors="coerce")
    bad = ~np.isfinite(numbers.to_numpy(np.float64)).all(axis=1) | (numbers.to_numpy(np.float64) < 0).any(
        axis=1
    )
    if bad.any():
        raise _bad_table(
            f"no concentration, or one below 0, for {short_list(table['metabolite'][bad])}", where
        )
    place = [c for c in ("row", "col") if c in table.columns]
    twice = table.duplicated([*place, "metabolite"])
    if twice.any():
        raise _bad_table(f"{short_list(table['metabolite'][twice].unique())} occur twice in one voxel", where)
    return table.assign(**{c: numbers[c].astype(np.float64) for c in numbers})


def _bad_table(what: str, where: str) -> InputError:
    return InputError(
        "IGX-FEAT-067",
        what,
        where=where,
        expected="metabolites with concentrations of at least 0 and Cramer-Rao bounds in %, once in each voxel",
        remedy="export the table of LCModel with its '%SD' columns; give one voxel at a time",
    )
