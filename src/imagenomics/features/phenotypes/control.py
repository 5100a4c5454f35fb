"""The measure ``control``: features of a negative control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.each_region import each_region
from imagenomics.features.extract import extract_region
from imagenomics.features.names import NEGATIVE_CONTROL
from imagenomics.features.phenotypes.ball import measured_ball
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.regions.controls import moved_region, shuffled_image
from imagenomics.features.settings import FeatureSettings
from imagenomics.settings import Settings


class ControlMeasure(Settings):
    """Negative control: the same features where there is no lesion texture, or no lesion, to be seen."""

    kind: Literal["control"] = "control"
    control: Literal["shuffled", "moved"] = Field(
        description="'shuffled': the voxels of the region in random order, so that histogram and volume stay and the "
        "texture goes; 'moved': the region at a random place elsewhere in the image."
    )
    allowed: str | None = Field(
        default=None,
        description="Region in which a moved region may lie, one of the image's 'regions'; not set: anywhere in the "
        "image. It never overlaps the region itself.",
    )
    seed: int = Field(default=0, ge=0, description="Seed; each patient has a random stream of their own.")
    features: FeatureSettings = Field(
        default=FeatureSettings(families=("intensity", "histogram", "glcm", "glrlm", "glszm", "ngtdm")),
        description="What is measured there.",
    )

    @model_validator(mode="after")
    def _only_moved_regions_need_room(self) -> Self:
        if self.allowed is not None and self.control != "moved":
            raise ValueError("'allowed' is for control = 'moved' only")
        return self


def control_rows(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool,
    allowed: np.ndarray | None,
    patient: str,
    settings: ControlMeasure,
) -> pd.DataFrame:
    """Measure the shuffled region, or a region of its shape elsewhere.

    Parameters
    ----------
    allowed : array of bool, (z, y, x), optional
        Where a moved region may lie; None: the whole image. The region itself is taken out.
    patient : str
        The patient's own random stream.

    Returns
    -------
    DataFrame
        As :func:`imagenomics.features.extract.extract_region`; every row is flagged ``negative-control``, so that no
        model takes it by default, and the column ``ibsi`` is empty.

    Raises
    ------
    InputError
        ``IGX-FEAT-088``: the region fits nowhere else; those of ``extract_region``.
    """
    if settings.control == "shuffled":
        image = shuffled_image(image, mask, seed=settings.seed, patient=patient)
    else:
        room = np.ones_like(mask) if allowed is None else allowed
        mask = moved_region(mask, room & ~mask, seed=settings.seed, patient=patient)
    rows = extract_region(
        image, mask, spacing_mm=spacing_mm, settings=settings.features, spacing_known=spacing_known
    )
    flags = [f"{NEGATIVE_CONTROL}|{own}".rstrip("|") for own in rows["flags"].astype(str)]
    return rows.assign(ibsi="", flags=flags)


def _measure(scene: Scene, settings: ControlMeasure) -> Rows:
    volume = scene.volume
    return each_region(
        scene.measured,
        lambda mask: control_rows(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            allowed=scene.region(settings.allowed),
            patient=scene.patient,
            settings=settings,
        ),
    )


def _plan(settings: ControlMeasure, planned: Planned) -> pd.DataFrame:
    # The ball leaves no room to move, and the rows are the same.
    still = settings.model_copy(update={"control": "shuffled", "allowed": None})
    return measured_ball(_measure, still, planned)


CONTROL = Kind(ControlMeasure, _measure, plan=_plan, around=("allowed",), draws=True)
