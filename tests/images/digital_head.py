"""A digital head: tissue, two spheres, fine structure, and whatever is planted in it."""

import numpy as np
from scipy import ndimage

from imagenomics.images.volume import Volume

SHAPE = (32, 40, 40)


def places(shape=SHAPE):
    """Return z, y, x in voxels from the middle."""
    return np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")


def head(seed=0, texture=8.0):
    """Return the head (z, y, x), which voxels are brain, and a lesion in it."""
    rng = np.random.default_rng(seed)
    z, y, x = places()
    radius = np.sqrt((z / 13) ** 2 + (y / 17) ** 2 + (x / 15) ** 2)
    lesion = np.sqrt((z + 2.5) ** 2 + (y - 5.5) ** 2 + (x - 4.5) ** 2) < 5
    array = np.where(radius < 1, 100.0, 0.0)
    array[lesion] = 160
    array[np.sqrt((z - 3) ** 2 + (y + 7) ** 2 + (x + 4) ** 2) < 4] = 60
    fine = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 2)
    array += np.where(radius < 1, texture * fine / fine.std(), 0)
    return array, radius < 1, lesion


def bias():
    """Return a smooth multiplicative field (z, y, x)."""
    z, y, x = places()
    return np.exp(0.3 * x / 20 + 0.2 * (y / 20) ** 2 - 0.2 * z / 16)


def volume(array, **fields):
    """Return an array as a volume with a plain history."""
    return Volume(array, **{"source": "made.nii", "history": ("read made.nii",), **fields})
