"""All textures of one region that the settings ask for, as one long table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.features.spectra.binary_patterns import binary_pattern_features
from imagenomics.features.spectra.collage import collage_features
from imagenomics.features.spectra.density import density_features
from imagenomics.features.spectra.grey_dimension import grey_dimension_features
from imagenomics.features.spectra.lacunarity import lacunarity_features
from imagenomics.features.spectra.mask_dimension import mask_dimension_features
from imagenomics.features.spectra.orientation import orientation_features
from imagenomics.features.spectra.parenchyma import parenchyma_features
from imagenomics.features.spectra.positive_pixels import positive_pixel_features
from imagenomics.features.spectra.power_law import power_law_features
from imagenomics.features.spectra.settings import DEFAULT, SpectraSettings, SpectrumFamily
from imagenomics.features.spectra.stockwell import stockwell_features


def measure_spectra(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    settings: SpectraSettings = DEFAULT,
) -> pd.DataFrame:
    """Say what the texture of a region is like in scale, roughness and direction.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: lengths are in voxels and flagged ``voxel-units``; pixels are taken to be square.
    settings : SpectraSettings
        What is measured.

    Returns
    -------
    DataFrame
        Rows as of :func:`imagenomics.features.rows.measured_rows`, family after family as in the settings.

    Raises
    ------
    InputError, ArgumentTypeError
        As the measurements.
    """
    chosen = settings
    spaced = {"spacing_mm": spacing_mm, "spacing_known": spacing_known}
    both: Mapping[SpectrumFamily, tuple[Callable[..., pd.DataFrame], dict[str, object]]] = {
        "stockwell": (stockwell_features, {**spaced, "size": chosen.window, "n_bands": chosen.n_bands}),
        "power-law": (power_law_features, {**spaced, "band": chosen.band, "min_side": chosen.min_side}),
        "parenchyma": (parenchyma_features, {"n_bins": chosen.n_bins}),
        "density": (density_features, {**spaced, "threshold": chosen.threshold}),
        "positive-pixels": (
            positive_pixel_features,
            {**spaced, "radii_mm": chosen.radii_mm, "slices": chosen.slices},
        ),
        "grey-dimension": (grey_dimension_features, spaced),
        "lacunarity": (lacunarity_features, {"boxes": chosen.boxes, "threshold": chosen.threshold}),
        "binary-patterns": (binary_pattern_features, {}),
        "orientation": (orientation_features, spaced),
        "collage": (collage_features, {"radius": chosen.radius}),
    }
    frames = []
    for family in chosen.families:
        if family == "mask-dimension":
            frames.append(mask_dimension_features(mask, spacing_mm=spacing_mm, spacing_known=spacing_known))
        else:
            measure, options = both[family]
            frames.append(measure(image, mask, **options))
    return pd.concat(frames, ignore_index=True)
