"""Maps of any texture: each neighbourhood becomes a small region of its own, measured as regions are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.grid import LevelGrid
from imagenomics.features.maps.names import aggregations_of
from imagenomics.features.maps.neighbours import PaddedRegion
from imagenomics.features.names import suffixes
from imagenomics.features.pyradiomics.texture import pyradiomics_texture_features
from imagenomics.features.settings import Family, FeatureSettings
from imagenomics.features.texture.neighbourhood import neighbourhood_features
from imagenomics.features.texture.run_length import run_length_features
from imagenomics.features.texture.zones import zone_features


def texture_maps(
    padded: PaddedRegion,
    steps: np.ndarray,
    features: Sequence[str],
    *,
    family: Family,
    n_levels: int,
    settings: FeatureSettings,
) -> np.ndarray:
    """Return the features (f, n) of one texture family around each voxel.

    Parameters
    ----------
    padded : PaddedRegion
        The region with its grey levels.
    steps : array of int64, (k, 3)
        The neighbourhood.
    features : sequence of str
        Features of the family.
    family : str
        Their family.
    n_levels : int
        Number of grey levels of the whole region.
    settings : FeatureSettings
        Its ``aggregations`` for the families of PyRadiomics.
    """
    own = settings.model_copy(update={"families": (family,)})
    found = np.empty((len(features), len(padded.places)))
    cut = _Cutter(padded, steps, n_levels)
    for v, place in enumerate(padded.places):
        values = _measure(cut.around(int(place)), features, own, family)
        found[:, v] = [values[name] for name in features]
    return found


class _Cutter:
    """Cuts neighbourhoods into one and the same small grid, with a border of zeros."""

    def __init__(self, padded: PaddedRegion, steps: np.ndarray, n_levels: int) -> None:
        reach = np.abs(steps).max(axis=0)
        self.shape = tuple(int(2 * r + 3) for r in reach)
        self.target = np.ravel_multi_index(tuple((steps + reach + 1).T), self.shape)
        self.padded, self.source, self.n_levels = padded, padded.flat(steps), n_levels

    def around(self, place: int) -> LevelGrid:
        levels = np.zeros(int(np.prod(self.shape)), np.int32)
        drawn = np.zeros(levels.size, np.uint8)
        levels[self.target] = self.padded.levels[self.source + place]
        drawn[self.target] = self.padded.drawn[self.source + place]
        voxels = np.flatnonzero(levels)
        strides = (self.shape[1] * self.shape[2], self.shape[2], 1)
        per_slice = np.bincount(voxels // strides[0], minlength=self.shape[0])
        bounds = np.concatenate([[0], np.cumsum(per_slice[per_slice > 0])]).astype(np.int64)
        return LevelGrid(levels, voxels, strides, bounds, self.n_levels, drawn)


def _measure(
    grid: LevelGrid, features: Sequence[str], settings: FeatureSettings, family: Family
) -> dict[str, float]:
    if family.startswith("pyradiomics-"):
        return pyradiomics_texture_features(grid, settings)
    aggregations = aggregations_of(features)
    if family == "glrlm":
        return run_length_features(grid, aggregations)
    dimensions = suffixes(family, aggregations)
    if family in ("glszm", "gldzm"):
        return zone_features(grid, dimensions)
    return neighbourhood_features(grid, dimensions)
