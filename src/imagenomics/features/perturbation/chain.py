"""Perturbed copies of an image and its outline, to see whether its features would be the same on another day.

The copies of one patient stand for repeated examinations; their features, one row for each copy, go to
:func:`imagenomics.prepare.repetitions.stability_table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.perturbation.image import add_noise, move
from imagenomics.features.perturbation.mask import randomise_contour, resize_mask
from imagenomics.images.resample import Interpolation, check_spacing
from imagenomics.settings import Settings
from imagenomics.work.seeds import generator, integer_seed

BoolArray = npt.NDArray[np.bool_]


class PerturbSettings(Settings):
    """By how much the copies of an image differ from it; amounts are drawn evenly up to the given ones."""

    copies: int = Field(default=20, ge=1, description="Perturbed copies of each patient.")
    rotation_deg: float = Field(
        default=10.0, ge=0, le=45, description="Largest rotation within the slices, either way; 0 for none."
    )
    translation_voxels: float = Field(
        default=0.5,
        ge=0,
        le=2,
        description="Largest shift along each axis, either way, in voxels; 0 for none.",
    )
    noise: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="Standard deviation of the noise that is added, in units of the noise that the image has; 0 "
        "for none.",
    )
    growth: float = Field(
        default=0.15,
        ge=0,
        lt=1,
        description="Largest change of the volume of the region, either way, as a fraction of it; 0 for none.",
    )
    contour: bool = Field(
        default=True,
        description="Redraw the outline along supervoxels that only partly belong to the region.",
    )
    supervoxel_mm3: float = Field(
        default=125.0, gt=0, description="Volume of a supervoxel, roughly; only with 'contour'."
    )
    interpolation: Interpolation = Field(
        default="linear",
        description="Interpolation of the moved image; masks are always interpolated linearly.",
    )


@dataclass(frozen=True)
class Perturbation:
    """One perturbed copy: what will be done to an image and its mask, drawn beforehand.

    Parameters
    ----------
    name : str
        ``copy-01``, ``copy-02``, ...: the repetition in the table of measurements.
    patient : str
    seed : int
    angle_deg : float
        Rotation within slices, about the region's centre.
    shift_voxels : (z, y, x)
    growth : float
        Change of volume as a fraction.
    settings : PerturbSettings
    """

    name: str
    patient: str
    seed: int
    angle_deg: float
    shift_voxels: tuple[float, float, float]
    growth: float
    settings: PerturbSettings

    def apply(
        self, image: np.ndarray, mask: BoolArray, *, spacing_mm: Sequence[float]
    ) -> tuple[np.ndarray, BoolArray]:
        """Return the perturbed image and mask, on the same grid.

        Noise is added first, then the image is turned and shifted in one interpolation, then the region grows or
        shrinks, then its outline is redrawn.

        Parameters
        ----------
        image : array of real numbers, (z, y, x)
        mask : array of bool, (z, y, x)
        spacing_mm : (z, y, x)

        Raises
        ------
        InputError, ArgumentTypeError
            ``IGX-FEAT-002``: the arrays do not fit; ``IGX-FEAT-003``: empty mask; ``IGX-FEAT-007``: bad spacing;
            ``IGX-FEAT-114``: voxels without a number; ``IGX-FEAT-115``: nothing is left of the region.
        """
        _check(image, mask)
        check_spacing(spacing_mm)
        spacing = (float(spacing_mm[0]), float(spacing_mm[1]), float(spacing_mm[2]))
        changed, region = np.asarray(image, dtype=np.float64), mask
        options = self.settings
        if options.noise > 0:
            changed = add_noise(changed, region, factor=options.noise, stream=self._stream("noise"))
        if self.angle_deg != 0 or any(self.shift_voxels):
            changed, region = move(
                changed,
                region,
                angle_deg=self.angle_deg,
                shift_voxels=self.shift_voxels,
                spacing_mm=spacing,
                method=options.interpolation,
            )
        if self.growth != 0 and region.any():
            region = resize_mask(region, self.growth, spacing_mm=spacing, stream=self._stream("growth"))
        if options.contour and region.any():
            region = randomise_contour(
                changed,
                region,
                spacing_mm=spacing,
                supervoxel_mm3=options.supervoxel_mm3,
                stream=self._stream("contour"),
            )
        if not region.any():
            raise _nothing_left(self.name)
        return changed, region

    def _stream(self, step: str) -> np.random.Generator:
        return generator(self.seed, "perturb", self.patient, self.name, step)


def perturbations(settings: PerturbSettings, *, patient: str, seed: int) -> list[Perturbation]:
    """Draw what is done to each copy of one patient's image.

    Parameters
    ----------
    settings : PerturbSettings
    patient : str
        Each patient has streams of its own: the copies do not depend on who else is there.
    seed : int

    Returns
    -------
    list of Perturbation
        ``settings.copies`` of them; copy 3 is the same however many there are.

    Source
    ------
    Zwanenburg et al. 2019, Scientific Reports 9:614: chains of rotation, translation, noise, change of volume and
    redrawn contours. There the amounts are a grid of fixed steps; here they are drawn, so that the copies are
    exchangeable, as ICC(1,1) assumes. The default amounts are our own.
    """
    return [_draw(settings, patient, seed, f"copy-{i + 1:02d}") for i in range(settings.copies)]


def _draw(settings: PerturbSettings, patient: str, seed: int, name: str) -> Perturbation:
    stream = np.random.default_rng(integer_seed(seed, "perturb", patient, name))
    angle, z, y, x, growth = stream.uniform(-1.0, 1.0, 5)
    far = settings.translation_voxels
    return Perturbation(
        name=name,
        patient=patient,
        seed=seed,
        angle_deg=float(angle * settings.rotation_deg),
        shift_voxels=(float(z * far), float(y * far), float(x * far)),
        growth=float(growth * settings.growth),
        settings=settings,
    )


def _check(image: np.ndarray, mask: np.ndarray) -> None:
    if image.ndim != 3 or image.shape != mask.shape:
        raise InputError(
            "IGX-FEAT-002",
            f"an image of shape {image.shape} and a mask of shape {mask.shape} do not belong together",
            expected="two arrays (z, y, x) of one shape",
        )
    if mask.dtype != np.bool_ or image.dtype.kind not in "fiu":
        raise ArgumentTypeError(
            "IGX-FEAT-002",
            f"an image of {image.dtype} and a mask of {mask.dtype} cannot be used",
            expected="real numbers and bool",
            remedy="choose one label of the mask, e.g. labels == 1",
        )
    if not mask.any():
        raise InputError(
            "IGX-FEAT-003", "the mask has no voxel", expected="at least one voxel inside the region"
        )
    bad = int(np.count_nonzero(~np.isfinite(image)))
    if bad:
        raise InputError(
            "IGX-FEAT-114",
            f"{bad} voxels of the image are not finite numbers: a moved image would smear them",
            expected="a number in every voxel",
            remedy="replace them by the background value, or cut the image to the part that has numbers",
        )


def _nothing_left(name: str) -> InputError:
    return InputError(
        "IGX-FEAT-115",
        "nothing is left of the region",
        where=name,
        expected="a region of many voxels",
        remedy="the region is too small, or too near to the border, for these amounts: lower growth and shifts",
    )
