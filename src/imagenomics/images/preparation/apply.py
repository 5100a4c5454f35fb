"""The declared steps, one after the other, on an image and its regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.preparation.context import Context, Regions
from imagenomics.images.preparation.crop import crop
from imagenomics.images.preparation.resample import resample
from imagenomics.images.preparation.settings import (
    CropStep,
    N4Step,
    ResampleStep,
    Step,
    needs_mm,
)
from imagenomics.images.volume import Volume


def prepare(
    volume: Volume, regions: Regions, steps: Sequence[Step], *, context: Context | None = None
) -> tuple[Volume, Regions]:
    """Do the steps in the declared order.

    Parameters
    ----------
    volume : Volume
        Intensities (z, y, x) as read.
    regions : dict of str to ndarray, bool (z, y, x)
        Regions on its grid.
    steps : sequence of steps
        Models of :mod:`imagenomics.images.preparation.settings`.
    context : Context, optional
        Other files of the patient; needed for ``register``.

    Returns
    -------
    volume : Volume
        Its history has one more line for each step.
    regions : dict of str to ndarray, bool
        On the grid of the returned volume.

    Raises
    ------
    InputError
        ``IGX-IMG-231``: a step in mm, and the voxel spacing is not known; ``IGX-IMG-237``: a step loses a region;
        ``IGX-IMG-232`` ... ``-236``: what single steps refuse.
    FileProblem
        ``IGX-IMG-230``: the other image of ``register`` is not there.
    """
    known = context or Context()
    for step in steps:
        if needs_mm(step) and not volume.spacing_known:
            raise _no_mm(volume, step)
        before = regions
        volume, regions = _do(volume, regions, step, known)
        _refuse_lost(volume, before, regions, step=step)
    return volume, regions


def _do(volume: Volume, regions: Regions, step: Step, context: Context) -> tuple[Volume, Regions]:
    if isinstance(step, ResampleStep):
        return resample(volume, regions, step, context)
    if isinstance(step, CropStep):
        return crop(volume, regions, step, context)
    if isinstance(step, N4Step):
        from imagenomics.images.preparation.n4 import correct_bias

        return correct_bias(volume, regions, step, context)
    from imagenomics.images.preparation.register import register

    return register(volume, regions, step, context)


def _no_mm(volume: Volume, step: Step) -> InputError:
    return InputError(
        "IGX-IMG-231",
        f"the step '{step.kind}' needs mm, and the voxel spacing of this image is not known",
        where=volume.source,
        expected="a file that says its voxel spacing",
        remedy="declare the true spacing, e.g. spacing = [3.0, 1.0, 1.0] (z, y, x), or leave the step out",
    )


def _refuse_lost(volume: Volume, before: Regions, after: Regions, *, step: Step) -> None:
    lost = [name for name, region in before.items() if region.any() and not after[name].any()]
    if not lost and (not after or any(np.any(region) for region in after.values())):
        return
    raise InputError(
        "IGX-IMG-237",
        f"no voxel of region '{lost[0] if lost else next(iter(after))}' is left after the step '{step.kind}'",
        where=volume.source,
        expected="at least one voxel of every region that was there",
        remedy="choose a finer spacing_mm, or a box that holds the region",
    )
