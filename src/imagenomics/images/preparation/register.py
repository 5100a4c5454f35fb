"""Onto an atlas or onto another image of the same patient; what does not fit well is refused."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.preparation.context import Context, Regions
from imagenomics.images.preparation.fit import Fit, judge_fit
from imagenomics.images.preparation.move import Mover
from imagenomics.images.preparation.settings import RegisterStep
from imagenomics.images.preparation.transform import describe_transform, find_transform
from imagenomics.images.volume import Volume

NOT_WORSE = 0.9  # of the information that the headers give: two placements of one fit differ by a little


def register(
    volume: Volume, regions: Regions, step: RegisterStep, context: Context
) -> tuple[Volume, Regions]:
    """Turn and move (affine: also stretch) the image until it lies on the other one; the result has its grid.

    Beyond the border of the image its darkest intensity stands, and no region reaches there.

    Parameters
    ----------
    volume, regions, step, context
        As for every step.

    Raises
    ------
    FileProblem
        ``IGX-IMG-230``: the other image is not there.
    InputError
        ``IGX-IMG-231``: the other image has no voxel spacing in mm; ``IGX-IMG-235``: the result does not fit well
        enough; ``IGX-IMG-236``: too much of a region lies outside; what reading the other image, or a mask drawn
        on it, refuses.
    """
    other = _read_other(step, context)
    _refuse_constant(volume, other)
    try:
        transform = find_transform(other.array, other.grid, volume.array, volume.grid, step=step)
    except RuntimeError as error:  # what SimpleITK raises when the images leave each other
        raise _no_overlap(step, volume=volume, other=other) from error
    unmoved = Mover(volume, other.grid, sitk.Transform(3, sitk.sitkIdentity))
    before = judge_fit(other.array, unmoved.image(), unmoved.inside())
    mover = Mover(volume, other.grid, transform)
    inside = mover.inside()
    fit = judge_fit(other.array, mover.image(), inside)
    _refuse_poor(fit, before, step, volume=volume, other=other)
    if step.mask_on == "other" and context.read_regions is not None:
        drawn, note = context.read_regions(other)
        found = {name: region & inside for name, region in drawn.items()}
        note = ("mask of the other image", *note)
        shares = {k: float(found[k].sum() / r.sum()) for k, r in drawn.items() if r.any()}
    else:
        found, note = {name: mover.region(region) for name, region in regions.items()}, ()
        shares = {k: mover.share_on_target(r) for k, r in regions.items() if r.any() and not r.all()}
    _refuse_cut(shares, step, volume=volume, other=other)
    what = (
        f"registered to {Path(other.source).name} ({step.transform}): {describe_transform(transform, other.grid)}; "
        f"information {fit.information:.3f} (as the headers say {before.information:.3f}), "
        f"overlap {fit.overlap:.3f}"
    )
    told = [f"{share:.1%} of {name} in both images" for name, share in shares.items()]
    image = mover.image(step.interpolation)
    return volume.replace(image, "; ".join([what, *told, *note]), grid=other.grid), found


def _read_other(step: RegisterStep, context: Context) -> Volume:
    path = context.others.get(step.to)
    if path is None or context.read_volume is None:
        raise FileProblem(
            "IGX-IMG-230",
            f"the image to register to is not there: {step.to}",
            expected="its file among the other files of the patient",
            remedy="give it as `others`: find_images returns it with the files of each patient",
        )
    other = context.read_volume(path)
    if not other.spacing_known:
        raise InputError(
            "IGX-IMG-231",
            "the image to register to has no voxel spacing in mm",
            where=str(path),
            expected="an atlas or image with a true geometry",
            remedy="register to another file",
        )
    return other


def _refuse_constant(*volumes: Volume) -> None:
    for volume in volumes:
        if volume.array.max() == volume.array.min():
            raise InputError(
                "IGX-IMG-235",
                "the image is constant, so there is nothing to register",
                where=volume.source,
                expected="voxels of different intensity",
                remedy="look at the file: a blank or failed export?",
            )


def _no_overlap(step: RegisterStep, *, volume: Volume, other: Volume) -> InputError:
    return InputError(
        "IGX-IMG-235",
        f"the search ended where the images no longer overlap (start = '{step.start}')",
        where=f"{volume.source} to {other.source}",
        expected="two images of the same part of the body",
        remedy="look at both images; try the other 'start'",
    )


def _refuse_poor(fit: Fit, before: Fit, step: RegisterStep, *, volume: Volume, other: Volume) -> None:
    lost = step.start == "header" and fit.information < NOT_WORSE * before.information
    if fit.information >= step.least_information and fit.overlap >= step.least_overlap and not lost:
        return
    raise InputError(
        "IGX-IMG-235",
        f"the registration does not fit: information {fit.information:.3f} (as the headers say "
        f"{before.information:.3f}), overlap {fit.overlap:.3f}",
        where=f"{volume.source} to {other.source}",
        expected=f"information of at least {step.least_information:g}"
        f"{' and nearly that of the headers' if step.start == 'header' else ''}, overlap of at least "
        f"{step.least_overlap:g}",
        remedy="look at both images: another body part, a mirrored or cut image? Try the other 'start'; images without "
        "background need least_overlap = 0",
    )


def _refuse_cut(shares: dict[str, float], step: RegisterStep, *, volume: Volume, other: Volume) -> None:
    for name, share in shares.items():
        if share < step.least_kept:
            raise InputError(
                "IGX-IMG-236",
                f"only {share:.1%} of region '{name}' lies in both images after registration",
                where=f"{volume.source} to {other.source}",
                expected=f"at least {step.least_kept:.0%} (least_kept)",
                remedy="take an atlas or image that covers the region, or lower least_kept",
            )
