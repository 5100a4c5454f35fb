"""How large the parts of a lesion are, and their ratios: enhancing rim, necrosis, oedema, the whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.features.regions.inputs import check_mask, check_same_grid, spaced_rows, used_spacing

Parts = tuple[str, ...]
# Ratio of the union of some regions to the union of others, by the name of the feature.
GLIOMA_RATIOS: Mapping[str, tuple[Parts, Parts]] = MappingProxyType(
    {
        "necrosis_of_core": (("necrosis",), ("enhancing", "necrosis")),
        "rim_of_core": (("enhancing",), ("enhancing", "necrosis")),
        "core_of_whole": (("enhancing", "necrosis"), ("enhancing", "necrosis", "oedema")),
        "oedema_of_whole": (("oedema",), ("enhancing", "necrosis", "oedema")),
        "necrosis_to_rim": (("necrosis",), ("enhancing",)),
        "oedema_to_core": (("oedema",), ("enhancing", "necrosis")),
    }
)


def split_labels(
    labels: np.ndarray, names: Mapping[str, int | Sequence[int]], *, ignore: Collection[int] = (0,)
) -> dict[str, np.ndarray]:
    """Turn a map of label numbers into one mask for each region.

    Parameters
    ----------
    labels : array of whole numbers, (z, y, x)
        The map.
    names : mapping of str to int or sequence of int
        Label number, or numbers, of each region; a region may be absent from the map.
    ignore : collection of int
        Labels that are meant to be left out.

    Returns
    -------
    dict of str to array of bool, (z, y, x)

    Raises
    ------
    InputError
        ``IGX-FEAT-084``: the map holds no whole numbers, or labels that nobody named.
    """
    if labels.dtype.kind not in "iub" and not np.array_equal(labels, np.rint(labels)):
        raise InputError(
            "IGX-FEAT-084",
            "the label map holds numbers that are not whole",
            expected="label numbers 0, 1, 2, ...",
            remedy="resample label maps with the nearest neighbour",
        )
    wanted = {name: [v] if isinstance(v, int) else list(v) for name, v in names.items()}
    known = {v for values in wanted.values() for v in values} | set(ignore)
    strange = [int(v) for v in np.unique(labels) if int(v) not in known]
    if strange:
        raise InputError(
            "IGX-FEAT-084",
            f"labels {short_list(strange)} of the map have no name",
            expected=f"labels {short_list(sorted(known), 12)}",
            remedy="name them, or list them in 'ignore'",
        )
    return {name: np.isin(labels, values) for name, values in wanted.items()}


def compartment_features(
    masks: Mapping[str, np.ndarray],
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    ratios: Mapping[str, tuple[Parts, Parts]] = GLIOMA_RATIOS,
) -> pd.DataFrame:
    """Measure the volume of each region, of all together, and ratios between them.

    Parameters
    ----------
    masks : mapping of str to array of bool, (z, y, x)
        Regions on one grid; they may overlap, and may be empty: no necrosis is a volume of 0.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: volumes are in voxels and flagged ``voxel-units``; ratios are not.
    ratios : mapping of str to (names, names)
        Feature to the regions above and below the line. Voxels in several regions count once.

    Returns
    -------
    DataFrame
        Family ``compartment``: ``volume_<region>``, ``volume_whole``, and the ratios. A ratio to an empty region
        is skipped with its reason, as is one that needs a region that was not given.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` bad masks, or none that holds a voxel; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Aghi et al. 2005, Clinical Cancer Research (percent necrosis); Gutman et al. 2015, Neuroradiology (volumes
    and ratios of enhancement, necrosis and oedema); Naeini et al. 2013, Neuro-Oncology (T2 to enhancement and
    necrosis).
    """
    whole = _union(masks, tuple(masks))
    check_mask(whole, name=" + ".join(masks) or "masks")
    voxel = float(np.prod(used_spacing(spacing_mm, spacing_known=spacing_known)))
    volumes: dict[str, float | str] = {
        f"volume_{name}": voxel * float(np.count_nonzero(mask)) for name, mask in masks.items()
    }
    volumes["volume_whole"] = voxel * float(np.count_nonzero(whole))
    found = {name: _ratio(masks, above, below) for name, (above, below) in ratios.items()}
    units = dict.fromkeys(volumes, "mm3")
    return spaced_rows(
        "compartment", volumes | found, units=units, spacing_known=spacing_known, free=tuple(found)
    )


def sequence_ratio_features(
    outer: np.ndarray,
    inner: np.ndarray,
    *,
    outer_spacing_mm: Sequence[float],
    inner_spacing_mm: Sequence[float] | None = None,
    spacing_known: bool = True,
) -> pd.DataFrame:
    """Measure how much larger a lesion is on one sequence than on another, e.g. FLAIR to enhancement (T2/T1).

    Parameters
    ----------
    outer, inner : array of bool, (z, y, x)
        The lesion on both sequences, each on its own grid.
    outer_spacing_mm, inner_spacing_mm : (z, y, x)
        Their voxel spacings; without the second both sequences share one grid.
    spacing_known : bool
        False: the ratio is unflagged on a shared grid, and skipped otherwise.

    Returns
    -------
    DataFrame
        Family ``sequence-ratio``: ``volume_ratio`` (outer by inner volume) and ``enclosed_share`` (part of the
        inner lesion within the outer one; only on a shared grid).

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` masks; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Aghi et al. 2005, Clinical Cancer Research: the volume bright on T2 over the enhancing volume on T1.
    """
    check_mask(outer, name="outer")
    check_mask(inner, name="inner", may_be_empty=True)
    n_inner = int(np.count_nonzero(inner))
    shared = inner_spacing_mm is None
    if shared:
        check_same_grid(outer, inner, name="inner")
    volumes = [
        float(np.prod(used_spacing(spacing, spacing_known=spacing_known)))
        for spacing in (outer_spacing_mm, outer_spacing_mm if inner_spacing_mm is None else inner_spacing_mm)
    ]
    values: dict[str, float | str] = {}
    if n_inner == 0:
        values = dict.fromkeys(("volume_ratio", "enclosed_share"), "the inner lesion has no voxel")
    else:
        ratio = np.count_nonzero(outer) * volumes[0] / (n_inner * volumes[1])
        values["volume_ratio"] = (
            ratio if shared or spacing_known else "two grids of unknown spacing have no common unit"
        )
        values["enclosed_share"] = (
            np.count_nonzero(outer & inner) / n_inner if shared else "the two lesions lie on different grids"
        )
    return spaced_rows("sequence-ratio", values, spacing_known=spacing_known, free=tuple(values))


def _ratio(masks: Mapping[str, np.ndarray], above: Parts, below: Parts) -> float | str:
    absent = [name for name in dict.fromkeys((*above, *below)) if name not in masks]
    if absent:
        return f"no region '{absent[0]}' was given"
    size = int(np.count_nonzero(_union(masks, below)))
    if size == 0:
        return f"{' + '.join(below)} has no voxel"
    return np.count_nonzero(_union(masks, above)) / size


def _union(masks: Mapping[str, np.ndarray], names: Parts) -> np.ndarray:
    if not names:
        return np.zeros((1, 1, 1), bool)
    first = masks[names[0]]
    for name in names:
        check_mask(masks[name], name=name, may_be_empty=True)
        check_same_grid(first, masks[name], name=name)
    union: np.ndarray = np.logical_or.reduce([masks[name] for name in names])
    return union
