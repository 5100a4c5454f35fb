"""Taking the size of the head out of volumes, patient by patient.

The residual method (a regression of volume on head size over patients) is learned from patients. It belongs inside the
folds, to :mod:`imagenomics.prepare.residualise`, and is not offered here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.tables.patient_table import PatientTable

MISSING_POWER = "give each region its exponent, from a paper or from people who are not in this study"


def proportion(volume_mm3: np.ndarray, head_mm3: np.ndarray, *, power: float = 1.0) -> np.ndarray:
    """Return volume / head ** power: the proportion (power 1), or the power-proportion.

    Parameters
    ----------
    volume_mm3, head_mm3 : ndarray (n,)
        Volume of a region and of the intracranial space.
    power : float
        The exponent with which this region grows with the head; below 1 for most regions. It must come from
        elsewhere: estimated on the same patients it would be learned across folds.

    Raises
    ------
    InputError
        ``IGX-FEAT-139``: head sizes that are not positive, or a power that is not a number above 0.

    Source
    ------
    Liu et al. 2014, NeuroImage 104:366 (power-proportion).
    """
    head = np.asarray(head_mm3, dtype=np.float64)
    if not (np.isfinite(power) and power > 0) or (head <= 0).any():
        raise InputError(
            "IGX-FEAT-139",
            f"the head sizes hold {int((head <= 0).sum())} values of 0 or less (power {power:g})",
            expected="intracranial volumes above 0 (missing is allowed) and a power above 0",
            remedy="correct the intracranial volume, or make it missing",
        )
    return np.asarray(volume_mm3, dtype=np.float64) / head**power


def head_size_adjusted(
    table: PatientTable, head: str, *, powers: Mapping[str, float] | None = None
) -> PatientTable:
    """Return the volumes of a table relative to the size of the head.

    Parameters
    ----------
    table : PatientTable
        Volumes (unit ``mm3``) and the column ``head``. Other columns are left out: thickness hardly grows with the
        head, and area with its power 2/3.
    head : str
        Column with the intracranial volume, e.g. ``freesurfer.whole.eTIV``.
    powers : mapping of str to float, optional
        Exponent by column; None: 1 for all (plain proportion).

    Returns
    -------
    PatientTable
        Columns ``<name>.per_head``; missing where volume or head is.

    Raises
    ------
    InputError
        ``IGX-TAB-004`` no such column; ``IGX-FEAT-139``: head sizes that are not positive, or columns without power.
    """
    size = table.select([head]).values[head].to_numpy(np.float64)
    chosen = [str(c) for c in table.values.columns if c != head and table.columns.at[c, "unit"] == "mm3"]
    without = [c for c in chosen if powers is not None and c not in powers]
    if without:
        raise InputError(
            "IGX-FEAT-139",
            f"{len(without)} columns have no power: {short_list(without)}",
            remedy=MISSING_POWER,
        )
    exponent = {c: 1.0 if powers is None else float(powers[c]) for c in chosen}
    values = {
        f"{c}.per_head": proportion(table.values[c].to_numpy(np.float64), size, power=exponent[c])
        for c in chosen
    }
    columns = table.columns.loc[chosen].copy()
    columns["feature"] = [f"{f}_per_head" for f in columns["feature"]]
    columns["unit"] = ["" if exponent[c] == 1 else f"mm3/mm3^{exponent[c]:g}" for c in chosen]
    columns.index = pd.Index(list(values), name="column", dtype=object)
    return PatientTable(pd.DataFrame(values, index=table.values.index), columns)
