"""Searching the rigid or affine transform between two images, from coarse to fine, always the same way."""

from __future__ import annotations

import math

import numpy as np
import SimpleITK as sitk

from imagenomics.images.grid import Grid
from imagenomics.images.preparation.fit import smoothed
from imagenomics.images.preparation.itk import one_thread, to_itk
from imagenomics.images.preparation.move import matrix_of
from imagenomics.images.preparation.settings import RegisterStep

LEVELS = (4, 2, 1)  # voxels that become one, along each axis
FEWEST_LEFT = 16  # voxels along an axis at a coarse level
MOST_SAMPLES = 60_000  # voxels that the measure looks at; beyond it they are drawn with a fixed seed
BINS = 32
SEED = 20140
ENDS = (0.1, 99.9)  # percentiles at which intensities are cut
# Longest and shortest step of the search in mm, and by how much a step shrinks when the gradient turns round: starting
# again with shorter steps ends nearer to the optimum, in less time, than one long search.
PASSES = ((1.0, 5e-3, 0.6), (0.3, 1e-3, 0.7), (0.1, 5e-4, 0.7))


def find_transform(
    fixed: np.ndarray, fixed_grid: Grid, moving: np.ndarray, moving_grid: Grid, *, step: RegisterStep
) -> sitk.Transform:
    """Search the transform that takes places of ``fixed`` to places of ``moving``.

    Parameters
    ----------
    fixed, moving : ndarray (z, y, x)
        Intensities.
    fixed_grid, moving_grid : Grid
        Where their voxels lie.
    step : RegisterStep
        Transform, start and iterations.

    Returns
    -------
    SimpleITK.Transform
        Equal images and settings give an equal transform: one thread, voxels chosen with a fixed seed.

    Source
    ------
    Mattes et al. 2003, IEEE Transactions on Medical Imaging 22:120 (mutual information), with regular-step gradient
    descent over three resolutions; the implementation is that of ITK. 'affine' starts from the rigid result.
    """
    with one_thread():
        return _search(_image(fixed, fixed_grid), _image(moving, moving_grid), step)


def _search(fixed: sitk.Image, moving: sitk.Image, step: RegisterStep) -> sitk.Transform:
    rigid = _start(fixed, moving, step.start)
    for level in LEVELS:
        _improve(fixed, moving, rigid, level=level, iterations=step.iterations)
    if step.transform == "rigid":
        return rigid
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(rigid.GetMatrix())
    affine.SetTranslation(rigid.GetTranslation())
    affine.SetCenter(rigid.GetCenter())
    for level in LEVELS[1:]:
        _improve(fixed, moving, affine, level=level, iterations=step.iterations)
    return affine


def describe_transform(transform: sitk.Transform, grid: Grid) -> str:
    """Say in numbers what a linear transform does to the middle of ``grid``."""
    matrix = matrix_of(transform)
    middle = grid.to_mm((np.array([grid.shape]) - 1) / 2)[0]
    moved = np.linalg.norm(matrix[:3, :3] @ middle + matrix[:3, 3] - middle)
    left, scales, right = np.linalg.svd(matrix[:3, :3])
    turn = math.degrees(math.acos(np.clip((np.trace(left @ right) - 1) / 2, -1, 1)))
    stretched = "" if np.allclose(scales, 1, atol=1e-6) else f", volumes times {1 / np.prod(scales):.4g}"
    return f"turned by {turn:.2f} degrees, middle moved by {moved:.2f} mm{stretched}"


def _image(array: np.ndarray, grid: Grid) -> sitk.Image:
    """Return the image with the ends of its intensities cut, so that a few bright voxels do not fill the histogram."""
    low, high = np.percentile(array, ENDS)
    return to_itk(smoothed(np.clip(array, low, high)).astype(np.float32), grid)


def _start(fixed: sitk.Image, moving: sitk.Image, start: str) -> sitk.Euler3DTransform:
    transform = sitk.Euler3DTransform()
    middle = [(n - 1) / 2 for n in fixed.GetSize()]
    transform.SetCenter(fixed.TransformContinuousIndexToPhysicalPoint(middle))
    if start == "header":
        return transform
    mode = sitk.CenteredTransformInitializerFilter.MOMENTS
    return sitk.Euler3DTransform(sitk.CenteredTransformInitializer(fixed, moving, transform, mode))


def _improve(
    fixed: sitk.Image, moving: sitk.Image, transform: sitk.Transform, *, level: int, iterations: int
) -> None:
    """Improve the transform, in place, on images of which ``level`` voxels become one along each axis."""
    coarse = _coarser(fixed, level), _coarser(moving, level)
    share = MOST_SAMPLES / coarse[0].GetNumberOfPixels()
    for longest, shortest, relaxation in PASSES:
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=BINS)
        if share < 1:
            method.SetMetricSamplingStrategy(method.REGULAR)
            method.SetMetricSamplingPercentage(share, SEED)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=longest,
            minStep=shortest,
            numberOfIterations=iterations,
            relaxationFactor=relaxation,
            gradientMagnitudeTolerance=1e-8,
        )
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetInitialTransform(transform, inPlace=True)
        method.Execute(*coarse)


def _coarser(image: sitk.Image, level: int) -> sitk.Image:
    """Return the image smoothed by half the new voxel and thinned out; an axis keeps at least 16 voxels."""
    factors = [max(1, min(level, n // FEWEST_LEFT)) for n in image.GetSize()]
    if max(factors) == 1 or min(image.GetSize()) < 4:
        return image
    smooth = sitk.SmoothingRecursiveGaussianImageFilter()
    smooth.SetSigma([_sigma(f, s) for f, s in zip(factors, image.GetSpacing(), strict=True)])
    return sitk.Shrink(smooth.Execute(image), factors)


def _sigma(factor: int, spacing_mm: float) -> float:
    """Return half of the new voxel; next to nothing where the axis stays."""
    return 0.5 * factor * spacing_mm if factor > 1 else 0.1 * spacing_mm
