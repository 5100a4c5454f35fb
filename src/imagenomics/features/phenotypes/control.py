"""Features of a negative control in one region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.extract import extract_region
from imagenomics.features.names import NEGATIVE_CONTROL
from imagenomics.features.phenotypes.settings import ControlMeasure
from imagenomics.features.regions.controls import moved_region, shuffled_image


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
