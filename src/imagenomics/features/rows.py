"""The one shape of a measurement: a row for each value, with its unit, flags and the reason where there is none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

COLUMNS = ("family", "feature", "ibsi", "value", "unit", "flags", "status", "reason")
Measured = Mapping[str, float | str]  # value by feature, or the reason why there is none


def measured_rows(
    family: str, values: Measured, *, units: Mapping[str, str] | str = "", flags: str = ""
) -> pd.DataFrame:
    """Return the rows of one family of measurements.

    Parameters
    ----------
    family : str
        Name of the family.
    values : mapping of str to float or str
        Value by feature; a text says why the feature was skipped, NaN that its definition gives no number here.
    units : mapping or str, optional
        Unit by feature, or one unit of all.
    flags : str, optional
        What holds for all rows, such as ``voxel-units``; flagged columns stay out of default models.

    Returns
    -------
    DataFrame
        Columns ``family, feature, ibsi, value, unit, flags, status, reason``, as
        :func:`imagenomics.features.extract.extract_region` returns them.
    """
    rows = []
    for feature, value in values.items():
        unit = units if isinstance(units, str) else units.get(feature, "")
        number = np.nan if isinstance(value, str) else float(value)
        rows.append((family, feature, "", number, unit, flags, *_outcome(value, flags)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(object)
    return frame.assign(value=frame["value"].astype(np.float64))


def _outcome(value: float | str, flags: str) -> tuple[str, str]:
    if isinstance(value, str):
        return "skipped", value
    if not np.isfinite(value):
        return "failed", "its definition gives no number here"
    return ("flagged", "") if flags else ("ok", "")
