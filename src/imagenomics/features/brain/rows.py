"""Rows of several regions of one patient: what a measurement of the brain returns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from imagenomics.features.rows import COLUMNS, Measured, measured_rows

BRAIN = "brain"  # the region of what is measured once for each patient
REGION_COLUMNS = ("region", *COLUMNS)


def region_rows(
    family: str, regions: Mapping[str, Measured], *, units: Mapping[str, str] | str = "", flags: str = ""
) -> pd.DataFrame:
    """Return the rows of one family for several regions.

    Parameters
    ----------
    family : str
        Name of the family.
    regions : mapping of str to mapping
        Region -> value by feature; see :func:`imagenomics.features.rows.measured_rows`.
    units, flags
        As there, the same for all regions.

    Returns
    -------
    DataFrame
        ``region`` and the columns of ``measured_rows``, in the order given.
    """
    # One call for all regions: a frame for each of 80,000 links would take minutes.
    keys = [(region, feature) for region, values in regions.items() for feature in values]
    joined = {f"{region}\0{feature}": regions[region][feature] for region, feature in keys}
    unit_of = units if isinstance(units, str) else {f"{r}\0{f}": units.get(f, "") for r, f in keys}
    rows = measured_rows(family, joined, units=unit_of, flags=flags)
    names = pd.DataFrame(keys, columns=["region", "feature"], dtype=object)
    return rows.assign(region=names["region"], feature=names["feature"])[list(REGION_COLUMNS)]
