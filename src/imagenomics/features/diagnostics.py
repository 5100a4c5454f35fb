"""What became of image and mask on the way to the features: sizes, counts and intensities after each step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.region import Region, bounding_box, rounded
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.resample import aligned_lattice, resample_image


def diagnostic_features(
    image: np.ndarray,
    mask: np.ndarray,
    region: Region,
    *,
    spacing_mm: Sequence[float],
    settings: FeatureSettings,
) -> dict[str, float]:
    """Report image and region as read (``init``), after interpolation (``interp``) and re-segmentation (``reseg``).

    Parameters
    ----------
    image, mask : arrays, (z, y, x)
        As read.
    region : Region
        What :func:`imagenomics.features.region.prepare_region` made of them with the same settings.
    spacing_mm : (z, y, x)
        Of the image as read; 1 where it is unknown.
    settings : FeatureSettings
        What is done to the image. The whole image is interpolated here, not only what lies near the region.

    Returns
    -------
    dict
        The tags of the IBSI tables: ``img_dim_x_init_img``, ``int_mask_vox_count_reseg_roi``, ... The morphological
        mask stays as drawn when intensities are re-segmented.

    Source
    ------
    Image biomarker standardisation initiative reference manual, section on diagnostic features.
    """
    after = image
    if settings.spacing_mm is not None:
        target = [None if isinstance(t, str) else t for t in settings.spacing_mm]
        lattice = aligned_lattice(image.shape, spacing_mm, target, alignment=settings.alignment)
        after = resample_image(image, lattice, method=settings.interpolation)
    after = rounded(after, settings)
    first, last = bounding_box(mask)
    drawn = [b - a for a, b in zip(first, last, strict=True)]
    kept_first, kept_last = bounding_box(region.inside)
    kept = [b - a for a, b in zip(kept_first, kept_last, strict=True)]
    values = _image("init", image, spacing_mm) | _image("interp", after, region.spacing_mm)
    values |= _mask("init", image.shape, drawn, drawn, image[mask], int(np.count_nonzero(mask)))
    n = int(np.count_nonzero(region.mask))
    box = region.mask.shape
    values |= _mask("interp", after.shape, box, box, region.image[region.mask], n)
    values |= _mask("reseg", after.shape, kept, box, region.values, n)
    return values


def _image(stage: str, image: np.ndarray, spacing_mm: Sequence[float]) -> dict[str, float]:
    return {
        **_along(f"img_dim_{{}}_{stage}_img", image.shape),
        **_along(f"vox_dim_{{}}_{stage}_img", spacing_mm),
        f"mean_int_{stage}_img": float(image.mean()),
        f"min_int_{stage}_img": float(image.min()),
        f"max_int_{stage}_img": float(image.max()),
    }


def _mask(
    stage: str,
    shape: Sequence[int],
    intensity_box: Sequence[int],
    shape_box: Sequence[int],
    values: np.ndarray,
    n_drawn: int,
) -> dict[str, float]:
    return {
        **_along(f"int_mask_dim_{{}}_{stage}_roi", shape),
        **_along(f"int_mask_bb_dim_{{}}_{stage}_roi", intensity_box),
        **_along(f"morph_mask_bb_dim_{{}}_{stage}_roi", shape_box),
        f"int_mask_vox_count_{stage}_roi": float(len(values)),
        f"morph_mask_vox_count_{stage}_roi": float(n_drawn),
        f"int_mask_mean_int_{stage}_roi": float(values.mean()),
        f"int_mask_min_int_{stage}_roi": float(values.min()),
        f"int_mask_max_int_{stage}_roi": float(values.max()),
    }


def _along(tag: str, sizes: Sequence[float]) -> dict[str, float]:
    """Return one value for each axis; arrays are (z, y, x), tags x, y, z."""
    return {tag.format(axis): float(size) for axis, size in zip("zyx", sizes, strict=True)}
