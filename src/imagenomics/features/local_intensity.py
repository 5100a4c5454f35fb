"""Local intensity: the mean in a sphere of 1 cm3 around a voxel."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.region import PEAK_RADIUS_MM, Region
from imagenomics.features.settings import FeatureSettings


def local_intensity_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure the brightness around the brightest voxel, and around the voxel with the brightest sphere.

    Returns
    -------
    dict
        ``loc_peak_loc`` and ``loc_peak_glob`` (the SUVpeak of PET). The sphere looks beyond the region, not
        beyond the image, and leaves out voxels without a number; of several brightest voxels the one with
        the brightest surrounding counts.

    Source
    ------
    Image biomarker standardisation initiative reference manual, local intensity features.
    """
    means = sphere_means(region)
    values = region.values
    brightest = means[values == values.max()]
    return {"loc_peak_loc": float(brightest.max()), "loc_peak_glob": float(means.max())}


def sphere_means(region: Region) -> np.ndarray:
    """Return the mean intensity in the sphere around each voxel of the region, (n,)."""
    known = np.isfinite(region.scene)
    sums = np.zeros((*region.scene.shape[:2], region.scene.shape[2] + 1))
    np.cumsum(np.where(known, region.scene, 0.0), axis=2, out=sums[:, :, 1:])
    numbers = np.zeros(sums.shape, np.int64)
    np.cumsum(known, axis=2, out=numbers[:, :, 1:])
    voxels = np.argwhere(region.inside) + np.array(region.corner)
    means: np.ndarray = _row_means(sums, numbers, voxels, _rows(region.spacing_mm))
    return means


def _rows(spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Return the rows of the sphere (r, 3): offset along z, along y, and half width along x in voxels."""
    reach = [int(PEAK_RADIUS_MM / s) for s in spacing_mm]
    rows = []
    for dz in range(-reach[0], reach[0] + 1):
        for dy in range(-reach[1], reach[1] + 1):
            left = PEAK_RADIUS_MM**2 - (dz * spacing_mm[0]) ** 2 - (dy * spacing_mm[1]) ** 2
            if left >= 0:
                rows.append((dz, dy, int(np.sqrt(left) / spacing_mm[2])))
    return np.array(rows, np.int64)


@njit(cache=True, nogil=True)
def _row_means(sums: np.ndarray, numbers: np.ndarray, voxels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    depth, height, width = sums.shape[0], sums.shape[1], sums.shape[2] - 1
    means = np.empty(voxels.shape[0], np.float64)
    for k in range(voxels.shape[0]):
        total = 0.0
        n = 0
        for r in range(rows.shape[0]):
            z = voxels[k, 0] + rows[r, 0]
            y = voxels[k, 1] + rows[r, 1]
            if z < 0 or z >= depth or y < 0 or y >= height:
                continue
            left = max(voxels[k, 2] - rows[r, 2], 0)
            right = min(voxels[k, 2] + rows[r, 2] + 1, width)
            total += sums[z, y, right] - sums[z, y, left]
            n += numbers[z, y, right] - numbers[z, y, left]
        means[k] = total / n
    return means
