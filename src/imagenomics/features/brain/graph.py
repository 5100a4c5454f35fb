"""A matrix of links as a weighted undirected graph: which links count, and how far two nodes lie apart."""

from __future__ import annotations

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.brain.settings import GraphSettings


def make_graph(matrix: np.ndarray, *, settings: GraphSettings) -> np.ndarray:
    """Return the weights (p, p) of a graph: symmetric, not negative, zeros in the diagonal and where no link is.

    Parameters
    ----------
    matrix : ndarray (p, p)
        Strength of each link; the diagonal is not used.
    settings : GraphSettings
        What becomes of negative links, and which links stay. With ``density`` the strongest links stay; of equal
        ones at the border those of the earlier nodes.

    Raises
    ------
    InputError
        ``IGX-FEAT-134``: not square, not symmetric or not finite; ``IGX-FEAT-135``: negative links that nobody
        declared.
    """
    weights = np.array(matrix, dtype=np.float64)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or len(weights) < 2:
        raise _bad(f"its shape is {weights.shape}")
    np.fill_diagonal(weights, 0.0)
    if not np.isfinite(weights).all():
        raise _bad(f"{int((~np.isfinite(weights)).any(axis=0).sum())} nodes have links that hold no number")
    if not np.allclose(weights, weights.T, rtol=1e-10, atol=1e-12):
        raise _bad("it is not symmetric")
    weights = (weights + weights.T) / 2
    if settings.negative == "refuse" and (weights < 0).any():
        raise InputError(
            "IGX-FEAT-135",
            f"{int((weights < 0).sum()) // 2} links are negative",
            expected="links of 0 or more: measures of a graph are not defined for others",
            remedy='declare negative = "drop" or "absolute"',
        )
    weights = np.abs(weights) if settings.negative == "absolute" else np.maximum(weights, 0.0)
    if settings.density is not None:
        weights = _strongest(weights, settings.density)
    return (weights > 0).astype(np.float64) if settings.binary else weights


def shortest_lengths(weights: np.ndarray) -> np.ndarray:
    """Return the length (p, p) of the shortest way between each two nodes; a link is 1 / weight long.

    Nodes without a way between them are infinitely far apart.

    Source
    ------
    Floyd 1962, Communications of the ACM 5:345.
    """
    with np.errstate(divide="ignore"):
        lengths = np.where(weights > 0, 1.0 / np.where(weights > 0, weights, 1.0), np.inf)
    np.fill_diagonal(lengths, 0.0)
    for k in range(len(lengths)):
        np.minimum(lengths, lengths[:, k, None] + lengths[k], out=lengths)
    return lengths


def _strongest(weights: np.ndarray, density: float) -> np.ndarray:
    rows, columns = np.triu_indices(len(weights), 1)
    values = weights[rows, columns]
    n = round(density * len(values))
    order = np.argsort(-values, kind="stable")[:n]
    kept = np.zeros_like(weights)
    kept[rows[order], columns[order]] = values[order]
    return kept + kept.T


def _bad(what: str) -> InputError:
    return InputError(
        "IGX-FEAT-134",
        f"the matrix is no graph: {what}",
        expected="a symmetric matrix of numbers, one row and column for each node",
        remedy="leave out regions with a constant series, or this patient",
    )
