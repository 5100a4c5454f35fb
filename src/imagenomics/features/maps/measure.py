"""Maps of features: what a region looks like around each of its voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.maps.cooccurrence import cooccurrence_maps, pairs_around
from imagenomics.features.maps.first_order import HISTOGRAM, INTENSITY, histogram_maps, intensity_maps
from imagenomics.features.maps.names import aggregations_of, mapped_features
from imagenomics.features.maps.neighbourhood import neighbourhood
from imagenomics.features.maps.neighbours import PaddedRegion, padded_region
from imagenomics.features.maps.one_by_one import texture_maps
from imagenomics.features.maps.pyradiomics import first_order_maps
from imagenomics.features.names import GLCM, TEXTURE
from imagenomics.features.pyradiomics.names import GLCM as PYRADIOMICS_GLCM
from imagenomics.features.pyradiomics.names import PYRADIOMICS_TEXTURE
from imagenomics.features.region import Region, bounding_box, prepare_region
from imagenomics.features.settings import Family, FeatureSettings
from imagenomics.images.resample import check_spacing

MCC = "original_glcm_MCC"  # needs the eigenvalues of each matrix
Maps = dict[str, np.ndarray]


def feature_map(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    features: Sequence[str],
    radius_mm: float | None = None,
    radius_voxels: int | None = None,
    settings: FeatureSettings | None = None,
    spacing_known: bool = True,
) -> Maps:
    """Measure the neighbourhood of each voxel of a region.

    A neighbourhood is the part of the region within the radius. Its grey levels are those of the whole region, so that
    one intensity has one level all over the map.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm.
    features : sequence of str
        Names (``stat_var``, ``cm_contrast_3D_comb``, ``original_glcm_Contrast``), textures without their aggregation
        (``cm_contrast``: that of the settings), or families (``glcm``). Shape, volume, local intensity and
        intensity-volume histograms have no maps.
    radius_mm : float, optional
        The neighbourhood is a ball: voxels whose centres are at most so far away.
    radius_voxels : int, optional
        The neighbourhood is a cube of 2 r + 1 voxels, cut at the border of the region.
    settings : FeatureSettings, optional
        Discretisation, re-segmentation and aggregations; ``families`` and the limits on values do not count.
    spacing_known : bool
        False: one voxel is the unit of length; the radius must be in voxels.

    Returns
    -------
    dict of str to array of float64, (z, y, x)
        A map for each feature; NaN outside the re-segmented region, and where a definition gives no number.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-180`` to ``IGX-FEAT-182``: the radius; ``IGX-FEAT-183``: a feature without a map;
        ``IGX-FEAT-184``: settings that resample; ``IGX-FEAT-185``: more than ``max_levels`` grey levels; and what
        :func:`imagenomics.features.extract.extract_region` refuses of image and mask.

    Source
    ------
    The definitions are those of :func:`imagenomics.features.extract.extract_region`. With ``radius_voxels`` and the
    families of PyRadiomics (van Griethuysen et al. 2017, Cancer Research) maps are meant as in its voxel-based mode
    with ``kernelRadius`` = ``radius_voxels`` and ``maskedKernel`` = True.
    """
    chosen = settings or FeatureSettings()
    wanted = mapped_features(features, chosen, spacing_known=spacing_known)
    check_spacing(spacing_mm)
    steps = neighbourhood(
        spacing_mm, radius_mm=radius_mm, radius_voxels=radius_voxels, spacing_known=spacing_known
    )
    families = tuple(dict.fromkeys(wanted.values()))
    region = _region(image, mask, spacing_mm, families, chosen, spacing_known)
    padded = padded_region(region, steps)
    found: dict[str, np.ndarray] = {}
    for family in families:
        names = [name for name, of in wanted.items() if of == family]
        found |= _maps_of_family(padded, steps, names, family, region, chosen)
    return {name: _painted(found[name], region, mask) for name in wanted}


def _region(
    image: np.ndarray,
    mask: np.ndarray,
    spacing_mm: Sequence[float],
    families: tuple[Family, ...],
    settings: FeatureSettings,
    spacing_known: bool,
) -> Region:
    if settings.spacing_mm is not None:
        raise InputError(
            "IGX-FEAT-184",
            "maps lie on the grid of their image, and these settings resample it",
            expected="no 'spacing_mm' in the feature settings",
            remedy="resample image and mask first, and map the result",
        )
    region = prepare_region(
        image,
        mask,
        spacing_mm=spacing_mm,
        settings=settings.model_copy(update={"families": families}),
        spacing_known=spacing_known,
    )
    textures = {"histogram", *TEXTURE, *PYRADIOMICS_TEXTURE}
    if region.n_levels > settings.max_levels and textures.intersection(families):
        raise InputError(
            "IGX-FEAT-185",
            f"the region has {region.n_levels} grey levels",
            expected=f"at most {settings.max_levels} (max_levels)",
            remedy="choose fewer bins (discretisation), or ask for first-order features only",
        )
    return region


def _maps_of_family(
    padded: PaddedRegion,
    steps: np.ndarray,
    names: Sequence[str],
    family: Family,
    region: Region,
    settings: FeatureSettings,
) -> Maps:
    flat = padded.flat(steps)
    if family == "intensity":
        values = intensity_maps(padded.values, padded.inside, padded.places, flat)
        return {f"stat_{tag}": v for tag, v in zip(INTENSITY, values, strict=True)}
    if family == "histogram":
        values = histogram_maps(padded.levels, padded.places, flat, region.n_levels)
        return {f"ih_{tag}": v for tag, v in zip(HISTOGRAM, values, strict=True)}
    if family == "pyradiomics-firstorder":
        return first_order_maps(padded, flat, region=region, energy_shift=settings.energy_shift)
    found: Maps = {}
    if family == "glcm":
        for aggregation in aggregations_of(names):
            values = _cooccurrence(padded, steps, aggregation, region.n_levels, fill=False)
            found |= {f"cm_{tag}_{aggregation}": v for tag, v in zip(GLCM, values, strict=True)}
        return {name: found[name] for name in names}
    slow = list(names)
    if family == "pyradiomics-glcm":
        slow = [name for name in names if name == MCC]
    if len(slow) < len(names):
        values = _cooccurrence(padded, steps, settings.pyradiomics_aggregation, region.n_levels, fill=True)
        tags = dict(zip(GLCM, values, strict=True))
        found |= {f"original_glcm_{n}": tags[tag] for n, tag in PYRADIOMICS_GLCM.items() if tag}
    if slow:
        values = texture_maps(padded, steps, slow, family=family, n_levels=region.n_levels, settings=settings)
        found |= dict(zip(slow, values, strict=True))
    return {name: found[name] for name in names}


def _cooccurrence(
    padded: PaddedRegion, steps: np.ndarray, aggregation: str, n_levels: int, *, fill: bool
) -> np.ndarray:
    first, second, bounds = pairs_around(steps, aggregation)  # type: ignore[arg-type]
    pairs = (padded.flat(first), padded.flat(second), bounds)
    return cooccurrence_maps(padded.levels, padded.places, pairs, n_levels=n_levels, fill=fill)


def _painted(values: np.ndarray, region: Region, mask: np.ndarray) -> np.ndarray:
    """Return the values (n,) of a region at their voxels of the image (z, y, x), NaN elsewhere."""
    start, stop = bounding_box(mask)
    painted = np.full(mask.shape, np.nan)
    box = painted[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    box[region.inside] = values
    return painted
