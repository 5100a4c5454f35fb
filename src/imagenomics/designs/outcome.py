"""What a run says of a published finding: the row of its table, and whether the rule of the paper calls it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.designs.columns import genes_of
from imagenomics.designs.models import Design, Finding

ALPHA = 0.05
SHARE_OF_SET = 0.2  # genes of a planted set that must be hits, where the finding is about the set


@dataclass(frozen=True)
class Seen:
    """The row of a finding.

    Parameters
    ----------
    found : bool or None
        None where nothing could be tested.
    effect, effect_name, p, q, n : number or text
        Of the row; of several rows those of the smallest p.
    note : str
        Why there is nothing, or what was counted.
    """

    found: bool | None
    effect: float | None = None
    effect_name: str = ""
    p: float | None = None
    q: float | None = None
    n: int | None = None
    note: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def look(
    finding: Finding,
    tables: Mapping[str, pd.DataFrame],
    *,
    design: Design,
    columns: Mapping[str, str],
    analysis: str,
    by: str,
) -> Seen:
    """Return what the tables of a run say of a finding.

    Parameters
    ----------
    finding : Finding
    tables : mapping of str to DataFrame
        ``associations``, ``enrichment``, ``module_map``, ``verdicts``.
    design : Design
    columns : mapping of str to str
        Column of every variable.
    analysis : str
        Name of the block whose rows count: the paper's, or its twin under today's rules.
    by : str
        ``p`` or ``q``.
    """
    frame = tables[finding.table]
    if not len(frame):
        return Seen(None, note=f"the run has no table {finding.table}")
    rows = frame[frame["analysis"].astype(str) == analysis]
    if finding.table == "verdicts":
        return _verdict(rows, columns.get(finding.target, finding.target))
    rows = rows[meant(finding, rows, design=design, columns=columns)]
    return _smallest(rows, by=by, of_set=about_set(finding, design))


def meant(
    finding: Finding, rows: pd.DataFrame, *, design: Design, columns: Mapping[str, str]
) -> npt.NDArray[np.bool_]:
    """Return which rows of an analysis a finding means."""
    genes = genes_of(design, finding.target)
    panel, _, name = finding.target.partition(".")
    names = {name} if genes else {columns.get(finding.target, finding.target)}
    if about_set(finding, design):
        names = {f"{panel}.{gene}" for gene in genes}
    keep = np.ones(len(rows), dtype=np.bool_)
    if finding.table != "module_map":  # which module the genes become is not known beforehand
        side = "set" if finding.table == "enrichment" else "target"
        keep &= rows[side].astype(str).isin(names).to_numpy()
    wanted = {**({"feature": finding.feature} if finding.feature else {}), **finding.rows}
    for column, value in wanted.items():
        keep &= (rows[column].astype(str) == columns.get(value, value)).to_numpy()
    return keep


def about_set(finding: Finding, design: Design) -> bool:
    """Tell whether a finding is about many genes, each of which has a row of its own."""
    as_one = {block["name"] for block in design.study.get("variant_sets", ())}
    if finding.table != "associations" or finding.analysis in as_one:
        return False
    return bool(genes_of(design, finding.target))


def is_found(values: npt.NDArray[np.float64], *, of_set: bool) -> bool | None:
    """Tell from the p or q values of a finding's rows whether it is found; None where none was tested."""
    tested = values[np.isfinite(values)]
    if not tested.size:
        return None
    hits = int((tested <= ALPHA).sum())
    return bool(hits >= SHARE_OF_SET * len(values)) if of_set else hits > 0


def _smallest(rows: pd.DataFrame, *, by: str, of_set: bool) -> Seen:
    found = is_found(rows[by].to_numpy(dtype=np.float64), of_set=of_set)
    if found is None:
        reasons = sorted({str(r) for r in rows["reason"]} - {""})
        return Seen(None, note="; ".join(reasons) or "no such row")
    row = rows.iloc[int(np.nanargmin(rows["p"].to_numpy(dtype=np.float64)))]
    hits = int((rows[by] <= ALPHA).sum())
    return Seen(
        found,
        None if pd.isna(row["effect"]) else float(row["effect"]),
        str(row["effect_name"]),
        float(row["p"]),
        float(row["q"]),
        int(row["n"]),
        note=f"{hits} of {len(rows)} genes of the set" if of_set else "",
    )


def _verdict(rows: pd.DataFrame, target: str) -> Seen:
    rows = rows[(rows["target"].astype(str) == target) & (rows["kind"] == "prediction")]
    if not len(rows):
        return Seen(None, note="no verdict")
    row = rows.iloc[0]
    if row["verdict"] == "not testable":
        return Seen(None, note=str(row["reason"]))
    return Seen(
        row["verdict"] == "supported",
        float(row["estimate"]),
        str(row["estimate_name"]),
        float(row["null_p"]),
        float(row["null_p_adjusted"]),
        int(row["n"]),
    )
