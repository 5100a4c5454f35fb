"""The running sum over ranked genes: how far a set's genes lie at one end of the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.genesets.set_index import SetIndex
from imagenomics.genesets.tally import Tail

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RunningSum:
    """The enrichment score (ES).

    From the largest statistic to the smallest, the sum rises by a gene's share of the set's ``|z|**weight`` where
    the gene is in the set and falls by one over the number of other genes where it is not. ES is the sum where it
    is farthest from zero, with its sign.

    Source
    ------
    Subramanian et al. 2005, PNAS 102:15545.
    """

    weight: float = 1.0
    tail: ClassVar[Tail] = "same-sign"
    effect_name: ClassVar[str] = "NES"
    test: ClassVar[str] = "running sum"

    def score(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return ES for each ranking ``z`` (B, G) and set, (B, K)."""
        return running_sums(np.ascontiguousarray(z), index.members, index.starts, self.weight)


@njit(cache=True, nogil=True, error_model="numpy")
def running_sums(z, members, starts, weight):  # type: ignore[no-untyped-def]
    """Return ES (B, K) of sets given as places, for rankings z (B, G); equal statistics keep the genes' order."""
    B, G = z.shape
    K = starts.size - 1
    out = np.zeros((B, K))
    rank = np.empty(G, np.int64)
    share = np.empty(G)
    for b in range(B):
        order = np.argsort(-z[b], kind="mergesort")
        for i in range(G):
            rank[order[i]] = i
            share[i] = abs(z[b, i]) ** weight
        for k in range(K):
            first, last = starts[k], starts[k + 1]
            m = last - first
            if m == 0 or m == G:
                continue
            places = np.sort(rank[members[first:last]])
            total = 0.0
            for j in range(m):
                total += share[order[places[j]]]
            step = 1.0 / (G - m)
            high, low, done = 0.0, 0.0, 0.0
            for j in range(m):
                fallen = (places[j] - j) * step
                low = min(low, done - fallen)
                done += share[order[places[j]]] / total if total > 0 else 1.0 / m
                high = max(high, done - fallen)
            out[b, k] = high if high >= -low else low
    return out


def leading_edge(z: FloatArray, places: npt.NDArray[np.int64], weight: float) -> npt.NDArray[np.int64]:
    """Return the set's genes up to where its running sum is farthest from zero, the strongest first."""
    order = np.argsort(-z, kind="stable")
    rank = np.empty(z.size, dtype=np.int64)
    rank[order] = np.arange(z.size)
    ranks = np.sort(rank[places])
    share = np.abs(z[order[ranks]]) ** weight
    share = share / share.sum() if share.sum() > 0 else np.full(len(places), 1.0 / max(len(places), 1))
    fallen = (ranks - np.arange(len(ranks))) / max(z.size - len(ranks), 1)
    after, before = np.cumsum(share) - fallen, np.cumsum(share) - share - fallen
    if after.max(initial=0.0) >= -before.min(initial=0.0):
        return order[ranks[: int(np.argmax(after)) + 1]]
    return order[ranks[int(np.argmin(before)) :]][::-1]
