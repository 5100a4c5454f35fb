"""What an extraction will cost, before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from imagenomics.features.names import TEXTURE, suffixes
from imagenomics.features.settings import FeatureSettings

# Measured on spheres of 14,000 and 500,000 voxels in a noisy image on one core of a 2-core machine:
# nanoseconds and bytes for each voxel of the region; textures once for each of 2D or 3D.
START_SECONDS = 0.007
START_BYTES = 20_000_000
NANOSECONDS: Mapping[str, float] = MappingProxyType(
    {
        "shape": 100,
        "local-intensity": 500,
        "intensity": 50,
        "histogram": 15,
        "ivh": 15,
        "glcm": 40,
        "glrlm": 50,
        "glszm": 50,
        "gldzm": 55,
        "ngtdm": 30,
        "ngldm": 30,
        "pyradiomics-firstorder": 60,
        "pyradiomics-shape": 60,
        "pyradiomics-shape2D": 60,
        "pyradiomics-glcm": 40,
        "pyradiomics-glrlm": 50,
        "pyradiomics-glszm": 50,
        "pyradiomics-gldm": 30,
        "pyradiomics-ngtdm": 30,
        "autocorrelation": 1300,
        "enclosing": 1100,
        "resampling": 300,
    }
)
BYTES: Mapping[str, float] = MappingProxyType(
    {"region": 80, "local-intensity": 90, "autocorrelation": 800, "enclosing": 150, "resampling": 120}
)


def estimate_cost(
    n_voxels: int, settings: FeatureSettings, *, spacing_known: bool = True
) -> tuple[float, int]:
    """Estimate how long a region of this size takes, and how much memory on top of its image.

    Parameters
    ----------
    n_voxels : int
        Voxels of the region, after resampling.
    settings : FeatureSettings
        What is asked for.
    spacing_known : bool
        Decides what the aggregation 'auto' stands for.

    Returns
    -------
    seconds, bytes : float, int
        A rough estimate for a compact region and compiled kernels; a region that fills little of its box
        costs more.
    """
    parts: list[str] = [*settings.families, *settings.shape_extras]
    if "shape" not in settings.families or n_voxels > settings.max_voxels_quadratic:
        parts = [p for p in parts if p != "autocorrelation"]
    if settings.spacing_mm is not None:
        parts.append("resampling")
    aggregations = settings.resolved(spacing_known=spacing_known)
    spaces = len({ending == "3D" for ending in suffixes("glszm", aggregations)})
    time = sum(NANOSECONDS.get(p, 0.0) * (spaces if p in TEXTURE else 1) for p in parts)
    memory = BYTES["region"] + sum(BYTES.get(p, 0.0) for p in parts)
    return START_SECONDS + n_voxels * time * 1e-9, int(START_BYTES + n_voxels * memory)
