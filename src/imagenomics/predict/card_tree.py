"""A fitted decision tree in plain numbers: which feature is cut where, and what each leaf says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.settings import Settings

LEAF = -1


class CardNode(Settings):
    """One node of a tree: a cut with two nodes below, or a leaf."""

    column: str = Field(default="", description="Feature that is cut; '' for a leaf.")
    at: float = Field(
        default=0.0, description="Patients up to this value go to 'low', in the feature's unit."
    )
    low: int = Field(default=LEAF, description="Place of the node for low values; -1 for a leaf.")
    high: int = Field(default=LEAF, description="Place of the node for high values; -1 for a leaf.")
    n: int = Field(ge=0, description="Training patients that come here.")
    value: float = Field(description="Share of the positive class, or mean of the number.")


def tree_nodes(
    estimator: Any, names: list[str], *, centre: np.ndarray, scale: np.ndarray
) -> tuple[CardNode, ...]:
    """Return the nodes of a tree that scikit-learn fitted to standardised columns, the root first."""
    tree = estimator.tree_
    binary = hasattr(estimator, "classes_")
    nodes = []
    for k in range(tree.node_count):
        value = tree.value[k].ravel()
        said = float(value[-1] / value.sum()) if binary and value.size > 1 else float(value[0])
        if binary and value.size == 1:
            said = float(estimator.classes_[0])
        if tree.children_left[k] < 0:
            nodes.append(CardNode(n=int(tree.n_node_samples[k]), value=said))
            continue
        j = int(tree.feature[k])
        nodes.append(
            CardNode(
                column=names[j],
                at=float(centre[j] + scale[j] * tree.threshold[k]),
                low=int(tree.children_left[k]),
                high=int(tree.children_right[k]),
                n=int(tree.n_node_samples[k]),
                value=said,
            )
        )
    return tuple(nodes)


def walk(nodes: tuple[CardNode, ...], values: pd.DataFrame) -> np.ndarray:
    """Return what the leaf of each row (n,) says; ``values`` has every column of the nodes, none missing."""
    found = np.empty(len(values))
    waiting = [(0, np.arange(len(values)))]
    while waiting:
        place, rows = waiting.pop()
        node = nodes[place]
        if node.low == LEAF:
            found[rows] = node.value
            continue
        below = values[node.column].to_numpy(dtype=np.float64)[rows] <= node.at
        waiting += [(node.low, rows[below]), (node.high, rows[~below])]
    return found
