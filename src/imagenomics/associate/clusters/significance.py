"""Whether there are clusters at all, or one cloud of patients that any tree cuts in pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.clusters.draws import draw_blocks
from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.trees import cut_tree, grow_tree, place_patients, within_spread
from imagenomics.associate.clusters.values import rescale
from imagenomics.work.executor import Executor
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
TIE = 1e-9


class Significance(NamedTuple):
    """The cluster index against one cloud.

    Parameters
    ----------
    ratio : array, (K,)
        Spread within clusters over the whole spread, for 1, 2, ... clusters; 1 for one.
    expected : array, (K,)
        Its mean in one cloud.
    p : array, (K,)
        How often one cloud gives as small an index; NaN for one cluster.
    p_any : float
        For the smallest of those p that were looked at: the whole search is repeated in each draw.
    intensity : float
        How far correlations were shrunk: 1 as measured, 0 none.
    """

    ratio: FloatArray
    expected: FloatArray
    p: FloatArray
    p_any: float
    intensity: float


def test_clusters(
    z: FloatArray, *, most: int, settings: ClusterSettings, seed: int, analysis: str, executor: Executor
) -> Significance:
    """Test the cluster index against patients drawn from one normal distribution.

    The distribution has the correlations of the features, shrunk towards none just so far that drawn sets vary as much
    as the data do: correlations measured in few patients are too large, and sets drawn from them would be more
    elongated than the data, which hides clusters. Draws are scaled, and cut by the same tree, as the data were.

    Parameters
    ----------
    z : array, (n, p)
        Scaled features.
    most : int
        Largest number of clusters, K. Where ``settings.k`` is given only that number counts for ``p_any``.
    settings : ClusterSettings
    seed, analysis
        Draw b comes from the stream ``("clusters", analysis, "null", b)``.
    executor : Executor

    Returns
    -------
    Significance

    Assumes
    -------
    One cloud is normal: features with long tails or several levels give clusters that are no groups of patients. Normal
    scores (``scale``) take the tails away, one feature at a time.

    Source
    ------
    Liu, Hayes, Nobel & Marron 2008, JASA 103:1281 (cluster index against one normal); Schafer & Strimmer 2005, SAGMB
    4:32 (intensity of shrinkage).
    """
    intensity = shrinkage(z)
    shared = {"z": z, "most": most, "settings": settings, "seed": seed, "analysis": analysis}
    shared["intensity"] = intensity
    blocks = draw_blocks(
        draw_clouds, settings.null_draws, shared=shared, label=f"null draws of {analysis}", executor=executor
    )
    drawn = np.vstack(blocks)
    observed = cluster_index(z, most, settings)
    counts = (drawn <= observed + TIE).sum(axis=0)
    p = (counts + 1.0) / (len(drawn) + 1.0)
    places = np.arange(1, most) if settings.k is None else np.array([settings.k - 1])
    p[0] = np.nan
    return Significance(observed, drawn.mean(axis=0), p, _smallest(observed, drawn, places), intensity)


test_clusters.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _smallest(observed: FloatArray, drawn: FloatArray, places: npt.NDArray[np.intp]) -> float:
    """Return the p of the smallest rank over the places; ranks among the data and all draws."""
    both = np.vstack([observed[places], drawn[:, places]])
    ordered = np.sort(both, axis=0)
    ranks = np.stack(
        [np.searchsorted(ordered[:, j], both[:, j] + TIE, side="right") for j in range(places.size)]
    ).min(axis=0)
    return float((ranks <= ranks[0]).mean())


def cluster_index(z: FloatArray, most: int, settings: ClusterSettings) -> FloatArray:
    """Return the spread within 1, 2, ... ``most`` clusters over the whole spread."""
    points = place_patients(z, settings.distance)
    points = points - points.mean(axis=0)
    labels = cut_tree(grow_tree(points, settings.distance, settings.linkage), most)
    within = within_spread(points, labels)
    return np.asarray(within / within[0] if within[0] > 0 else np.ones(most))


def shrinkage(z: FloatArray) -> float:
    """Return the factor by which correlations are multiplied, 0 to 1.

    The square of the factor is the part of the squared correlations that is not sampling error: draws from the shrunk
    ones then have squared correlations as large as the data's, on average.
    """
    n = len(z)
    if n < 3:
        return 1.0
    scaled = (z - z.mean(axis=0)) / z.std(axis=0)
    correlation = scaled.T @ scaled / n
    squares = (scaled**2).T @ scaled**2 / n
    noise = (squares - correlation**2) * n**2 / (n - 1.0) ** 3
    apart = ~np.eye(len(correlation), dtype=bool)
    whole = float((correlation[apart] ** 2).sum())
    return float(np.sqrt(max(0.0, 1.0 - float(noise[apart].sum()) / whole))) if whole > 0 else 0.0


def draw_clouds(
    item: tuple[int, int],
    *,
    z: FloatArray,
    most: int,
    settings: ClusterSettings,
    seed: int,
    analysis: str,
    intensity: float,
) -> FloatArray:
    """Return the cluster indices of the clouds ``item[0]`` up to ``item[1]``: (B, K)."""
    n, p = z.shape
    centred = z - z.mean(axis=0)
    spread = z.std(axis=0)
    rows = []
    for b in range(*item):
        random = generator(seed, "clusters", analysis, "null", b)
        along = random.standard_normal((n, n)) @ centred / np.sqrt(n)
        alone = random.standard_normal((n, p)) * spread
        cloud = np.sqrt(intensity) * along + np.sqrt(1.0 - intensity) * alone
        rows.append(cluster_index(rescale(cloud, settings), most, settings))
    return np.array(rows)
