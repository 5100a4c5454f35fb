"""Trees of patients, features or targets, drawn beside a map of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.report import svg
from imagenomics.report.html import Html, el

FloatArray = npt.NDArray[np.float64]
MOST_MERGES = 1200  # of a larger tree the lowest merges are not drawn


@dataclass(frozen=True)
class Dendrogram:
    """A tree whose leaves stand at 0.5, 1.5, ...

    Parameters
    ----------
    names : tuple of str
        Leaves from left to right.
    forks : array, (merges, 5)
        Of each merge the place and height of its left part, of its right part, and its own height; the tree is 1 high.
    """

    names: tuple[str, ...]
    forks: FloatArray


def read_dendrogram(rows: pd.DataFrame) -> Dendrogram | None:
    """Return the tree of the rows of one side of ``cluster_trees.parquet``; None where they are none."""
    n = int((rows["left"] < 0).sum())
    if n < 2 or len(rows) != 2 * n - 1:
        return None
    ordered = rows.sort_values("node", kind="stable")
    leaf = ordered["leaf"].to_numpy(dtype=np.int64)
    height = ordered["height"].to_numpy(dtype=np.float64)
    height = height / (height.max() or 1.0)
    place = np.empty(2 * n - 1)
    place[:n] = leaf[:n] + 0.5
    sides = ordered[["left", "right"]].to_numpy(dtype=np.int64)[n:]
    forks = np.empty((n - 1, 5))
    for m, pair in enumerate(sides):
        a, b = sorted(pair.tolist(), key=lambda node: place[node])
        place[n + m] = (place[a] + place[b]) / 2.0
        forks[m] = place[a], height[a], place[b], height[b], height[n + m]
    names = ordered["name"].astype(str).to_numpy()[:n]
    return Dendrogram(tuple(names[np.argsort(leaf[:n])]), forks)


def draw_dendrogram(tree: Dendrogram, at: Callable[[float, float], svg.Point]) -> Html:
    """Return the tree as one path; ``at(place, height)`` says where a point of it lies."""
    kept = tree.forks[np.argsort(-tree.forks[:, 4], kind="stable")[:MOST_MERGES]]
    steps = []
    for left, low, right, low_right, high in kept.tolist():
        corners = (at(left, low), at(left, high), at(right, high), at(right, low_right))
        steps.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners))
    return el("path", attrs={"class": "dendrogram", "d": "".join(steps)})
