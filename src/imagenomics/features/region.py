"""One region made ready for measuring: cropped, resampled, re-segmented, with its grey levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.discretise import grey_levels
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.resample import (
    aligned_lattice,
    check_spacing,
    resample_image,
    resample_mask,
    source_box,
)
from imagenomics.images.resegment import resegment

PEAK_RADIUS_MM = 10.0 * (3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)  # a sphere of 1 cm3
UNBINNED = frozenset(
    {
        "volume",
        "shape",
        "local-intensity",
        "intensity",
        "ivh",
        "diagnostics",
        "pyradiomics-shape",
        "pyradiomics-shape2D",
    }
)


@dataclass(frozen=True)
class Region:
    """A region cut out of its image.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        Intensities in the region's bounding box.
    mask : array of bool, (z, y, x)
        The region as drawn: shape and distances to the border.
    inside : array of bool, (z, y, x)
        Voxels whose intensities count, a subset of ``mask``.
    scene : array of float64
        The image around the box too, as far as local intensity needs it.
    corner : (z, y, x)
        Place of the box's first voxel in ``scene``.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; 1 where it is unknown.
    values : array of float64, (n,)
        Intensities of the voxels of ``inside`` in array order.
    levels : array of int32, (n,)
        Grey levels of the voxels of ``inside`` in array order; empty when no family needs them.
    n_levels, n_different : int
        The number of bins, and how many of them are occupied.
    """

    image: np.ndarray
    mask: np.ndarray
    inside: np.ndarray
    scene: np.ndarray
    corner: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    values: np.ndarray
    levels: np.ndarray
    n_levels: int
    n_different: int

    def anisotropy(self, *, in_plane: bool) -> float:
        """Return the ratio of the longest to the shortest voxel edge, of all three or of the two in plane."""
        edges = self.spacing_mm[1:] if in_plane else self.spacing_mm
        return max(edges) / min(edges)


def prepare_region(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    settings: FeatureSettings,
    spacing_known: bool,
) -> Region:
    """Cut a region out of an image as ``settings`` ask; ``extract_region`` lists what is refused."""
    _check_arrays(image, mask)
    check_spacing(spacing_mm)
    start, stop = bounding_box(mask)
    _check_numbers(image[_slices(start, stop)], mask[_slices(start, stop)])
    if settings.spacing_mm is not None and not spacing_known:
        raise InputError(
            "IGX-FEAT-006",
            "the image cannot be resampled: its voxel spacing is unknown",
            remedy="declare the spacing of the image in mm, or leave 'spacing_mm' out of its features",
        )
    spacing = _three(spacing_mm) if spacing_known else (1.0, 1.0, 1.0)
    if settings.spacing_mm is not None:
        scene, inner, spacing = _resampled(image, mask, spacing, settings)
        start, stop = bounding_box(inner)
        inner = inner[_slices(start, stop)]
    else:
        inner = np.ascontiguousarray(mask[_slices(start, stop)])
        scene, start, stop = _cropped(image, start, stop, _margin(settings, spacing))
    scene = rounded(scene, settings)
    _check_size(inner, settings, "the region")
    return _with_levels(scene, inner, start, stop, spacing, settings)


def rounded(image: np.ndarray, settings: FeatureSettings) -> np.ndarray:
    """Return intensities as whole numbers where the settings ask for them."""
    if settings.round_intensities == "truncate":
        return np.trunc(image)
    return np.rint(image) if settings.round_intensities else image


def bounding_box(mask: np.ndarray) -> tuple[list[int], list[int]]:
    """Return start and stop of the smallest box around the mask; refuse an empty one (``IGX-FEAT-003``)."""
    rows = np.any(mask, axis=2)
    shadows = (np.any(rows, axis=1), np.any(rows, axis=0), np.any(mask, axis=(0, 1)))
    found = [np.flatnonzero(s) for s in shadows]
    if any(len(f) == 0 for f in found):
        raise InputError(
            "IGX-FEAT-003",
            "the mask has no voxel",
            expected="at least one voxel inside the region",
            remedy="check the label of the region; after resampling: the region is thinner than a new voxel",
        )
    return [int(f[0]) for f in found], [int(f[-1]) + 1 for f in found]


def _with_levels(
    scene: np.ndarray,
    mask: np.ndarray,
    start: list[int],
    stop: list[int],
    spacing: tuple[float, float, float],
    settings: FeatureSettings,
) -> Region:
    box = np.ascontiguousarray(scene[_slices(start, stop)])
    inside = resegment(
        box, mask, intensity_range=settings.intensity_range, outlier_sigma=settings.outlier_sigma
    )
    _check_size(inside, settings, "the region within 'intensity_range' and 'outlier_sigma'")
    values = box[inside]
    levels, n_levels = np.zeros(0, np.int32), 0
    if not UNBINNED.issuperset(settings.families):
        chosen = settings.discretisation
        levels, n_levels = grey_levels(values, chosen, lowest=settings.lowest_of(chosen))
    different = int(np.count_nonzero(np.bincount(levels)))
    corner = (start[0], start[1], start[2])
    return Region(box, mask, inside, scene, corner, spacing, values, levels, n_levels, different)


def _resampled(
    image: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float], settings: FeatureSettings
) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """Return image and mask on the new grid, near the region only, and the new spacing."""
    wanted = settings.spacing_mm or spacing
    target = [None if isinstance(t, str) else t for t in wanted]
    new_spacing = _three([s if t is None else t for s, t in zip(spacing, target, strict=True)])
    start, stop = bounding_box(mask)
    whole = aligned_lattice(mask.shape, spacing, target, alignment=settings.alignment)
    reach = [m + 1 for m in _margin(settings, spacing)]
    near = whole.indices_within(
        [a - r for a, r in zip(start, reach, strict=True)],
        [b - 1 + r for b, r in zip(stop, reach, strict=True)],
    )
    lattice = whole.window(*near)
    used = image[source_box(image.shape, lattice, settings.interpolation)]
    _check_numbers(used, np.ones(used.shape, bool))
    scene = resample_image(image, lattice, method=settings.interpolation)
    inner = resample_mask(
        mask, lattice, threshold=settings.mask_threshold, method=settings.mask_interpolation
    )
    return scene, inner, new_spacing


def _margin(settings: FeatureSettings, spacing: tuple[float, float, float]) -> list[int]:
    """Return how many voxels around the box the families look at."""
    if "local-intensity" not in settings.families:
        return [0, 0, 0]
    return [int(np.ceil(PEAK_RADIUS_MM / s)) for s in spacing]


def _cropped(
    image: np.ndarray, start: list[int], stop: list[int], margin: list[int]
) -> tuple[np.ndarray, list[int], list[int]]:
    low = [max(a - m, 0) for a, m in zip(start, margin, strict=True)]
    high = [min(b + m, n) for b, m, n in zip(stop, margin, image.shape, strict=True)]
    scene = np.ascontiguousarray(image[_slices(low, high)], dtype=np.float64)
    return (
        scene,
        [a - b for a, b in zip(start, low, strict=True)],
        [a - b for a, b in zip(stop, low, strict=True)],
    )


def _check_arrays(image: np.ndarray, mask: np.ndarray) -> None:
    if image.ndim != 3 or image.shape != mask.shape:
        raise InputError(
            "IGX-FEAT-002",
            f"an image of shape {image.shape} and a mask of shape {mask.shape} do not belong together",
            expected="two arrays (z, y, x) of one shape",
            remedy='bring the mask to the grid of the image (geometry = "resample-mask")',
        )
    if mask.dtype != np.bool_ or image.dtype.kind not in "fiu":
        raise ArgumentTypeError(
            "IGX-FEAT-002",
            f"an image of {image.dtype} and a mask of {mask.dtype} cannot be used",
            expected="real numbers and bool",
            remedy="choose one label of the mask, e.g. labels == 1",
        )


def _check_numbers(image: np.ndarray, mask: np.ndarray) -> None:
    bad = int(np.count_nonzero(~np.isfinite(image) & mask))
    if bad:
        raise InputError(
            "IGX-FEAT-004",
            f"{bad} voxels of the region, or of what its interpolation needs, are not finite numbers",
            expected="a number in every voxel",
            remedy="look at the image there, and leave such voxels out of the mask",
        )


def _check_size(mask: np.ndarray, settings: FeatureSettings, what: str) -> None:
    n = int(np.count_nonzero(mask))
    if n < settings.min_voxels:
        raise InputError(
            "IGX-FEAT-005",
            f"{what} has {n} voxels",
            expected=f"at least {settings.min_voxels} (min_voxels)",
            remedy="look at the mask; lower min_voxels only if so small a region is meant",
        )


def _slices(start: Sequence[int], stop: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in zip(start, stop, strict=True))


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
