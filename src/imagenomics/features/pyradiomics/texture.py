"""Textures as PyRadiomics defines them, from the same matrices as IBSI's."""

from __future__ import annotations

import numpy as np

from imagenomics.features.grid import LevelGrid, directions
from imagenomics.features.names import GLCM, GLRLM, GLSZM, NGLDM, NGTDM
from imagenomics.features.pyradiomics.names import PYRADIOMICS_TEXTURE, named
from imagenomics.features.settings import FeatureSettings
from imagenomics.features.texture.cooccurrence import haralick, mean_defined, pair_counts
from imagenomics.features.texture.emphasis import SizeTable, count_sizes, emphasis_features, from_matrices
from imagenomics.features.texture.neighbourhood import compare_neighbours, tone_difference
from imagenomics.features.texture.run_length import run_counts
from imagenomics.features.texture.zones import find_zones

COARSEST = 1e6  # what PyRadiomics writes for a region without differences


def pyradiomics_texture_features(grid: LevelGrid, settings: FeatureSettings) -> dict[str, float]:
    """Measure the textures that ``settings`` ask for, in the words of PyRadiomics.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    settings : FeatureSettings
        ``pyradiomics_aggregation`` says whether matrices are counted in space or within slices, and whether the
        features of the directions are averaged or their matrices joined.

    Returns
    -------
    dict
        ``original_<class>_<feature>``. Matrices are IBSI's. A region of one grey level gets the numbers that
        PyRadiomics gives it (correlation and MCC 1, coarseness a million, contrast, busyness and strength 0), where
        IBSI's families say that nothing was measured.

    Source
    ------
    van Griethuysen et al. 2017, Cancer Research, and the documentation of PyRadiomics.
    """
    how = settings.pyradiomics_aggregation
    in_plane, joined = how.startswith("2"), how.endswith("comb")
    wanted = [family for family in PYRADIOMICS_TEXTURE if family in settings.families]
    measured: dict[str, dict[str, float]] = {}
    if "pyradiomics-glcm" in wanted:
        measured["pyradiomics-glcm"] = _cooccurrence(grid, in_plane=in_plane, joined=joined)
    if "pyradiomics-glrlm" in wanted:
        measured["pyradiomics-glrlm"] = _run_length(grid, in_plane=in_plane, joined=joined)
    if "pyradiomics-glszm" in wanted:
        measured["pyradiomics-glszm"] = _zones(grid, in_plane=in_plane)
    if {"pyradiomics-gldm", "pyradiomics-ngtdm"}.intersection(wanted):
        measured |= _neighbours(grid, in_plane=in_plane)
    values: dict[str, float] = {}
    for family in wanted:
        found = measured[family]
        values |= named(family, {n: found[tag or n] for n, tag in PYRADIOMICS_TEXTURE[family].items()})
    return values


def _cooccurrence(grid: LevelGrid, *, in_plane: bool, joined: bool) -> dict[str, float]:
    counts = pair_counts(grid, in_plane=in_plane, bounds=grid.whole, join=joined)[0]
    counts = counts[counts.any(axis=(1, 2))]
    if len(counts) == 0:
        return dict.fromkeys((*GLCM, "MCC"), float("nan"))
    found = dict(zip(GLCM, haralick(counts), strict=True))
    found["corr"] = np.where(np.isnan(found["corr"]), 1.0, found["corr"])
    found["info_corr1"] = np.where(np.isnan(found["info_corr1"]), 0.0, found["info_corr1"])
    found["MCC"] = maximal_correlation(counts)
    means = np.array(list(found.values())).mean(axis=1).tolist()
    return dict(zip(found, means, strict=True))


def maximal_correlation(counts: np.ndarray) -> np.ndarray:
    """Return the maximal correlation coefficient (m,) of symmetric count matrices (m, g, g), none of them empty.

    It is the second largest singular value of p(i, j) / sqrt(p(i) p(j)): the largest is always 1, with the square
    roots of p as its vector. With one grey level it is set to 1, as PyRadiomics does.

    Source
    ------
    Haralick et al. 1973, feature 14.
    """
    present = counts.any(axis=(0, 2))
    if np.count_nonzero(present) < 2:
        return np.ones(len(counts))
    p = counts[:, present][:, :, present] / counts.sum(axis=(1, 2))[:, None, None]
    root = np.sqrt(p.sum(axis=2))
    scale = np.where(root > 0, 1 / np.where(root > 0, root, 1.0), 0.0)
    rest = p * scale[:, :, None] * scale[:, None, :] - root[:, :, None] * root[:, None, :]
    strongest: np.ndarray = np.abs(np.linalg.eigvalsh(rest)).max(axis=1)
    return strongest


def _run_length(grid: LevelGrid, *, in_plane: bool, joined: bool) -> dict[str, float]:
    counts = run_counts(grid, in_plane=in_plane, bounds=grid.whole)[0]
    steps = directions(grid.strides, in_plane=in_plane)
    counts = counts[[_has_lines(grid, int(s), c) for s, c in zip(steps, counts, strict=True)]]
    table = from_matrices(counts, np.full(len(counts), len(grid.voxels)))
    return _emphasis(GLRLM, table.joined() if joined else table)


def _has_lines(grid: LevelGrid, step: int, counts: np.ndarray) -> bool:
    """Tell whether some line in this direction meets two voxels; PyRadiomics leaves other directions out."""
    if counts[:, 1:].any():
        return True
    slices, rows, _ = grid.strides
    places = np.stack([grid.voxels // slices, grid.voxels % slices // rows, grid.voxels % rows], axis=1)
    # The padded border keeps one step between -1 and 1 along each axis.
    middle = slices + rows + 1
    move = np.array([(middle + step) // slices, (middle + step) % slices // rows, (middle + step) % rows]) - 1
    along = int(np.flatnonzero(move)[0])
    feet = places - (places[:, along] * move[along])[:, None] * move
    return len(np.unique(feet, axis=0)) < len(feet)


def _zones(grid: LevelGrid, *, in_plane: bool) -> dict[str, float]:
    zones = find_zones(grid, in_plane=in_plane, distances=False)
    return _emphasis(
        GLSZM, count_sizes(np.zeros_like(zones.slice), zones.level, zones.size, np.diff(grid.whole))
    )


def _neighbours(grid: LevelGrid, *, in_plane: bool) -> dict[str, dict[str, float]]:
    number, difference, dependent = (p.sum(axis=0) for p in compare_neighbours(grid, in_plane=in_plane))
    tone = tone_difference(number, difference)
    if number.any():
        tone = np.where(np.isnan(tone), [COARSEST, 0.0, 0.0, 0.0, 0.0], tone)
    return {
        "pyradiomics-gldm": _emphasis(NGLDM, from_matrices(dependent[None], np.diff(grid.whole))),
        "pyradiomics-ngtdm": dict(zip(NGTDM, tone.tolist(), strict=True)),
    }


def _emphasis(tags: tuple[str, ...], table: SizeTable) -> dict[str, float]:
    values = emphasis_features(table, energy=len(tags) == len(NGLDM))
    return dict(zip(tags, mean_defined(values).tolist(), strict=True))
