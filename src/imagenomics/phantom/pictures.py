"""Images and masks of the phantom: a head, a lesion with its texture, a scanner with bias and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from imagenomics.phantom import truth

SHAPE = (12, 40, 40)
SPACING_MM = (3.0, 1.0, 1.0)
BRAIN = 100.0
BRAIN_TEXTURE = (5.0, 4.0)  # standard deviation in grey values, length in mm
SCALP, SKULL = 150.0, 25.0
ROUGHNESS = 0.17  # how far the border of the lesion strays from an ellipsoid
BIAS = 0.12  # size of the smooth brightening across the image
GAIN = (3.0, 6.0)  # MR intensities have no unit: each scan has a scale of its own


@dataclass(frozen=True)
class Lesion:
    """The planted state of one patient's lesion and scanner; units as in ``truth``."""

    length_mm: float
    texture_sd: float
    volume_mm3: float
    contrast: float
    noise: float


def draw_pictures(lesion: Lesion, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw the images and the mask of one patient.

    Parameters
    ----------
    lesion : Lesion
        What is planted.
    rng : Generator
        The patient's own stream.

    Returns
    -------
    images : dict of str to ndarray, int16 (z, y, x)
        One for each of ``truth.IMAGES``.
    mask : ndarray, uint8 (z, y, x)
        1 in the lesion.
    """
    radius = _head_radius(rng)
    mask = _lesion_mask(radius, lesion.volume_mm3, rng)
    shared = smooth_field(rng, lesion.length_mm)
    images = {}
    for name in truth.IMAGES:
        own = smooth_field(rng, lesion.length_mm)
        texture = truth.TEXTURE_SHARED * shared + np.sqrt(1 - truth.TEXTURE_SHARED**2) * own
        head = _head(radius, rng)
        head[mask] = BRAIN + lesion.contrast + lesion.texture_sd * texture[mask]
        images[name] = _scan(head, lesion.noise, rng)
    return images, mask.astype(np.uint8)


def smooth_field(rng: np.random.Generator, length_mm: float) -> np.ndarray:
    """Return a Gaussian random field (z, y, x) of variance 1 that stays alike over ``length_mm``.

    White noise is filtered with a Gaussian of standard deviation ``length_mm`` / 2, so that two voxels at the
    distance ``length_mm`` correlate by exp(-1).
    """
    frequencies = [np.fft.fftfreq(n, d) for n, d in zip(SHAPE[:2], SPACING_MM[:2], strict=True)]
    frequencies.append(np.fft.rfftfreq(SHAPE[2], SPACING_MM[2]))
    squared = sum(f**2 for f in np.meshgrid(*frequencies, indexing="ij", sparse=True))
    response = np.exp(-2 * (np.pi * length_mm / 2) ** 2 * squared)
    white = np.fft.rfftn(rng.standard_normal(SHAPE))
    field = np.fft.irfftn(white * response, s=SHAPE, axes=(0, 1, 2))
    weight = np.where((np.arange(response.shape[2]) % (SHAPE[2] // 2)) == 0, 1.0, 2.0)  # mirrored half
    return field / np.sqrt((weight * response**2).sum() / field.size)


def _places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return z, y, x in mm from the middle of the image, ready to broadcast."""
    z, y, x = ((np.arange(n) - (n - 1) / 2) * d for n, d in zip(SHAPE, SPACING_MM, strict=True))
    return z[:, None, None], y[None, :, None], x[None, None, :]


def _head_radius(rng: np.random.Generator) -> np.ndarray:
    """Return the distance from the middle of the head (z, y, x); 1 is the skin."""
    z, y, x = _places()
    a, b, c = 40.0, 18.5 * rng.uniform(0.95, 1.04), 17.0 * rng.uniform(0.95, 1.04)
    return np.sqrt((z / a) ** 2 + (y / b) ** 2 + (x / c) ** 2)


def _lesion_mask(radius: np.ndarray, volume_mm3: float, rng: np.random.Generator) -> np.ndarray:
    """Return an irregular, connected region of nearly this volume inside the brain."""
    z, y, x = _places()
    cz, cy, cx = rng.normal(0, 1.5, 3)
    stretch = np.exp(rng.normal(0, 0.12, 3))
    distance = np.sqrt(
        ((z - cz) / stretch[0]) ** 2 + ((y - cy) / stretch[1]) ** 2 + ((x - cx) / stretch[2]) ** 2
    )
    level = distance * (1 + ROUGHNESS * smooth_field(rng, 9.0))
    level[radius > 0.75] = np.inf
    n_wanted = round(volume_mm3 / float(np.prod(SPACING_MM)))
    ordered = np.sort(level, axis=None)
    n_taken = n_wanted
    for _ in range(5):  # islands are cut off: take more until the main part is as large as planted
        main = _main_part(level <= ordered[n_taken - 1])
        lacking = n_wanted - int(main.sum())
        if lacking == 0:
            break
        n_taken += lacking
    return main


def _main_part(inside: np.ndarray) -> np.ndarray:
    """Return the largest connected part, its holes filled."""
    parts, n_parts = ndimage.label(inside)
    sizes = np.bincount(parts.ravel(), minlength=n_parts + 1)[1:]
    return ndimage.binary_fill_holes(parts == 1 + int(sizes.argmax()))


def _head(radius: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sd, length_mm = BRAIN_TEXTURE
    brain = BRAIN + sd * smooth_field(rng, length_mm)
    return np.select([radius < 0.82, radius < 0.9, radius < 1.0], [brain, SKULL, SCALP], 0.0)


def _scan(head: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return what the scanner makes of it: bias, magnitude (Rician) noise, its own scale, whole numbers."""
    z, y, x = (p / (np.abs(p).max()) for p in _places())
    tilt = rng.normal(0, BIAS / 2, 3)
    bias = 1 + tilt[0] * z + tilt[1] * y + tilt[2] * x + BIAS * (0.5 - (y**2 + x**2) / 2)
    signal = head * bias
    real, imaginary = (noise * rng.standard_normal(SHAPE) for _ in range(2))
    return np.rint(rng.uniform(*GAIN) * np.hypot(signal + real, imaginary)).astype(np.int16)
