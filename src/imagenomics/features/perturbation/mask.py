"""An outline drawn by somebody else: larger, smaller, or along other edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
Triple = tuple[float, float, float]
SURELY_OUT, SURELY_IN = 0.2, 0.9  # shares of a supervoxel below and above which nobody would hesitate
# Weight of nearness against likeness, in the units of SLIC, for intensities scaled to 0-100, and the width of the
# smoothing beforehand as a share of the edge: with less of either, noise makes patches of ten times the size.
COMPACTNESS, SMOOTHING = 30.0, 0.2
REACH = 2.0  # edges of a supervoxel around the region that are divided, too


def resize_mask(
    mask: BoolArray, growth: float, *, spacing_mm: Triple, stream: np.random.Generator
) -> BoolArray:
    """Let a region grow or shrink evenly until its volume has changed by a fraction.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        Not empty.
    growth : float
        Above -1; 0.1 for a tenth more voxels. At least one voxel stays, and the image's border stops growth.
    spacing_mm : (z, y, x)
        The region grows by mm, not by voxels.
    stream : Generator
        Decides between voxels that are equally near to the outline.
    """
    from scipy import ndimage

    volume = int(np.count_nonzero(mask))
    wanted = int(np.clip(round(volume * (1.0 + growth)), 1, mask.size))
    if wanted == volume:
        return mask
    if wanted > volume:
        distance = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
        candidates = np.flatnonzero(~mask)
        order = _nearest_first(distance.ravel()[candidates], stream)
        found = mask.ravel().copy()
        found[candidates[order[: wanted - volume]]] = True
    else:
        # The border of the image is an outline like any other.
        padded = np.pad(mask, 1)
        distance = ndimage.distance_transform_edt(padded, sampling=spacing_mm)[1:-1, 1:-1, 1:-1]
        candidates = np.flatnonzero(mask)
        order = _nearest_first(distance.ravel()[candidates], stream)
        found = mask.ravel().copy()
        found[candidates[order[: volume - wanted]]] = False
    return found.reshape(mask.shape)


def randomise_contour(
    image: np.ndarray,
    mask: BoolArray,
    *,
    spacing_mm: Triple,
    supervoxel_mm3: float,
    stream: np.random.Generator,
) -> BoolArray:
    """Redraw the outline of a region along supervoxels that only partly belong to it.

    The surroundings are divided into supervoxels: patches of like intensity. One of which less than a fifth lies
    in the region is out, one with more than nine tenths is in, any other is in with the probability of its share.

    Parameters
    ----------
    image : array, (z, y, x)
    mask : array of bool, (z, y, x)
        Not empty.
    spacing_mm : (z, y, x)
    supervoxel_mm3 : float
        Volume of a supervoxel, roughly.
    stream : Generator

    Returns
    -------
    array of bool, (z, y, x)
        The region as it was where no supervoxel was chosen.

    Source
    ------
    Zwanenburg et al. 2019, Scientific Reports 9:614; supervoxels: Achanta et al. 2012, IEEE Transactions on Pattern
    Analysis and Machine Intelligence 34:2274.
    """
    edge = supervoxel_mm3 ** (1.0 / 3.0)
    box = _box(mask, [int(np.ceil(REACH * edge / s)) for s in spacing_mm])
    patches = supervoxels(image[box], spacing_mm=spacing_mm, edge_mm=edge)
    inside = np.bincount(patches.ravel(), weights=mask[box].ravel().astype(np.float64))
    share = inside / np.maximum(np.bincount(patches.ravel()), 1)
    share = np.where(share < SURELY_OUT, 0.0, np.where(share >= SURELY_IN, 1.0, share))
    chosen = stream.random(share.size) < share
    if not chosen.any():
        return mask
    found = np.zeros(mask.shape, dtype=np.bool_)
    found[box] = chosen[patches]
    return found


def supervoxels(image: np.ndarray, *, spacing_mm: Triple, edge_mm: float) -> npt.NDArray[np.int64]:
    """Divide an image (z, y, x) into numbered patches of like intensity, about ``edge_mm`` wide (SLIC)."""
    import SimpleITK as sitk
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(image.astype(np.float64), [SMOOTHING * edge_mm / s for s in spacing_mm])
    low, high = np.percentile(smooth, [2.5, 97.5])
    scaled = np.clip((smooth - low) / (high - low if high > low else 1.0), -0.5, 1.5) * 100.0
    divide = sitk.SLICImageFilter()
    divide.SetNumberOfThreads(1)  # its sums depend on how the image is shared among threads
    divide.SetSuperGridSize([max(1, round(edge_mm / s)) for s in spacing_mm[::-1]])
    divide.SetSpatialProximityWeight(COMPACTNESS)
    divide.SetMaximumNumberOfIterations(5)
    divide.SetEnforceConnectivity(True)
    labels = divide.Execute(sitk.GetImageFromArray(scaled.astype(np.float32)))
    return sitk.GetArrayFromImage(labels).astype(np.int64)


def _nearest_first(distance: npt.NDArray[np.float64], stream: np.random.Generator) -> npt.NDArray[np.intp]:
    return np.lexsort((stream.random(distance.size), np.round(distance, 9)))


def _box(mask: BoolArray, margin: list[int]) -> tuple[slice, ...]:
    box = []
    for axis, (n, m) in enumerate(zip(mask.shape, margin, strict=True)):
        found = np.flatnonzero(mask.any(axis=tuple(i for i in range(3) if i != axis)))
        box.append(slice(max(int(found[0]) - m, 0), min(int(found[-1]) + 1 + m, n)))
    return tuple(box)
