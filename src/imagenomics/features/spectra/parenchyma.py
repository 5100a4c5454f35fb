"""The parenchymal texture of a mammogram: coarseness, contrast, correlation and their like in one square."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from imagenomics.features.extract import extract_region
from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows
from imagenomics.features.settings import Discretisation, FeatureSettings
from imagenomics.features.spectra.settings import DEFAULT
from imagenomics.features.spectra.square import largest_square

MIN_SIDE = 16
# The measure's name in the papers on parenchyma, and the feature that it is here.
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "coarseness": "ngt_coarseness_2D",
        "local_contrast": "ngt_contrast_2D",
        "contrast": "cm_contrast_2D_comb",
        "correlation": "cm_corr_2D_comb",
        "energy": "cm_energy_2D_comb",
        "homogeneity": "cm_inv_diff_2D_comb",
        "entropy": "cm_joint_entr_2D_comb",
    }
)


def parenchyma_features(image: np.ndarray, mask: np.ndarray, *, n_bins: int = DEFAULT.n_bins) -> pd.DataFrame:
    """Measure the texture of breast parenchyma in the largest square of a region.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities of a mammogram (one slice) or a volume.
    mask : array of bool, (z, y, x)
        The region, e.g. a square of 256 x 256 pixels behind the nipple.
    n_bins : int
        Grey levels between the extremes of the square.

    Returns
    -------
    DataFrame
        Family ``parenchyma``: ``coarseness`` and ``local_contrast`` (grey tone difference), ``contrast``,
        ``correlation``, ``energy``, ``homogeneity`` and ``entropy`` (co-occurrence of neighbours, all directions).
        Pixels are taken to be square. Skipped where the square has fewer than 16 pixels a side; a constant one has
        no texture. Power law, fractal dimension, lacunarity and density have families of their own.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays.

    Source
    ------
    Li et al. 2014, Medical Physics; Amadasun and King 1989, IEEE Transactions on Systems, Man, and Cybernetics
    (coarseness); Haralick et al. 1973, same journal (contrast, correlation).
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    square = largest_square(mask)
    values: dict[str, float | str]
    if square.side < MIN_SIDE:
        why = f"the largest square of the region has {square.side} pixels a side, {MIN_SIDE} are needed"
        values = dict.fromkeys(MEASURES, why)
    else:
        pixels = square.cut(numbers)[None]
        settings = FeatureSettings(
            families=("glcm", "ngtdm"),
            aggregations=("2D_comb",),
            discretisation=Discretisation(n_bins=n_bins),
            min_voxels=1,
        )
        rows = extract_region(
            pixels, np.ones(pixels.shape, bool), spacing_mm=(1.0, 1.0, 1.0), settings=settings
        )
        found = rows.set_index("feature")["value"]
        values = {name: float(found[feature]) for name, feature in MEASURES.items()}
    return spaced_rows("parenchyma", values, spacing_known=True)
