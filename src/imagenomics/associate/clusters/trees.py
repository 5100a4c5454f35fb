"""Trees of patients and of features: hierarchical clustering, and where a tree is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.clusters.settings import Distance, Linkage

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MOST_ORDERED = 600  # leaves up to which neighbours are put side by side; the cost grows with their cube


@dataclass(frozen=True)
class Tree:
    """A dendrogram of n leaves.

    Parameters
    ----------
    merges : int array, (n - 1, 2)
        The two nodes that each merge joins: leaves are 0 ... n - 1, merge m is node n + m.
    heights : array, (n - 1,)
        Distance at which they are joined, rising.
    order : int array, (n,)
        Leaves from left to right.
    """

    merges: IntArray
    heights: FloatArray
    order: IntArray


def place_patients(z: FloatArray, distance: Distance) -> FloatArray:
    """Return points whose distances are those of the patients, (n, p).

    For correlations each profile has mean 0 and length 1: half the squared distance is then one minus the correlation.
    A profile without any spread stands at the origin.
    """
    if distance == "euclidean":
        return z
    from scipy.stats import rankdata

    rows = z if distance == "correlation" else rankdata(z, axis=1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(length > 0, length, 1.0))


def grow_tree(points: FloatArray, distance: Distance, linkage: Linkage, *, ordered: bool = False) -> Tree:
    """Join points to clusters, the nearest first.

    Parameters
    ----------
    points : array, (n, p)
        See :func:`place_patients`; at least two.
    distance : {"euclidean", "correlation", "spearman-correlation"}
        Average and complete linkage of correlations see one minus the correlation, Ward's its square root (times the
        root of two), for which its sums of squares are right.
    linkage : {"ward", "average", "complete"}
    ordered : bool
        Turn branches so that neighbouring leaves are alike (up to 600 leaves).

    Source
    ------
    Ward 1963, JASA 58:236; Bar-Joseph, Gifford & Jaakkola 2001, Bioinformatics 17:S22 (order of leaves).
    """
    from scipy.cluster import hierarchy

    found = distances(points, distance, linkage)
    turned = ordered and len(points) <= MOST_ORDERED
    table = hierarchy.linkage(found, linkage, optimal_ordering=turned)
    return Tree(table[:, :2].astype(np.int64), table[:, 2], hierarchy.leaves_list(table).astype(np.int64))


def distances(points: FloatArray, distance: Distance, linkage: Linkage) -> FloatArray:
    """Return the distances of all pairs of points that a linkage sees, (n (n - 1) / 2,)."""
    from scipy.spatial.distance import pdist

    if distance == "euclidean" or linkage == "ward":
        return np.asarray(pdist(points))
    return np.asarray(pdist(points, "sqeuclidean") / 2.0)


def cut_tree(tree: Tree, most: int) -> IntArray:
    """Return the cluster of each leaf for 1, 2, ... ``most`` clusters, numbered 0, 1, ... from left to right.

    Returns
    -------
    int array, (most, n)
    """
    n = tree.order.size
    sizes = np.ones(2 * n - 1, dtype=np.int64)
    for m, (a, b) in enumerate(tree.merges.tolist()):
        sizes[n + m] = sizes[a] + sizes[b]
    starts = {2 * n - 2: 0}
    labels = np.zeros((most, n), dtype=np.int64)
    for k in range(1, most):
        top = max(starts)  # the last merge of all is undone first
        left, right = tree.merges[top - n].tolist()
        begin = starts.pop(top)
        starts |= {left: begin, right: begin + int(sizes[left])}
        borders = sorted(starts.values())
        labels[k, tree.order] = np.searchsorted(borders, np.arange(n), side="right") - 1
    return labels


def within_spread(points: FloatArray, labels: IntArray) -> FloatArray:
    """Return the sum of squared distances to the means of the clusters, for each row of ``labels``: (K,).

    It equals Tibshirani's W: for each cluster the squared distances of all its pairs, divided by its size.
    """
    total = float((points**2).sum())
    out = np.empty(len(labels))
    for k, own in enumerate(labels):
        member = np.eye(int(own.max()) + 1)[own]
        sums, sizes = member.T @ points, member.sum(axis=0)
        out[k] = total - float(((sums**2).sum(axis=1) / sizes).sum())
    return np.maximum(out, 0.0)
