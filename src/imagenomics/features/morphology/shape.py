"""Size and shape of a region."""

from __future__ import annotations

import numpy as np

from imagenomics.features.morphology.autocorrelation import autocorrelation_features
from imagenomics.features.morphology.mesh import mesh_volume_area, outer_vertices
from imagenomics.features.morphology.solids import (
    convex_hull,
    diameter,
    ellipsoid_area,
    smallest_box,
    smallest_ellipsoid,
)
from imagenomics.features.names import EXTRAS
from imagenomics.features.region import Region
from imagenomics.features.settings import FeatureSettings


def volume_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Return ``morph_vol_approx``: the number of voxels times the volume of one."""
    return {"morph_vol_approx": float(np.count_nonzero(region.mask)) * float(np.prod(region.spacing_mm))}


def shape_features(region: Region, settings: FeatureSettings) -> dict[str, float | str]:
    """Measure how large the region is, how round, how long and how deeply folded.

    Returns
    -------
    dict
        ``morph_<feature>``; a text instead of a number says why a feature was left out.

    Source
    ------
    Image biomarker standardisation initiative reference manual, morphological features.
    """
    volume, area = mesh_volume_area(region.mask, region.spacing_mm)
    corners, normals, hull_volume, hull_area = convex_hull(outer_vertices(region.mask, region.spacing_mm))
    box = np.array(region.mask.shape) * np.array(region.spacing_mm)
    axes = principal_axes(region)
    values: dict[str, float | str] = {}
    values |= _roundness(volume, area)
    values |= {"morph_com": _centre_shift(region), "morph_diam": diameter(corners)}
    values |= _axes(axes)
    values |= _densities("aabb", volume, area, float(np.prod(box)), _box_area(box))
    values |= _densities("aee", volume, area, float(np.prod(axes) * np.pi / 6), ellipsoid_area(axes / 2))
    values |= _densities("conv_hull", volume, area, hull_volume, hull_area)
    values["morph_integ_int"] = float(region.values.mean()) * volume
    if "enclosing" in settings.shape_extras:
        values |= _enclosing(volume, area, corners, normals)
    if "autocorrelation" in settings.shape_extras:
        values |= _autocorrelation(region, settings)
    return values


def principal_axes(region: Region) -> np.ndarray:
    """Return the axes (3,), longest first, of the ellipsoid with the covariance of the voxel centres.

    The covariance has the divisor n - 1, as the IBSI reference values show.
    """
    n = int(np.count_nonzero(region.mask))
    centre, products = moments(region.mask)
    spacing = np.array(region.spacing_mm)
    covariance = (products - n * np.outer(centre, centre)) * np.outer(spacing, spacing) / max(n - 1, 1)
    variances = np.linalg.eigvalsh(covariance)[::-1].copy()
    # A region one voxel thick has no variance across; its eigenvalue may come out a rounding error below 0.
    variances[variances < 1e-12 * max(float(variances[0]), 1e-300)] = 0.0
    axes: np.ndarray = 4.0 * np.sqrt(variances)
    return axes


def moments(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean place (3,) and the weighted sums of products of places (3, 3).

    Places are in voxels from the middle of the box. The sums come from projections onto planes, so that no
    list of places is needed; with a mask they are exact.
    """
    places = [np.arange(n) - (n - 1) / 2 for n in weights.shape]
    sums, products = np.zeros(3), np.zeros((3, 3))
    for across, (a, b) in enumerate(((1, 2), (0, 2), (0, 1))):
        shadow = weights.sum(axis=across)
        products[a, b] = products[b, a] = (shadow * places[a][:, None] * places[b][None, :]).sum()
        for axis, along in ((a, 1), (b, 0)):
            line = shadow.sum(axis=along)
            sums[axis] = (line * places[axis]).sum()
            products[axis, axis] = (line * places[axis] ** 2).sum()
    return sums / weights.sum(), products


def _roundness(volume: float, area: float) -> dict[str, float]:
    dispersion = area / (36 * np.pi * volume**2) ** (1 / 3)
    return {
        "morph_volume": volume,
        "morph_area_mesh": area,
        "morph_av": area / volume,
        "morph_comp_1": volume / (np.sqrt(np.pi) * area**1.5),
        "morph_comp_2": 36 * np.pi * volume**2 / area**3,
        "morph_sph_dispr": dispersion,
        "morph_sphericity": 1 / dispersion,
        "morph_asphericity": dispersion - 1,
    }


def _centre_shift(region: Region) -> float:
    """Return the distance of the centre of the voxels from their centre weighted by intensity."""
    weights = np.where(region.inside, region.image, 0.0)
    if weights.sum() == 0:
        return float("nan")
    shift = moments(weights)[0] - moments(region.mask)[0]
    return float(np.linalg.norm(shift * np.array(region.spacing_mm)))


def _axes(axes: np.ndarray) -> dict[str, float]:
    major, minor, least = (float(a) for a in axes)
    return {
        "morph_pca_maj_axis": major,
        "morph_pca_min_axis": minor,
        "morph_pca_least_axis": least,
        "morph_pca_elongation": minor / major if major > 0 else float("nan"),
        "morph_pca_flatness": least / major if major > 0 else float("nan"),
    }


def _densities(name: str, volume: float, area: float, full: float, around: float) -> dict[str, float]:
    return {
        f"morph_vol_dens_{name}": volume / full if full > 0 else float("nan"),
        f"morph_area_dens_{name}": area / around if around > 0 else float("nan"),
    }


def _box_area(box: np.ndarray) -> float:
    return float(2 * (box[0] * box[1] + box[0] * box[2] + box[1] * box[2]))


def _enclosing(volume: float, area: float, corners: np.ndarray, normals: np.ndarray) -> dict[str, float]:
    box = smallest_box(corners, normals)
    axes = smallest_ellipsoid(corners)
    return {
        **_densities("ombb", volume, area, float(np.prod(box)), _box_area(box)),
        **_densities("mvee", volume, area, float(4 / 3 * np.pi * np.prod(axes)), ellipsoid_area(axes)),
    }


def _autocorrelation(region: Region, settings: FeatureSettings) -> dict[str, float] | dict[str, str]:
    n = len(region.values)
    if n > settings.max_voxels_quadratic:
        why = f"{n} voxels are more than max_voxels_quadratic = {settings.max_voxels_quadratic}"
        return dict.fromkeys(EXTRAS["autocorrelation"], why)
    return autocorrelation_features(region)
