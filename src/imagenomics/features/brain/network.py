"""Network measures of one patient's graph: nodes, and the network as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.connectivity import check_names
from imagenomics.features.brain.graph import shortest_lengths
from imagenomics.features.brain.rows import BRAIN, region_rows

APART = "{} of {} pairs of nodes have no way between them"
NO_EDGE = "the graph has no link"


def network_rows(
    weights: np.ndarray, regions: Sequence[str], *, partition: Sequence[str | int] | None = None
) -> pd.DataFrame:
    """Return the measures of each node and of the whole network.

    Parameters
    ----------
    weights : ndarray (p, p)
        Of :func:`imagenomics.features.brain.graph.make_graph`.
    regions : sequence of str
        Names of the nodes.
    partition : sequence, optional
        The *given* module of each node (an atlas of networks); modules found in one patient's own graph are not
        comparable between patients.

    Returns
    -------
    DataFrame
        For each node ``degree``, ``strength``, ``clustering``, ``local_efficiency``; for ``brain`` the means of
        the latter two, ``density``, ``global_efficiency``, ``path_length``, ``assortativity_degree``,
        ``assortativity_strength`` and, with a partition, ``modularity``.

    Raises
    ------
    InputError
        ``IGX-FEAT-133``: names that do not fit; ``IGX-FEAT-136``: not one module for each node.

    Source
    ------
    Rubinov and Sporns 2010, NeuroImage 52:1059.
    """
    names = check_names(regions, len(weights))
    nodes = {
        "degree": (weights > 0).sum(axis=1).astype(np.float64),
        "strength": weights.sum(axis=1),
        "clustering": clustering(weights),
        "local_efficiency": local_efficiency(weights),
    }
    whole: dict[str, float | str] = {
        "density": float((weights > 0).sum() / (len(weights) * (len(weights) - 1))),
        "mean_clustering": float(nodes["clustering"].mean()),
        "mean_local_efficiency": float(nodes["local_efficiency"].mean()),
        **_by_distance(weights),
        "assortativity_degree": assortativity(weights, nodes["degree"]),
        "assortativity_strength": assortativity(weights, nodes["strength"]),
    }
    if partition is not None:
        whole["modularity"] = modularity(weights, partition)
    by_node = {
        name: {feature: float(values[i]) for feature, values in nodes.items()} for i, name in enumerate(names)
    }
    return region_rows("network", {**by_node, BRAIN: whole})


def clustering(weights: np.ndarray) -> np.ndarray:
    """Return how closely the neighbours of each node (p,) are linked, weights relative to the largest; 0 below two.

    Source
    ------
    Onnela et al. 2005, Physical Review E 71:065103.
    """
    largest = weights.max()
    roots = np.cbrt(weights / largest) if largest > 0 else weights
    triangles = np.einsum("ij,ji->i", roots @ roots, roots)
    k = (weights > 0).sum(axis=1)
    return np.where(k > 1, triangles / np.maximum(k * (k - 1), 1), 0.0)


def global_efficiency(weights: np.ndarray) -> float:
    """Return the mean of 1 / length of the shortest way over all pairs; 0 for pairs without a way.

    Source
    ------
    Latora and Marchiori 2001, Physical Review Letters 87:198701.
    """
    n = len(weights)
    if n < 2:
        return 0.0
    lengths = shortest_lengths(weights)[~np.eye(n, dtype=bool)]
    return float((1.0 / lengths).sum() / (n * (n - 1)))


def local_efficiency(weights: np.ndarray) -> np.ndarray:
    """Return for each node (p,) the efficiency of the graph of its neighbours, without itself; 0 below two."""
    linked = weights > 0
    return np.array(
        [global_efficiency(weights[np.ix_(row, row)]) if row.sum() > 1 else 0.0 for row in linked]
    )


def path_length(weights: np.ndarray) -> float | str:
    """Return the mean length of the shortest ways, or the reason why there is none (the graph falls apart)."""
    return _by_distance(weights)["path_length"]


def assortativity(weights: np.ndarray, values: np.ndarray) -> float | str:
    """Return the correlation of a node's value over the two ends of all links (each link in both directions).

    Source
    ------
    Newman 2002, Physical Review Letters 89:208701.
    """
    rows, columns = np.nonzero(weights)
    if not len(rows):
        return NO_EDGE
    a, b = values[rows], values[columns]
    if a.std() <= 1e-12 * max(abs(a).max(), 1e-300):
        return "all ends of links have the same value"
    return float(np.corrcoef(a, b)[0, 1])


def modularity(weights: np.ndarray, partition: Sequence[str | int]) -> float | str:
    """Return how much more weight lies inside the given modules than the strengths of the nodes explain.

    Source
    ------
    Newman 2004, Physical Review E 70:056131.
    """
    modules = np.asarray([str(m) for m in partition], dtype=object)
    if len(modules) != len(weights):
        raise InputError(
            "IGX-FEAT-136",
            f"{len(modules)} modules for {len(weights)} nodes",
            expected="one module for each node",
            remedy="give the partition in the order of the nodes",
        )
    total = weights.sum()
    if total == 0:
        return NO_EDGE
    strength = weights.sum(axis=1)
    same = modules[:, None] == modules[None]
    return float(((weights - np.outer(strength, strength) / total) * same).sum() / total)


def _by_distance(weights: np.ndarray) -> dict[str, float | str]:
    """Return what follows from one table of shortest ways."""
    n = len(weights)
    lengths = shortest_lengths(weights)[~np.eye(n, dtype=bool)]
    apart = int(np.isinf(lengths).sum())
    return {
        "global_efficiency": float((1.0 / lengths).sum() / (n * (n - 1))),
        "path_length": APART.format(apart // 2, n * (n - 1) // 2) if apart else float(lengths.mean()),
    }
