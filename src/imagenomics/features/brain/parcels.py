"""Parcel statistics: an image summed up over the regions of an atlas, in the volume or on the cortex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.features.brain.label_table import check_label_table
from imagenomics.features.brain.rows import BRAIN, region_rows
from imagenomics.features.names import VOXEL_UNITS
from imagenomics.images.geometry import check_geometry
from imagenomics.images.surfaces import Part, SurfaceLabels, SurfaceValues
from imagenomics.images.volume import Mask, Volume

STATISTICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "mean": lambda v: float(v.mean()),
    "median": lambda v: float(np.median(v)),
    "sd": lambda v: float(v.std(ddof=1)) if v.size > 1 else float("nan"),
}
EMPTY = "the label map has no voxel of this region"
NO_VERTEX = "no vertex of this parcel has a value"


def parcel_statistics(
    volume: Volume, atlas: Mask, names: pd.Series, *, statistics: Sequence[str] = tuple(STATISTICS)
) -> pd.DataFrame:
    """Say what an image looks like in each region of an atlas.

    Parameters
    ----------
    volume : Volume
        The image.
    atlas : Mask
        Labels on the same grid.
    names : Series
        Region name by label (:func:`imagenomics.features.brain.label_table.read_label_table`). Labels that it does
        not name are not measured, and the row ``unnamed_voxels`` says how many voxels they hold.
    statistics : sequence of str
        ``mean``, ``median``, ``sd`` (denominator n - 1).

    Returns
    -------
    DataFrame
        Rows with ``region`` first: the statistics, and ``volume`` in mm3 (in voxels, flagged ``voxel-units``, where
        the spacing is not known). A region without voxels, or with voxels without a number, has a reason instead.

    Raises
    ------
    InputError
        ``IGX-IMG-020``, ``IGX-IMG-021``: atlas and image do not lie on one grid; ``IGX-FEAT-123``: an unknown
        statistic; ``IGX-FEAT-124``: no label of the table is in the atlas; ``IGX-FEAT-121``: names or labels twice.
    """
    for name in statistics:
        if name not in STATISTICS:
            raise unknown_name("IGX-FEAT-123", "statistic", name, STATISTICS)
    check_label_table(names, where="label table")
    check_geometry(volume, atlas)
    groups = group_by_label(atlas.array.ravel())
    if not set(groups) & set(names.index):
        raise InputError(
            "IGX-FEAT-124",
            f"no label of the table is in the atlas (its labels: {sorted(groups)[:8]})",
            where=atlas.source,
            remedy="name the table that belongs to this label map",
        )
    values = volume.array.ravel()
    side = volume.voxel_volume_mm3 if volume.spacing_known else 1.0
    found = {str(n): groups.get(label) for label, n in zip(names.index.tolist(), names, strict=True)}
    measured = {
        region: {s: EMPTY if where is None else _statistic(values[where], s) for s in statistics}
        for region, where in found.items()
    }
    volumes = {
        region: {"volume": 0.0 if where is None else where.size * side} for region, where in found.items()
    }
    unnamed = sum(where.size for label, where in groups.items() if label not in set(names.index))
    known = volume.spacing_known
    return pd.concat(
        [
            region_rows("parcels", measured),
            region_rows(
                "parcels", volumes, units="mm3" if known else "voxels", flags="" if known else VOXEL_UNITS
            ),
            region_rows("parcels", {BRAIN: {"unnamed_voxels": float(unnamed)}}, units="voxels"),
        ],
        ignore_index=True,
    )


def group_by_label(labels: np.ndarray) -> dict[int, np.ndarray]:
    """Return the positions of each label other than 0 in a flat array (one sort instead of a scan per label)."""
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {int(label): part for label, part in zip(found, parts, strict=True) if label != 0}


def parcel_means(data: SurfaceValues, labels: SurfaceLabels) -> pd.DataFrame:
    """Return the mean of each map over each parcel of the cortex (and of the voxels of a CIFTI file).

    Parameters
    ----------
    data : SurfaceValues
        Values (k, n).
    labels : SurfaceLabels
        A parcellation of the same mesh. Vertices are joined by their number in the mesh, so either file may leave
        out the medial wall. Its wall labels (unknown, medial wall, corpus callosum) are no parcels.

    Returns
    -------
    DataFrame
        One row for each parcel and map: ``mean_<map>`` (``mean`` where there is one map), family ``surface``.
        Vertices without a number are refused, because they would shrink a parcel in silence.

    Raises
    ------
    InputError
        ``IGX-FEAT-121``: two labels with one name; ``IGX-FEAT-125``: no common structure, or meshes of different
        size; ``IGX-FEAT-126``: parcels with vertices that are NaN.
    """
    pairs = _common(data, labels)
    place_values = np.concatenate([data.values[:, a.start : a.stop] for a, _ in pairs], axis=1)
    place_labels = np.concatenate([_labels_at(a, b, labels) for a, b in pairs])
    place_labels[np.isin(place_labels, list(labels.wall))] = -1
    inside = place_labels >= 0
    bad = ~np.isfinite(place_values[:, inside])
    if bad.any():
        raise InputError(
            "IGX-FEAT-126",
            f"{int(bad.any(axis=0).sum())} vertices of parcels hold no number",
            where=data.source,
            expected="a number at each vertex outside the medial wall",
            remedy="project the data again; vertices without data belong to the medial wall label",
        )
    sides = np.repeat(np.arange(len(pairs)), [a.stop - a.start for a, _ in pairs])
    regions: dict[str, dict[str, float | str]] = {}
    for label, name in labels.names.items():
        if label in labels.wall:
            continue
        where = place_labels == label
        found = np.unique(sides[where])
        # One label on both sides is two regions; one that a file of one side holds bears the side in its name.
        for side in found if found.size else [-1]:
            region = _named(name, pairs, int(side), several=found.size > 1 or len(pairs) == 1)
            regions[region] = _map_means(place_values, where & (sides == side), data.maps)
    _check_apart(regions, labels)
    return region_rows("surface", regions)


def _map_means(values: np.ndarray, where: np.ndarray, maps: Sequence[str]) -> dict[str, float | str]:
    names = [f"mean_{m}" for m in maps] if len(maps) > 1 else ["mean"]
    if not where.any():
        return dict.fromkeys(names, NO_VERTEX)
    return {name: float(row[where].mean()) for name, row in zip(names, values, strict=True)}


def _check_apart(regions: Mapping[str, object], labels: SurfaceLabels) -> None:
    """Refuse a parcellation in which two labels have one name: one would replace the other."""
    names = pd.Series([n for k, n in labels.names.items() if k not in labels.wall], dtype=object)
    twice = names[names.duplicated()]
    if len(twice) or not regions:
        raise InputError(
            "IGX-FEAT-121",
            f"labels share a name: {short_list(twice)}" if len(twice) else "no label is a region",
            where=labels.source,
            expected="one name for each label",
            remedy="rename the labels",
        )


def _statistic(values: np.ndarray, name: str) -> float | str:
    n = int((~np.isfinite(values)).sum())
    return f"{n} of {values.size} voxels hold no number" if n else STATISTICS[name](values)


def _common(data: SurfaceValues, labels: SurfaceLabels) -> list[tuple[Part, Part]]:
    """Return the parts that both files have; a side that a file does not name is taken as the other's."""
    if len(data.parts) == len(labels.parts) == 1:
        a, b = data.parts[0], labels.parts[0]
        pairs = [(a, b)] if a.structure == b.structure or not (a.structure and b.structure) else []
    else:
        other = {b.structure: b for b in labels.parts}
        pairs = [(a, other[a.structure]) for a in data.parts if a.structure in other]
    wrong = next(((a, b) for a, b in pairs if a.size != b.size), None)
    if wrong or not pairs:
        have = ", ".join(f"{p.structure or 'side not named'} {p.size}" for p in data.parts)
        want = ", ".join(f"{p.structure or 'side not named'} {p.size}" for p in labels.parts)
        raise InputError(
            "IGX-FEAT-125",
            f"values and parcellation do not belong to one mesh: {have} against {want} places",
            where=f"{data.source}; {labels.source}",
            expected="the same hemisphere with the same number of vertices",
            remedy="take the parcellation of this mesh (fsaverage, fsaverage5, fs_LR 32k, ...) and side",
        )
    return pairs


def _labels_at(a: Part, b: Part, labels: SurfaceLabels) -> np.ndarray:
    """Return the label (n_a,) at the places of the values; -1 where the parcellation leaves the place out."""
    whole = np.full(a.size, -1, dtype=np.int64)
    whole[b.places] = labels.labels[b.start : b.stop]
    return whole[a.places]


def _named(name: str, pairs: list[tuple[Part, Part]], i: int, *, several: bool) -> str:
    structure = pairs[i][0].structure or pairs[i][1].structure if i >= 0 or len(pairs) == 1 else ""
    side = structure.removesuffix(" cortex") if several else ""
    return (
        f"{side}_{name}"
        if side and not name.lower().startswith((side, f"{side[0]}h", f"{side[0]}_"))
        else name
    )
