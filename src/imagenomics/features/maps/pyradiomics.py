"""Maps of first-order statistics as PyRadiomics defines them, from those of IBSI."""

from __future__ import annotations

import numpy as np

from imagenomics.features.maps.first_order import HISTOGRAM, INTENSITY, histogram_maps, intensity_maps
from imagenomics.features.maps.neighbours import PaddedRegion
from imagenomics.features.pyradiomics.first_order import SAME
from imagenomics.features.pyradiomics.names import named
from imagenomics.features.region import Region


def first_order_maps(
    padded: PaddedRegion, steps: np.ndarray, *, region: Region, energy_shift: float
) -> dict[str, np.ndarray]:
    """Return all first-order features (n,) around each voxel, in the words of PyRadiomics.

    Parameters
    ----------
    padded : PaddedRegion
        The region.
    steps : array of int64, (k,)
        Steps to the neighbours in its flat arrays.
    region : Region
        The same region: number of grey levels, voxel size.
    energy_shift : float
        Added to intensities before they are squared.

    Source
    ------
    See :func:`imagenomics.features.pyradiomics.first_order.first_order_features`.
    """
    values = intensity_maps(padded.values, padded.inside, padded.places, steps)
    binned = histogram_maps(padded.levels, padded.places, steps, region.n_levels)
    found = dict(zip(INTENSITY, values, strict=True))
    levels = dict(zip(HISTOGRAM, binned, strict=True))
    energy, root = found["energy"], found["rms"]
    if energy_shift:
        mean_square = found["var"] + (found["mean"] + energy_shift) ** 2
        energy, root = padded.counts(steps) * mean_square, np.sqrt(mean_square)
    varies = found["range"] > 0
    own = {
        "Energy": energy,
        "TotalEnergy": energy * float(np.prod(region.spacing_mm)),
        "RootMeanSquared": root,
        "Skewness": np.where(varies, found["skew"], 0.0),
        "Kurtosis": np.where(varies, found["kurt"] + 3.0, 0.0),
        "Entropy": levels["entropy"],
        "Uniformity": levels["uniformity"],
    }
    return named("pyradiomics-firstorder", {name: found[tag] for name, tag in SAME.items()} | own)
