"""Lateralisation: how much more of something lies on the left than on the right.

The index is (L - R) / (L + R) everywhere: 1 for all on the left, -1 for all on the right, 0 for equal sides. Papers
that divide by the mean of both sides report twice this number.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.rows import region_rows
from imagenomics.images.volume import Volume
from imagenomics.tables.patient_table import PatientTable, describe

NOTHING = "both sides are 0"
NEGATIVE = "a side is negative: the index is not defined"
UNKNOWN = "a side holds no number"


def lateralisation_index(left: float, right: float) -> float | str:
    """Return (left - right) / (left + right), or the reason why there is none."""
    if not (np.isfinite(left) and np.isfinite(right)):
        return UNKNOWN
    if left < 0 or right < 0:
        return NEGATIVE
    return NOTHING if left + right == 0 else float((left - right) / (left + right))


def asymmetry_rows(values: Mapping[str, float], *, measure: str = "volume") -> pd.DataFrame:
    """Return the index of each region that was measured on both sides (hippocampal asymmetry is one of them).

    Parameters
    ----------
    values : mapping of str to float
        By region, named ``left_<region>`` and ``right_<region>``; others are not used.
    measure : str
        What was measured; the feature is ``asymmetry_<measure>``.

    Returns
    -------
    DataFrame
        One row for each region of both sides, without its side.

    Raises
    ------
    InputError
        ``IGX-FEAT-137``: no region was measured on both sides.

    Source
    ------
    Kong et al. 2018, PNAS 115:E5154 (ENIGMA lateralisation; there with the mean in the denominator).
    """
    rests = [name.removeprefix("left_") for name in values if name.startswith("left_")]
    pairs = [rest for rest in rests if f"right_{rest}" in values]
    if not pairs:
        raise _no_pair(f"names: {', '.join(list(values)[:6])}")
    rows = {
        rest: {f"asymmetry_{measure}": lateralisation_index(values[f"left_{rest}"], values[f"right_{rest}"])}
        for rest in pairs
    }
    return region_rows("lateralisation", rows)


def asymmetry_columns(table: PatientTable) -> PatientTable:
    """Return the index for each pair of columns ``...lh_<region>...`` and ``...rh_<region>...`` of many patients.

    Parameters
    ----------
    table : PatientTable
        As :func:`imagenomics.images.freesurfer.subjects.read_freesurfer` makes it. Nothing is learned across patients;
        where there is no index the cell is missing.

    Raises
    ------
    InputError
        ``IGX-FEAT-137``: no pair of columns.
    """
    columns = [str(c) for c in table.values.columns]
    pairs = [(c, c.replace(".lh_", ".rh_", 1)) for c in columns if ".lh_" in c]
    pairs = [(a, b) for a, b in pairs if b in table.columns.index]
    if not pairs:
        raise _no_pair(f"columns: {', '.join(columns[:6])}")
    values, names, regions, features = {}, [], [], []
    for a, b in pairs:
        left, right = table.values[a].to_numpy(np.float64), table.values[b].to_numpy(np.float64)
        total = left + right
        usable = (left >= 0) & (right >= 0) & (total > 0)
        name = f"{a.replace('.lh_', '.', 1)}.asymmetry"
        values[name] = np.where(usable, (left - right) / np.where(usable, total, 1.0), np.nan)
        names.append(name)
        regions.append(str(table.columns.at[a, "region"]).removeprefix("lh_"))
        features.append("asymmetry_" + str(table.columns.at[a, "feature"]))
    source = [str(table.columns.at[a, "source"]) for a, _ in pairs]
    described = describe(names, source=source, region=regions, family="lateralisation", feature=features)
    return PatientTable(pd.DataFrame(values, index=table.values.index), described)


def map_lateralisation(volume: Volume, left: np.ndarray, right: np.ndarray, *, region: str) -> pd.DataFrame:
    """Return the threshold-free index of a map (activation, connectivity, uptake) between two masks.

    A side counts with the sum of its positive values. That sum is the area under the curve 'volume above a threshold
    against the threshold', so it is what all thresholds together say; no threshold is chosen.

    Parameters
    ----------
    volume : Volume
        The map; values below 0 count 0.
    left, right : ndarray of bool (z, y, x)
        Homologous masks. Sides of different size are compared by their means, so that a larger mask does not win.
    region : str
        Name of the pair.

    Raises
    ------
    InputError
        ``IGX-FEAT-120``: masks of another shape; ``IGX-FEAT-138``: an empty mask, or masks that overlap.
    """
    sides = []
    for name, mask in (("left", left), ("right", right)):
        inside = check_mask(mask, volume.array.shape, name=f"{name} {region}")
        sides.append(float(np.maximum(volume.array[inside], 0.0).mean()))
    if (np.asarray(left, bool) & np.asarray(right, bool)).any():
        raise InputError(
            "IGX-FEAT-138", "the masks of both sides overlap", where=region, remedy="cut them at the midline"
        )
    values = {"lateralisation": lateralisation_index(*sides), "left_mean": sides[0], "right_mean": sides[1]}
    return region_rows("lateralisation", {region: values})


def check_mask(mask: np.ndarray, shape: tuple[int, ...], *, name: str) -> np.ndarray:
    """Return the mask as bool; refuse another shape (``IGX-FEAT-120``) or an empty one (``IGX-FEAT-138``)."""
    inside = np.asarray(mask, dtype=bool)
    if inside.shape != shape:
        raise InputError(
            "IGX-FEAT-120",
            f"the mask '{name}' has the shape {inside.shape}, the image {shape}",
            expected="one value for each voxel of the image",
            remedy="bring the mask to the grid of the image (images.geometry.match_mask)",
        )
    if not inside.any():
        raise InputError(
            "IGX-FEAT-138",
            f"the mask '{name}' is empty",
            remedy="look at the segmentation of this patient, or leave the patient out",
        )
    return inside


def _no_pair(where: str) -> InputError:
    return InputError(
        "IGX-FEAT-137",
        "no region was measured on both sides",
        where=where,
        expected="names that begin with left_ and right_ (columns: .lh_ and .rh_)",
        remedy="name the regions with features.brain.desikan.region_name",
    )
