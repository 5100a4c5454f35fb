"""First-order statistics as PyRadiomics defines them."""

from __future__ import annotations

import numpy as np

from imagenomics.features.intensity import spread
from imagenomics.features.pyradiomics.names import named
from imagenomics.features.region import Region
from imagenomics.features.settings import FeatureSettings

SAME = {
    "10Percentile": "p10",
    "90Percentile": "p90",
    "InterquartileRange": "iqr",
    "Maximum": "max",
    "MeanAbsoluteDeviation": "mad",
    "Mean": "mean",
    "Median": "median",
    "Minimum": "min",
    "Range": "range",
    "RobustMeanAbsoluteDeviation": "rmad",
    "Variance": "var",
}


def first_order_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure how bright the region is, in the words of PyRadiomics.

    Returns
    -------
    dict
        ``original_firstorder_<feature>``. What differs from ``intensity_features``: nothing is subtracted from
        kurtosis (a normal distribution has 3), skewness and kurtosis of a constant region are 0, energies are taken
        after ``settings.energy_shift``, and entropy and uniformity are those of the grey levels.

    Source
    ------
    van Griethuysen et al. 2017, Cancer Research, and the documentation of PyRadiomics.
    """
    ordered = np.sort(region.values)
    found = spread(ordered)
    varies = found["range"] > 0
    shifted = ordered + settings.energy_shift
    energy = float((shifted * shifted).sum())
    counts = np.bincount(region.levels)
    p = counts[counts > 0] / len(ordered)
    own = {
        "Energy": energy,
        "TotalEnergy": energy * float(np.prod(region.spacing_mm)),
        "RootMeanSquared": float(np.sqrt(energy / len(ordered))),
        "Skewness": found["skew"] if varies else 0.0,
        "Kurtosis": found["kurt"] + 3.0 if varies else 0.0,
        "Entropy": float(-(p * np.log2(p)).sum()) + 0.0,
        "Uniformity": float((p**2).sum()),
    }
    return named("pyradiomics-firstorder", {name: found[tag] for name, tag in SAME.items()} | own)
