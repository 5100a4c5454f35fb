"""Spatial autocorrelation of intensities: Moran's I and Geary's C with weights 1 / distance."""

from __future__ import annotations

import numpy as np

from imagenomics.features.region import Region


def autocorrelation_features(region: Region) -> dict[str, float]:
    """Measure whether near voxels are alike.

    Returns
    -------
    dict
        ``morph_moran_i`` (1 alike, 0 independent) and ``morph_geary_c`` (0 alike, 1 independent) over all
        pairs of voxels; NaN for a constant region. The sums over pairs are taken exactly by Fourier
        transforms of the bounding box.

    Source
    ------
    Image biomarker standardisation initiative reference manual, morphological features.
    """
    from scipy import fft

    inside = region.inside
    values = region.values
    n = len(values)
    if values.min() == values.max():
        return {"morph_moran_i": float("nan"), "morph_geary_c": float("nan")}
    centred = np.where(inside, region.image - values.mean(), 0.0)
    shape = [fft.next_fast_len(2 * s - 1, real=True) for s in inside.shape]
    weights = _spectrum(_inverse_distance(shape, region.spacing_mm)).real
    ones = _spectrum(np.where(inside, 1.0, 0.0), shape)
    once = _spectrum(centred, shape)
    squared = _spectrum(centred**2, shape)
    count = _sum_over_pairs(ones, ones, weights, shape)
    products = _sum_over_pairs(once, once, weights, shape)
    squares = _sum_over_pairs(squared, ones, weights, shape)
    total = float((centred**2).sum())
    moran = n / count * products / total
    # (a - b)^2 over all ordered pairs is twice the squares less twice the products.
    geary = (n - 1) / (2 * count) * (2 * squares - 2 * products) / total
    return {"morph_moran_i": moran, "morph_geary_c": geary}


def _spectrum(array: np.ndarray, shape: list[int] | None = None) -> np.ndarray:
    from scipy import fft

    spectrum: np.ndarray = fft.rfftn(array, shape, workers=1)
    return spectrum


def _inverse_distance(shape: list[int], spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Return 1 / distance for every displacement on the periodic grid, 0 for none."""
    squared = np.zeros(shape)
    for axis, (n, step) in enumerate(zip(shape, spacing_mm, strict=True)):
        k = np.arange(n)
        along = (np.minimum(k, n - k) * step) ** 2
        squared += along.reshape([-1 if a == axis else 1 for a in range(3)])
    squared[0, 0, 0] = np.inf
    weights: np.ndarray = 1.0 / np.sqrt(squared)
    return weights


def _sum_over_pairs(a: np.ndarray, b: np.ndarray, weights: np.ndarray, shape: list[int]) -> float:
    """Return the sum of a_i w_ij b_j from their spectra, counting both halves of a real transform."""
    product = (a.real * b.real + a.imag * b.imag) * weights
    total = 2 * float(product.sum()) - float(product[..., 0].sum())
    if shape[-1] % 2 == 0:
        total -= float(product[..., -1].sum())
    return total / float(np.prod(shape))
