"""N4: the smooth brightening of MR across the image, estimated and divided out."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.images.foreground import foreground
from imagenomics.images.preparation.context import Context, Regions
from imagenomics.images.preparation.itk import one_thread, to_itk
from imagenomics.images.preparation.settings import N4Step
from imagenomics.images.volume import Volume

FEWEST_VOXELS = 500  # fewer do not determine a smooth field
FEWEST_LEFT = 16  # along an axis, after taking every n-th voxel
ENDS = (1.0, 99.0)  # percentiles of the field that the history tells


def correct_bias(volume: Volume, regions: Regions, step: N4Step, context: Context) -> tuple[Volume, Regions]:
    """Divide the image by the smooth field that N4 finds in it.

    The field is scaled to a geometric mean of 1 over the voxels it was estimated from, so that the intensities keep
    their scale.

    Parameters
    ----------
    volume, regions, step, context
        As for every step; the regions do not change.

    Raises
    ------
    InputError
        ``IGX-IMG-232``: fewer than 500 positive voxels, or all equal.

    Source
    ------
    Tustison et al. 2010, IEEE Transactions on Medical Imaging 29:1310 (N4ITK); the implementation is that of ITK.
    """
    used = _used(volume, regions, step)
    factors = _shrink_factors(volume.array.shape, step.shrink)
    image = to_itk(volume.array.astype(np.float32), volume.grid)
    coarse = sitk.Shrink(image, factors[::-1])
    mask = sitk.Shrink(to_itk(used.astype(np.uint8), volume.grid), factors[::-1])
    _refuse_too_little(volume, coarse, mask, step)
    tool = _tool(step)
    with one_thread():
        tool.Execute(coarse, mask)
        log_field = sitk.GetArrayFromImage(tool.GetLogBiasFieldAsImage(image)).astype(np.float64)
    log_field -= log_field[used].mean()
    low, high = np.exp(np.percentile(log_field[used], ENDS))
    what = (
        f"N4 over {int(used.sum())} voxels ({step.within}), every {' x '.join(map(str, factors))}th: field "
        f"{low:.4g} to {high:.4g} (1st to 99th percentile), last level {tool.GetElapsedIterations()} iterations"
    )
    return volume.replace(volume.array / np.exp(log_field), what), regions


def _used(volume: Volume, regions: Regions, step: N4Step) -> np.ndarray:
    """Return the voxels (z, y, x) that the field is estimated from; a logarithm needs positive ones."""
    positive: np.ndarray = volume.array > 0
    if step.within == "positive":
        return positive
    if step.within == "foreground":
        return positive & foreground(volume.array)
    return positive & regions[step.within]


def _refuse_too_little(volume: Volume, image: sitk.Image, mask: sitk.Image, step: N4Step) -> None:
    values = sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(mask) > 0]
    constant = values.size > 0 and values.max() == values.min()
    if values.size >= FEWEST_VOXELS and not constant:
        return
    raise InputError(
        "IGX-IMG-232",
        "the voxels for N4 are all equal"
        if constant
        else f"only {values.size} positive voxels are left for N4 ({step.within})",
        where=volume.source,
        expected=f"at least {FEWEST_VOXELS} positive voxels of different intensity",
        remedy="look at the file: a blank export, or intensities around 0 that were normalised before? Choose another "
        "'within', or leave the step out",
    )


def _shrink_factors(shape: tuple[int, ...], most: int) -> list[int]:
    return [max(1, min(most, n // FEWEST_LEFT)) for n in shape]


def _tool(step: N4Step) -> sitk.N4BiasFieldCorrectionImageFilter:
    tool = sitk.N4BiasFieldCorrectionImageFilter()
    tool.SetMaximumNumberOfIterations(list(step.iterations))
    tool.SetNumberOfControlPoints([step.control_points] * 3)
    tool.SetConvergenceThreshold(step.tolerance)
    return tool
