"""Intensities on a common scale, learned from one image alone and written into its history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from imagenomics.errors import InputError, unknown_name
from imagenomics.images.settings import NormaliseSettings
from imagenomics.images.volume import Volume
from imagenomics.images.white_stripe import find_stripe

FEWEST_VOXELS = 10  # a reference of fewer voxels is no reference


def normalise(
    volume: Volume, settings: NormaliseSettings, *, regions: Mapping[str, np.ndarray] | None = None
) -> Volume:
    """Put the intensities of one image on the declared scale.

    Parameters
    ----------
    volume : Volume
        Intensities (z, y, x).
    settings : NormaliseSettings
        Method, floor and reference region.
    regions : mapping of str to ndarray, bool (z, y, x)
        Regions of the image; needed by the two ratio methods.

    Returns
    -------
    Volume
        The scaled image; its history tells the numbers that were used.

    Raises
    ------
    InputError
        ``IGX-IMG-040``: a constant image; ``IGX-IMG-041``: fewer than 10 reference voxels; ``IGX-IMG-042``: a
        reference mean that is not positive; ``IGX-IMG-043``: no such reference region; ``IGX-IMG-238``: no white
        stripe.
    """
    if settings.method == "none":
        return volume
    which = _reference(volume, settings, regions or {})
    values = volume.array[which]
    if values.size < FEWEST_VOXELS:
        raise InputError(
            "IGX-IMG-041",
            f"only {values.size} voxels can serve as reference for the intensity scale",
            where=volume.source,
            expected=f"at least {FEWEST_VOXELS} voxels{_above(settings)}",
            remedy="lower normalise.floor, or choose another normalise.method",
        )
    if settings.method == "white-stripe":
        return _white_stripe(volume, values, settings)
    return (
        _z_score(volume, values, settings)
        if settings.method == "z-score"
        else _ratio(volume, values, settings)
    )


def _reference(volume: Volume, settings: NormaliseSettings, regions: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return which voxels (z, y, x) set the scale."""
    which = np.ones(volume.array.shape, dtype=bool)
    outside = settings.method == "ratio-background" or (
        settings.method == "white-stripe" and settings.region is None
    )
    if outside:
        for region in regions.values():
            which &= ~region | bool(region.all())  # an image without a mask is one region itself
    if settings.region is not None:
        name = settings.region
        if name not in regions:
            raise unknown_name("IGX-IMG-043", "reference region", name, regions, where=volume.source)
        which = regions[name].copy()
    floor = 0.0 if settings.floor is None and settings.method == "white-stripe" else settings.floor
    if floor is not None:
        which &= volume.array > floor
    return which


def _z_score(volume: Volume, values: np.ndarray, settings: NormaliseSettings) -> Volume:
    mean, sd = float(values.mean()), float(values.std())
    if values.max() == values.min():
        raise InputError(
            "IGX-IMG-040",
            f"the image is constant ({values[0]:g}), so it has no z-score",
            where=volume.source,
            expected="voxels of different intensity",
            remedy="look at the file: a blank or failed export?",
        )
    step = f"z-score over {values.size} voxels{_above(settings)} (mean {mean:.6g}, sd {sd:.6g})"
    return volume.replace((volume.array - mean) / sd, step)


def _white_stripe(volume: Volume, values: np.ndarray, settings: NormaliseSettings) -> Volume:
    stripe = find_stripe(
        values, contrast=settings.contrast or "T1", width=settings.stripe, where=volume.source
    )
    step = (
        f"white stripe ({settings.contrast}) of {stripe.n_voxels} voxels between {stripe.low:.6g} and "
        f"{stripe.high:.6g}, peak {stripe.peak:.6g} (mean {stripe.mean:.6g}, sd {stripe.sd:.6g})"
    )
    return volume.replace((volume.array - stripe.mean) / stripe.sd, step)


def _ratio(volume: Volume, values: np.ndarray, settings: NormaliseSettings) -> Volume:
    mean = float(values.mean())
    place = "outside the regions" if settings.method == "ratio-background" else f"in region {settings.region}"
    if not mean > 0:
        raise InputError(
            "IGX-IMG-042",
            f"the mean {place} is {mean:g}, a ratio to it says nothing",
            where=volume.source,
            expected="a positive reference mean",
            remedy="use normalise.floor to leave air out, or choose z-score",
        )
    step = f"divided by the mean of {values.size} voxels {place}{_above(settings)} ({mean:.6g})"
    return volume.replace(volume.array / mean, step)


def _above(settings: NormaliseSettings) -> str:
    return "" if settings.floor is None else f" above {settings.floor:g}"
