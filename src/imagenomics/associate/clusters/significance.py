"""Whether there are clusters at all, or one cloud of patients that any tree cuts in pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.trees import cut_tree, grow_tree, place_patients, within_spread
from imagenomics.associate.clusters.values import rescale
from imagenomics.associate.draws import draw_blocks
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
    """

    ratio: FloatArray
    expected: FloatArray
    p: FloatArray
    p_any: float


def test_clusters(
    z: FloatArray, *, most: int, settings: ClusterSettings, seed: int, analysis: str, executor: Executor
) -> Significance:
    """Test the cluster index against patients of one normal distribution with the same correlations.

    Drawn patients are random rotations of the data, which keep mean and covariance of the features as they were
    measured and forget which patient lies where. Where patients come from one normal distribution, data and rotations
    are alike, so that the p is exact, also with more features than patients. Draws are scaled, and cut by the same
    tree, as the data were.

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
    Liu, Hayes, Nobel & Marron 2008, JASA 103:1281 (cluster index against one normal distribution); Langsrud 2005,
    Statistics and Computing 15:53 (rotations in place of an estimated covariance).
    """
    shared = {"z": z, "most": most, "settings": settings, "seed": seed, "analysis": analysis}
    blocks = draw_blocks(
        draw_clouds, settings.null_draws, shared=shared, label=f"null draws of {analysis}", executor=executor
    )
    drawn = np.vstack(blocks)
    observed = cluster_index(z, most, settings)
    counts = (drawn <= observed + TIE).sum(axis=0)
    p = (counts + 1.0) / (len(drawn) + 1.0)
    places = np.arange(1, most) if settings.k is None else np.array([min(settings.k, most) - 1])
    p[0] = np.nan
    return Significance(observed, drawn.mean(axis=0), p, _smallest(observed, drawn, places))


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


def draw_clouds(
    item: tuple[int, int], *, z: FloatArray, most: int, settings: ClusterSettings, seed: int, analysis: str
) -> FloatArray:
    """Return the cluster indices of the clouds ``item[0]`` up to ``item[1]``: (B, K)."""
    axes = principal_axes(z)
    rows = []
    for b in range(*item):
        cloud = rotate(axes, len(z), generator(seed, "clusters", analysis, "null", b))
        rows.append(cluster_index(rescale(cloud, settings), most, settings))
    return np.array(rows)


def principal_axes(z: FloatArray) -> FloatArray:
    """Return principal axes times singular values of the columns, less their means and over their spread: (r, p)."""
    centred = z - z.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred / centred.std(axis=0), full_matrices=False)
    kept = sizes > sizes[0] * max(z.shape) * np.finfo(np.float64).eps
    return np.asarray(sizes[kept, None] * axes[kept])


def rotate(axes: FloatArray, n: int, random: np.random.Generator) -> FloatArray:
    """Return ``n`` patients with mean 0 and the covariance of ``axes``, every direction as probable: (n, p)."""
    drawn = random.standard_normal((n, len(axes)))
    frame, upper = np.linalg.qr(drawn - drawn.mean(axis=0))
    return np.asarray((frame * np.sign(np.diag(upper))) @ axes)
