"""Spatial nulls: maps of the brain that are as smooth as the real one and have nothing to do with the genes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def spin_assignments(
    coordinates: npt.ArrayLike,
    hemisphere: npt.ArrayLike,
    *,
    draws: int,
    method: Literal["hungarian", "nearest"] = "hungarian",
    seed: int = 0,
) -> IntArray:
    """Return which parcel's value each parcel takes when the sphere is turned at random.

    Parameters
    ----------
    coordinates : array, (P, 3)
        Parcel centres on the spherical surface, any unit; each hemisphere around its own centre.
    hemisphere : array, (P,)
        ``L`` or ``R``. The right one turns as the mirror image of the left one.
    draws : int
    method : {"hungarian", "nearest"}
        Each parcel used once, the sum of distances being smallest; or each parcel takes the nearest, some twice.
    seed : int

    Returns
    -------
    int array, (draws, P)
        ``map[assignments[b]]`` is the b-th turned map.

    Raises
    ------
    InputError
        ``IGX-SETS-030``: coordinates that are not one finite point for each parcel, or a side other than L and R.

    Source
    ------
    Alexander-Bloch et al. 2018, NeuroImage 178:540; Markello & Misic 2021, NeuroImage 236:118052.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    points, side = _sphere(coordinates, hemisphere)
    mirror = np.diag([-1.0, 1.0, 1.0])
    found = np.empty((draws, len(points)), dtype=np.int64)
    for b in range(draws):
        left = _random_rotation(generator(seed, "spin", b))
        for name, turn in (("L", left), ("R", mirror @ left @ mirror)):
            own = np.flatnonzero(side == name)
            if not own.size:
                continue
            distance = cdist(points[own], points[own] @ turn.T)
            taken = (
                linear_sum_assignment(distance)[1] if method == "hungarian" else np.argmin(distance, axis=1)
            )
            found[b, own] = own[taken]
    return found


def _sphere(coordinates: npt.ArrayLike, hemisphere: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.str_]]:
    points = np.asarray(coordinates, dtype=np.float64)
    side = np.asarray(hemisphere).astype(str)
    fits = points.ndim == 2 and points.shape[1:] == (3,) and side.shape == points.shape[:1]
    if not fits or not np.isfinite(points).all() or not np.isin(side, ["L", "R"]).all():
        raise InputError(
            "IGX-SETS-030",
            f"coordinates of shape {points.shape} and sides {sorted(set(side.ravel().tolist()))[:4]} are no parcels",
            expected="one finite point (x, y, z) on the sphere for each parcel, and its side, L or R",
            remedy="take parcel centres on the spherical surface (lh.sphere), not on the folded one",
        )
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points / np.where(length > 0, length, 1.0), side


def _random_rotation(random: np.random.Generator) -> FloatArray:
    """Return a rotation matrix from the uniform (Haar) distribution."""
    q, r = np.linalg.qr(random.standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    if np.linalg.det(q) < 0:
        q[:, 0] = -q[:, 0]
    return np.asarray(q)


def moran_surrogates(
    values: npt.ArrayLike, weights: npt.ArrayLike, *, draws: int, seed: int = 0
) -> FloatArray:
    """Return maps with the spatial autocorrelation (Moran's I), mean and variance of a map.

    The map is written in the eigenvectors of the doubly centred weights; each coefficient keeps its size and gets a
    random sign ("singleton" Moran spectral randomisation), so that Moran's I is kept exactly.

    Parameters
    ----------
    values : array, (P,)
    weights : array, (P, P)
        Symmetric spatial weights, e.g. inverse distances, zero on the diagonal.
    draws : int
    seed : int

    Returns
    -------
    array, (draws, P)

    Raises
    ------
    InputError
        ``IGX-SETS-031``: weights that are not symmetric, finite and of the map's size, or a map with missing values.

    Source
    ------
    Wagner & Dray 2015, Methods in Ecology and Evolution 6:1169.
    """
    x, W = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    fits = x.ndim == 1 and W.shape == (x.size, x.size) and np.isfinite(W).all() and np.isfinite(x).all()
    if not fits or not np.allclose(W, W.T):
        raise InputError(
            "IGX-SETS-031",
            f"weights of shape {W.shape} do not fit a map of shape {x.shape}",
            expected="a complete map (P,) and symmetric finite weights (P, P)",
            remedy="leave out parcels without a value on both sides",
        )
    # Eigenvectors within the maps of mean zero, so that none of them shifts the mean.
    start = np.column_stack([np.ones(x.size), np.eye(x.size)[:, : x.size - 1]])
    plane = np.linalg.qr(start)[0][:, 1:]
    inner = plane.T @ W @ plane
    vectors = plane @ np.linalg.eigh((inner + inner.T) / 2)[1]
    coefficients = vectors.T @ (x - x.mean())
    random = generator(seed, "moran", x.size)
    signs = random.integers(0, 2, (draws, coefficients.size)) * 2 - 1
    return np.asarray(x.mean() + (signs * coefficients) @ vectors.T)


def moran_i(values: npt.ArrayLike, weights: npt.ArrayLike) -> float:
    """Return Moran's I of a map (P,) under weights (P, P)."""
    x, W = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    left = x - x.mean()
    return float(x.size / W.sum() * (left @ W @ left) / (left @ left))


def correlate_maps(maps: FloatArray, genes: FloatArray, *, ranks: bool = True) -> FloatArray:
    """Return the (rank) correlation of each map (B, P) with each gene (P, G) over parcels, (B, G)."""
    from scipy.stats import rankdata

    columns = maps.T
    if ranks:
        columns, genes = rankdata(columns, axis=0), rankdata(genes, axis=0)
    return np.asarray(unit_columns(columns).T @ unit_columns(genes))


def unit_columns(columns: FloatArray) -> FloatArray:
    """Return columns (P, k) centred and of unit length; constant ones as zeros."""
    left = columns - columns.mean(axis=0)
    length = np.sqrt((left**2).sum(axis=0))
    return np.asarray(left / np.where(length > 0, length, 1.0))
