"""Gabor filters, within slices of one or of three orthogonal planes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imagenomics.features.filters.settings import GaborFilter
from imagenomics.features.filters.spectrum import inner, padded, padded_shape

PLANES = ((0, 1, 2), (1, 0, 2), (2, 0, 1))  # axis across the slices, their rows, their columns
BLOCK_VOXELS = 250_000  # slices are filtered together as far as they hold so many padded voxels


def gabor_response(
    image: np.ndarray,
    settings: GaborFilter,
    *,
    spacing_mm: tuple[float, ...],
    inside: tuple[slice, ...] = (slice(None), slice(None), slice(None)),
) -> np.ndarray:
    """Return the modulus of the response, joined over directions and planes.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        The image.
    settings : GaborFilter
        Stripes and directions.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm.
    inside : three slices, optional
        The voxels that are asked for.

    Source
    ------
    Bianconi and Fernandez 2007, Pattern Recognition 40:3325; as in Whybra et al. 2024, Radiology 310:e231319.
    """
    planes = PLANES[:1] if settings.in_plane else PLANES
    total = np.full(image[inside].shape, 0.0 if settings.pooling == "average" else -np.inf)
    for plane in planes:
        across, rows, columns = plane
        view = np.transpose(image, plane)[inside[across]]
        goal = np.transpose(total, plane)  # a view: what is written here lands in total
        edges = (spacing_mm[rows], spacing_mm[columns])
        for part, modulus in _moduli(view, settings, edges):
            wanted = modulus[:, inside[rows], inside[columns]]
            if settings.pooling == "average":
                goal[part] += wanted
            else:
                np.maximum(goal[part], wanted, out=goal[part])
    if settings.pooling == "average":
        total /= len(planes) * len(settings.angles())
    return total


def _moduli(
    slices: np.ndarray, settings: GaborFilter, edges: tuple[float, float]
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the modulus of each direction for blocks of slices."""
    from scipy import fft

    reach = [0, *gabor_reach(settings, edges)]
    size = padded_shape(slices.shape, reach, boundary=settings.boundary)[1:]
    kernels = [_spectrum_of_kernel(settings, angle, edges, size) for angle in settings.angles()]
    step = max(1, BLOCK_VOXELS // (size[0] * size[1]))
    for start in range(0, slices.shape[0], step):
        part = slice(start, start + step)
        wide = padded(slices[part], reach, boundary=settings.boundary)
        spectrum = fft.fft2(wide, axes=(1, 2))
        for kernel in kernels:
            response = fft.ifft2(spectrum * kernel, axes=(1, 2), overwrite_x=True)
            yield part, np.abs(inner(response, slices[part].shape, reach, boundary=settings.boundary))


def _spectrum_of_kernel(
    settings: GaborFilter, angle: float, edges: tuple[float, float], size: tuple[int, ...]
) -> np.ndarray:
    """Return the transform of the kernel; what reaches around a periodic slice is added up."""
    from scipy import fft

    reach = gabor_reach(settings, edges)
    places = [np.arange(-r, r + 1) for r in reach]
    y, x = np.meshgrid(places[0] * edges[0], places[1] * edges[1], indexing="ij")
    across = x * np.cos(angle) + y * np.sin(angle)
    along = y * np.cos(angle) - x * np.sin(angle)
    distance = across**2 + (settings.gamma * along) ** 2
    kernel = np.exp(-distance / (2 * settings.sigma_mm**2) + 2j * np.pi * across / settings.wavelength_mm)
    wrapped = np.zeros(size, np.complex128)
    np.add.at(wrapped, np.ix_(places[0] % size[0], places[1] % size[1]), kernel)
    found: np.ndarray = fft.fft2(wrapped, overwrite_x=True)
    return found


def gabor_reach(settings: GaborFilter, edges: tuple[float, ...]) -> list[int]:
    """Return how many voxels away the kernel ends, for each edge length."""
    longest = settings.sigma_mm * max(1.0, 1.0 / settings.gamma)
    return [int(np.ceil(settings.truncate * longest / e)) for e in edges]
