"""How well two images lie on each other, in two figures that do not need the same contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.images.foreground import foreground

BINS = 16
ENDS = (0.5, 99.5)  # percentiles between which intensities are binned
FEWEST_VOXELS = 100
SMOOTHING_VOXELS = 1.0


@dataclass(frozen=True)
class Fit:
    """The figures.

    Parameters
    ----------
    information : float
        Mutual information of the intensities divided by the smaller of both entropies: 0 when one image says
        nothing about the other, 1 when it says all. Taken where both have voxels and at least one has foreground, so
        that empty air on empty air counts for nothing.
    overlap : float
        Dice overlap of what is brighter than Otsu's threshold in each.
    """

    information: float
    overlap: float


def judge_fit(fixed: np.ndarray, moved: np.ndarray, inside: np.ndarray) -> Fit:
    """Judge two images (z, y, x) on one grid, where both have voxels (``inside``, bool).

    Source
    ------
    Mutual information of images: Viola and Wells 1997, International Journal of Computer Vision 24:137; Maes et al.
    1997, IEEE Transactions on Medical Imaging 16:187. Its bias on n voxels, (16 - 1)^2 / 2n, is taken off.
    """
    if inside.sum() < FEWEST_VOXELS:
        return Fit(0.0, 0.0)
    fixed, moved = smoothed(fixed), smoothed(moved)
    bright = foreground(fixed) & inside, foreground(moved) & inside
    either = bright[0] | bright[1]
    both = bright[0].sum() + bright[1].sum()
    overlap = float(2 * (bright[0] & bright[1]).sum() / both) if both else 0.0
    return Fit(_information(fixed[either], moved[either]), overlap)


def smoothed(array: np.ndarray) -> np.ndarray:
    """Return the image smoothed by one voxel.

    Interpolation between voxels smooths noise away, and mutual information rewards that: without smoothing beforehand
    it prefers places between the voxels to the true one.
    """
    from scipy.ndimage import gaussian_filter

    found: np.ndarray = gaussian_filter(array.astype(np.float64), SMOOTHING_VOXELS)
    return found


def _information(left: np.ndarray, right: np.ndarray) -> float:
    if left.size < FEWEST_VOXELS:
        return 0.0
    joint = np.zeros((BINS, BINS))
    np.add.at(joint, (_binned(left), _binned(right)), 1.0)
    joint /= joint.sum()
    entropies = _entropy(joint.sum(axis=1)), _entropy(joint.sum(axis=0))
    if min(entropies) <= 0:
        return 0.0
    filled = (joint.sum(axis=1) > 0).sum() - 1, (joint.sum(axis=0) > 0).sum() - 1
    mutual = sum(entropies) - _entropy(joint) - filled[0] * filled[1] / (2 * left.size)
    return float(np.clip(mutual / min(entropies), 0.0, 1.0))


def _binned(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, ENDS)
    if not high > low:
        return np.zeros(values.shape, dtype=np.intp)
    return np.clip((values - low) / (high - low) * BINS, 0, BINS - 1).astype(np.intp)


def _entropy(shares: np.ndarray) -> float:
    known = shares[shares > 0]
    return float(-(known * np.log(known)).sum())
