"""Searching the rigid or affine transform between two images, from coarse to fine, always the same way."""

from __future__ import annotations

import math

import numpy as np
import SimpleITK as sitk

from imagenomics.images.grid import Grid
from imagenomics.images.preparation.itk import single_thread, to_itk
from imagenomics.images.preparation.move import matrix_of
from imagenomics.images.preparation.settings import RegisterStep

LEVELS = (4, 2, 1)  # voxels that become one, along each axis
FEWEST_LEFT = 16  # voxels along an axis at a coarse level
MOST_SAMPLES = 60_000  # voxels that the measure looks at; beyond it they are drawn with a fixed seed
BINS = 32
SEED = 20140
STEP_MM = 1.0
SMALLEST_STEP_MM = 5e-4
RELAXATION = 0.7


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
    images = _image(fixed, fixed_grid), _image(moving, moving_grid)
    rigid = _start(*images, step.start)
    for level in LEVELS:
        rigid = _improve(*images, rigid, level=level, iterations=step.iterations)
    if step.transform == "rigid":
        return rigid
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(rigid.GetMatrix())
    affine.SetTranslation(rigid.GetTranslation())
    affine.SetCenter(rigid.GetCenter())
    for level in LEVELS[1:]:
        affine = _improve(*images, affine, level=level, iterations=step.iterations)
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
    low, high = np.percentile(array, (0.1, 99.9))
    return to_itk(np.clip(array, low, high).astype(np.float32), grid)


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
) -> sitk.Transform:
    """Improve the transform on images of which ``level`` voxels become one along each axis."""
    coarse = _coarser(fixed, level)
    method = sitk.ImageRegistrationMethod()
    single_thread(method)
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=BINS)
    share = MOST_SAMPLES / coarse.GetNumberOfPixels()
    if share < 1:
        method.SetMetricSamplingStrategy(method.REGULAR)
        method.SetMetricSamplingPercentage(share, SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=STEP_MM,
        minStep=SMALLEST_STEP_MM,
        numberOfIterations=iterations,
        relaxationFactor=RELAXATION,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(coarse, _coarser(moving, level))
    return transform


def _coarser(image: sitk.Image, level: int) -> sitk.Image:
    """Return the image smoothed by half the new voxel and thinned out; an axis keeps at least 16 voxels."""
    factors = [max(1, min(level, n // FEWEST_LEFT)) for n in image.GetSize()]
    smooth = sitk.SmoothingRecursiveGaussianImageFilter()
    single_thread(smooth)
    if max(factors) == 1 or min(image.GetSize()) < 4:
        return image
    smooth.SetSigma([_sigma(f, s) for f, s in zip(factors, image.GetSpacing(), strict=True)])
    return sitk.Shrink(smooth.Execute(image), factors)


def _sigma(factor: int, spacing_mm: float) -> float:
    """Return half of the new voxel; next to nothing where the axis stays."""
    return 0.5 * factor * spacing_mm if factor > 1 else 0.1 * spacing_mm
