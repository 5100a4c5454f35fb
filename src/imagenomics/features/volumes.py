"""The lesion volume as the baseline that every image model has to beat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd

from imagenomics.tables.patient_table import PatientTable


def lesion_volumes(features: PatientTable, *, masks: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the volume of each region, and its logarithm, by patient.

    Parameters
    ----------
    features : PatientTable
        Features; the columns with the role ``volume`` are used.
    masks : mapping of str to str, optional
        Image -> what its mask is called. Images that share a mask fill each other's gaps, where one is missing.

    Returns
    -------
    DataFrame
        ``volume.<column>`` and ``log volume.<column>`` for each region of each mask. Both scales, because a baseline
        that can only be linear in the volume would leave the curvature to the image features.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, row in features.where(role="volume").columns.iterrows():
        source = str(row["source"])
        groups[(masks or {}).get(source, source), str(row["region"])].append(str(name))
    found = {}
    for names in groups.values():
        volume = features.values[names].bfill(axis=1).iloc[:, 0]
        found[f"volume.{names[0]}"] = volume
        found[f"log volume.{names[0]}"] = np.log(volume.where(volume > 0))
    return pd.DataFrame(found, index=features.values.index)
