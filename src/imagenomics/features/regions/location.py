"""Where a lesion lies: its share in each region of an atlas, and its centroid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.regions.inputs import check_mask, check_same_grid, spaced_rows, used_spacing


def location_features(
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    atlas: np.ndarray | None = None,
    names: Mapping[int, str] | None = None,
    origin_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> pd.DataFrame:
    """Say in which parts of an atlas a lesion lies.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: the centroid is in voxels and flagged ``voxel-units``; shares are not.
    atlas : array of whole numbers, (z, y, x), optional
        Label of each voxel, brought to the grid of the image by the caller; 0 is no part.
    names : mapping of int to str, optional
        Name of each label; without it every label of the atlas is called by its number.
    origin_mm : (z, y, x)
        Place of the first voxel; the axes are those of the array.

    Returns
    -------
    DataFrame
        Family ``location``: ``centroid_z``, ``centroid_y``, ``centroid_x``; for each label ``share_<name>`` (of the
        lesion) and ``covered_<name>`` (of the part); ``share_elsewhere`` (in no named part), ``n_parts`` touched and
        ``largest_part_share``. ``covered`` of a part that the atlas lacks here is skipped with its reason.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` arrays; ``IGX-FEAT-084`` an atlas that holds no whole numbers;
        ``IGX-FEAT-086`` two labels of one name; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Without ``names`` the rows follow the labels of this atlas on this grid: name the labels, so that all
    patients have the same columns.

    Source
    ------
    Ellingson et al. 2013, American Journal of Neuroradiology, and Drabycz et al. 2010, NeuroImage: location
    after registration to an atlas.
    """
    check_mask(mask)
    spacing = np.array(used_spacing(spacing_mm, spacing_known=spacing_known))
    centre = np.array(origin_mm, np.float64) + np.argwhere(mask).mean(axis=0) * spacing
    centroid: dict[str, float | str] = {
        f"centroid_{axis}": float(value) for axis, value in zip("zyx", centre, strict=True)
    }
    parts = {} if atlas is None else _shares(mask, atlas, names)
    units = dict.fromkeys(centroid, "mm")
    return spaced_rows(
        "location", centroid | parts, units=units, spacing_known=spacing_known, free=tuple(parts)
    )


def _shares(mask: np.ndarray, atlas: np.ndarray, names: Mapping[int, str] | None) -> dict[str, float | str]:
    check_same_grid(mask, atlas, name="atlas")
    if atlas.dtype.kind not in "iu" and not np.array_equal(atlas, np.rint(atlas)):
        raise InputError(
            "IGX-FEAT-084",
            "the atlas holds numbers that are not whole",
            expected="label numbers 0, 1, 2, ...",
            remedy="bring atlases to the grid of the image with the nearest neighbour",
        )
    labels, sizes = np.unique(atlas, return_counts=True)
    here, counts = np.unique(atlas[mask], return_counts=True)
    size_of = dict(zip(labels.astype(np.int64).tolist(), sizes.tolist(), strict=True))
    count_of = dict(zip(here.astype(np.int64).tolist(), counts.tolist(), strict=True))
    named = {label: str(label) for label in size_of if label != 0} if names is None else dict(names)
    if len(set(named.values())) < len(named):
        raise InputError(
            "IGX-FEAT-086",
            "two labels of the atlas have the same name",
            expected="a name of its own for each label",
            remedy="add the side to the name, or join the two labels in the atlas",
        )
    n = int(np.count_nonzero(mask))
    inside = {label: count_of.get(label, 0) for label in named}
    values: dict[str, float | str] = {f"share_{name}": inside[label] / n for label, name in named.items()}
    for label, name in named.items():
        values[f"covered_{name}"] = (
            inside[label] / size_of[label] if label in size_of else "the atlas has no such part here"
        )
    values["share_elsewhere"] = 1 - sum(inside.values()) / n
    values["n_parts"] = sum(count > 0 for count in inside.values())
    values["largest_part_share"] = max(inside.values(), default=0) / n
    return values
