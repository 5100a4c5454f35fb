"""Figures that say whether an image is worth a look: noise, clipping, cut regions, spacing, empty slices.

They are taken from the image as it was read, before any preparation, and change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imagenomics.images.foreground import foreground
from imagenomics.images.volume import Volume

NORMAL = 1.482602218505602  # a normal standard deviation by its median absolute deviation
KERNEL = 6.0  # root of the summed squares of the Laplacian difference mask
FEWEST_VOXELS = 50
RING_VOXELS = 3
MOST_NEGATIVE = (
    0.01  # share of voxels clearly below 0 from which 0 is not 'no signal' (CT, normalised images)
)


@dataclass(frozen=True)
class ImageQuality:
    """Figures of one image; NaN where one has no meaning.

    Parameters
    ----------
    noise_sd : float
        Standard deviation of the noise, in units of the image.
    snr : float
        Mean of the foreground (brighter than Otsu's threshold) by the noise; NaN where 0 is not 'no signal'.
    foreground_share : float
        Share of the voxels that is foreground.
    clipped_share : float
        Share of the foreground that has the very largest value; one voxel always has.
    empty_slices : int
        Slices of one value between slices with a picture.
    stripes : float
        Median jump of the foreground mean from a slice to its neighbours, by the mean.
    """

    noise_sd: float
    snr: float
    foreground_share: float
    clipped_share: float
    empty_slices: int
    stripes: float


@dataclass(frozen=True)
class RegionQuality:
    """Figures of one region of one image; NaN where one has no meaning.

    Parameters
    ----------
    n_voxels, n_slices : int
        Size, and slices it is seen in.
    edge_share : float
        Share of its surface that lies on the border of the image, where it may have been cut.
    clipped_share : float
        Share of its voxels that have the largest or smallest value of the image.
    contrast_to_noise : float
        Its mean minus the mean of the foreground within three voxels around it, by the noise.
    """

    n_voxels: int
    n_slices: int
    edge_share: float
    clipped_share: float
    contrast_to_noise: float


def measure_quality(
    volume: Volume, regions: Mapping[str, np.ndarray]
) -> tuple[ImageQuality, dict[str, RegionQuality]]:
    """Measure the quality of one image and of each region that is there.

    Parameters
    ----------
    volume : Volume
        Intensities (z, y, x) as read.
    regions : mapping of str to ndarray, bool (z, y, x)
        Regions on its grid. Empty ones, and one that is the whole image, have no figures.
    """
    bright = foreground(volume.array)
    noise = noise_sd(volume.array, bright)
    image = _image_quality(volume.array, bright, noise)
    together = np.zeros(bright.shape, dtype=bool)
    for region in regions.values():
        together |= region
    found = {
        name: _region_quality(volume.array, region, bright & ~together, noise)
        for name, region in regions.items()
        if region.any() and not region.all()
    }
    return image, found


def noise_sd(array: np.ndarray, within: np.ndarray) -> float:
    """Estimate the standard deviation of white noise within slices.

    Parameters
    ----------
    array : ndarray (z, y, x)
        Intensities.
    within : ndarray, bool (z, y, x)
        Voxels that count; those on its border within a slice only where there are few others.

    Returns
    -------
    float
        NaN with fewer than 50 voxels.

    Source
    ------
    Immerkaer 1996, Computer Vision and Image Understanding 64:300: the difference of two Laplacians leaves no smooth
    structure; here by the median instead of the mean of its size, so that edges do not count as noise.
    """
    if min(array.shape[1:]) < 3:
        return float("nan")
    along = array[:, :, :-2] - 2 * array[:, :, 1:-1] + array[:, :, 2:]
    both = along[:, :-2] - 2 * along[:, 1:-1] + along[:, 2:]
    rows = within[:, :-2] & within[:, 1:-1] & within[:, 2:]
    inner = rows[:, :, :-2] & rows[:, :, 1:-1] & rows[:, :, 2:]  # no voxel that borders on air
    chosen = np.abs(both[inner if inner.sum() >= FEWEST_VOXELS else within[:, 1:-1, 1:-1]])
    if chosen.size < FEWEST_VOXELS:
        return float("nan")
    return float(np.median(chosen)) * NORMAL / KERNEL


def edge_share(region: np.ndarray) -> float:
    """Return the share of a region's voxel faces to the outside that lie on the border of the image.

    An axis of one voxel is no axis: a picture of one slice is not cut by its slice.
    """
    outer, inner = 0, 0
    for axis in range(region.ndim):
        if region.shape[axis] == 1:
            continue
        along = np.moveaxis(region, axis, 0)
        outer += int(along[0].sum() + along[-1].sum())
        inner += int((along[1:] != along[:-1]).sum())
    return outer / (outer + inner) if outer + inner else float("nan")


def _image_quality(array: np.ndarray, bright: np.ndarray, noise: float) -> ImageQuality:
    n_bright = int(bright.sum())
    mean = float(array[bright].mean()) if n_bright else float("nan")
    signal = (array < -3 * np.nan_to_num(noise)).mean() <= MOST_NEGATIVE
    flat = array.reshape(len(array), -1)
    empty = flat.max(axis=1) == flat.min(axis=1)
    pictured = np.flatnonzero(~empty)
    between = empty[pictured[0] : pictured[-1]].sum() if pictured.size else 0
    return ImageQuality(
        noise_sd=noise,
        snr=mean / noise if signal and noise > 0 else float("nan"),
        foreground_share=n_bright / array.size,
        clipped_share=float((array[bright] == array.max()).mean()) if n_bright else float("nan"),
        empty_slices=int(between),
        stripes=_stripes(array, bright) if signal else float("nan"),
    )


def _stripes(array: np.ndarray, bright: np.ndarray) -> float:
    """Return how far the mean of a slice lies from the middle of its neighbours, in the middle of all slices."""
    counts = bright.sum(axis=(1, 2))
    enough = counts >= FEWEST_VOXELS
    means = np.where(bright, array, 0.0).sum(axis=(1, 2))[enough] / counts[enough]
    if means.size < 5 or not means.mean() > 0:
        return float("nan")
    jumps = np.abs(means[1:-1] - (means[:-2] + means[2:]) / 2)
    return float(np.median(jumps) / means.mean())


def _region_quality(array: np.ndarray, region: np.ndarray, around: np.ndarray, noise: float) -> RegionQuality:
    values = array[region]
    return RegionQuality(
        n_voxels=int(values.size),
        n_slices=int(region.any(axis=(1, 2)).sum()),
        edge_share=edge_share(region),
        clipped_share=float(((values == array.max()) | (values == array.min())).mean()),
        contrast_to_noise=_contrast(array, region, around, noise),
    )


def _contrast(array: np.ndarray, region: np.ndarray, around: np.ndarray, noise: float) -> float:
    from scipy.ndimage import binary_dilation

    box = _box(region)
    ring = binary_dilation(region[box], iterations=RING_VOXELS) & around[box]
    if ring.sum() < FEWEST_VOXELS or not noise > 0:
        return float("nan")
    return float((array[region].mean() - array[box][ring].mean()) / noise)


def _box(region: np.ndarray) -> tuple[slice, ...]:
    """Return the box of a region with room for the ring."""
    spans = []
    for axis in range(region.ndim):
        hit = np.flatnonzero(region.any(axis=tuple(a for a in range(region.ndim) if a != axis)))
        spans.append(slice(max(0, int(hit[0]) - RING_VOXELS), int(hit[-1]) + RING_VOXELS + 1))
    return tuple(spans)
