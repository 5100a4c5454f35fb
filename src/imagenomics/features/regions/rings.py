"""Rings around and within a lesion, at distances from its border in mm."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.regions.distance import box_around, signed_distance
from imagenomics.features.regions.inputs import (
    check_image,
    check_mask,
    check_same_grid,
    spaced_rows,
    used_spacing,
)


def ring_masks(
    mask: np.ndarray,
    edges_mm: Sequence[float],
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    allowed: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Cut the surroundings and the rim of a lesion into rings.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion.
    edges_mm : sequence of float
        Ascending distances from the border, negative inside: ``(-5, 0, 5, 10)`` gives one inner and two outer
        rings. Voxels where the spacing is unknown.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: one voxel is the unit of length.
    allowed : array of bool, (z, y, x), optional
        Where a ring may lie, e.g. the brain less the ventricles.

    Returns
    -------
    dict of str to array of bool, (z, y, x)
        By name, e.g. ``in_0_5``, ``out_0_5``, ``across_2_3`` (from 2 inside to 3 outside). Rings never overlap;
        together with what lies beyond the first and the last edge they are all of ``allowed``. A ring may be
        empty.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` masks; ``IGX-FEAT-085`` edges that do not ascend; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    A distance is that of a voxel centre to the nearest voxel centre on the other side of the border, so the
    first layer of voxels lies at one voxel edge. Where the lesion meets the border of the image it has no rim.
    """
    check_mask(mask)
    edges = _checked_edges(edges_mm)
    if allowed is not None:
        check_mask(allowed, name="allowed", may_be_empty=True)
        check_same_grid(mask, allowed, name="allowed")
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    box = box_around(mask, max(edges[-1], 0.0), spacing)
    distance = signed_distance(mask[box], spacing)
    rings = {}
    for low, high in itertools.pairwise(edges):
        # No voxel has the distance 0: each edge belongs to the ring on its side of the border.
        above = distance >= low if low < 0 else distance > low
        below = distance <= high if high > 0 else distance < high
        ring = np.zeros(mask.shape, bool)
        ring[box] = above & below
        rings[_name(low, high)] = ring if allowed is None else ring & allowed
    return rings


def ring_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    edges_mm: Sequence[float],
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    allowed: np.ndarray | None = None,
) -> pd.DataFrame:
    """Measure the intensities of rings around and within a lesion.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask, edges_mm, spacing_mm, spacing_known, allowed
        See :func:`ring_masks`.

    Returns
    -------
    DataFrame
        Family ``rings``, for each ring: ``<ring>_volume``, ``<ring>_allowed_share`` (of the ring within the image
        that is allowed), ``<ring>_mean``, ``<ring>_sd`` (divisor n) and ``<ring>_difference`` (its mean less that
        of the lesion). All rest on distances, so all are flagged where the spacing is unknown.

    Raises
    ------
    InputError, ArgumentTypeError
        As :func:`ring_masks`; ``IGX-FEAT-083``: voxels of lesion or rings without a number.
    """
    check_mask(mask)
    options = {"spacing_mm": spacing_mm, "spacing_known": spacing_known}
    clipped = ring_masks(mask, edges_mm, allowed=allowed, **options)  # type: ignore[arg-type]
    full = clipped if allowed is None else ring_masks(mask, edges_mm, **options)  # type: ignore[arg-type]
    measured: np.ndarray = np.logical_or.reduce([mask, *clipped.values()])
    numbers = check_image(image, measured)
    voxel = float(np.prod(used_spacing(spacing_mm, spacing_known=spacing_known)))
    centre = float(numbers[mask].mean())
    values: dict[str, float | str] = {}
    units: dict[str, str] = {}
    for name, ring in clipped.items():
        n, n_full = int(np.count_nonzero(ring)), int(np.count_nonzero(full[name]))
        values[f"{name}_volume"] = n * voxel
        units[f"{name}_volume"] = "mm3"
        values[f"{name}_allowed_share"] = n / n_full if n_full else "the image ends before the ring"
        found = _intensities(numbers[ring], centre)
        values |= {f"{name}_{what}": value for what, value in found.items()}
        units |= {f"{name}_{what}": "intensity" for what in found}
    return spaced_rows("rings", values, units=units, spacing_known=spacing_known)


def _name(low: float, high: float) -> str:
    if low >= 0:
        return f"out_{low:g}_{high:g}"
    return f"in_{abs(high):g}_{-low:g}" if high <= 0 else f"across_{-low:g}_{high:g}"


def _intensities(values: np.ndarray, centre: float) -> dict[str, float | str]:
    if len(values) == 0:
        return dict.fromkeys(("mean", "sd", "difference"), "the ring has no voxel")
    mean = float(values.mean())
    return {"mean": mean, "sd": float(values.std()), "difference": mean - centre}


def _checked_edges(edges_mm: Sequence[float]) -> list[float]:
    edges = [float(e) for e in edges_mm]
    if len(edges) < 2 or not np.all(np.isfinite(edges)) or not np.all(np.diff(edges) > 0):
        raise InputError(
            "IGX-FEAT-085",
            f"{tuple(edges_mm)} are no edges of rings",
            expected="two or more ascending distances, e.g. (-5, 0, 5, 10)",
            remedy="list the borders of the rings from the innermost to the outermost",
        )
    return edges
