"""Over-representation: more hits in the set than chance would put there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genesets.set_index import SetIndex, locate_sets
from imagenomics.genesets.tally import Tail
from imagenomics.stats.multiplicity import benjamini_hochberg

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HitCount:
    """How many hits a set has beyond the expected ones, in standard deviations of the hypergeometric distribution.

    Gene statistics come in as p values; the hits of a ranking are the genes with q of at most ``level``, so that the
    background is what was tested.
    """

    level: float = 0.05
    tail: ClassVar[Tail] = "upper"
    effect_name: ClassVar[str] = "fold enrichment"
    test: ClassVar[str] = "over-representation"

    def score(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return the standardised count of each set for gene p values ``z`` (B, G), (B, K)."""
        hits = self.hits(z)
        count = index.sums(hits.astype(np.float64))
        mean, variance = _moments(index.sizes, hits.sum(axis=1), z.shape[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(variance > 0, (count - mean) / np.sqrt(variance), 0.0)

    def hits(self, p: FloatArray) -> npt.NDArray[np.bool_]:
        """Return which genes are hits, (B, G)."""
        return np.stack([benjamini_hochberg(row) <= self.level for row in p])


def _moments(sizes: npt.NDArray[np.int64], hits: npt.NDArray[np.int64], genes: int) -> tuple[FloatArray, ...]:
    share = hits[:, None] / max(genes, 1)
    mean = sizes * share
    variance = mean * (1.0 - share) * (genes - sizes) / max(genes - 1, 1)
    return mean, variance


def hypergeometric_p(
    count: npt.ArrayLike, sizes: npt.ArrayLike, *, hits: npt.ArrayLike, genes: int
) -> FloatArray:
    """Return how probably ``sizes`` genes drawn from ``genes``, ``hits`` of them hits, hold ``count`` hits or more."""
    from scipy.stats import hypergeom

    return np.asarray(hypergeom.sf(np.asarray(count) - 1, genes, np.asarray(hits), np.asarray(sizes)))


def over_represented(
    hits: Iterable[str],
    background: Sequence[str],
    sets: Mapping[str, Sequence[str]],
    *,
    min_size: int = 1,
    min_matched: float = 0.0,
) -> pd.DataFrame:
    """Test a list of hits against sets, with the tested genes as background.

    Parameters
    ----------
    hits : iterable of str
        Genes that were found.
    background : sequence of str
        All genes that could have been found.
    sets : mapping
        Genes by set; those outside the background do not count.
    min_size : int
        Fewest genes of a set in the background.
    min_matched : float
        Smallest share of the sets' genes in the background.

    Returns
    -------
    DataFrame
        One row per set: ``set, size, size_tested, hits, expected, effect (fold), p, q``. The null draws genes, as if
        they were independent: with correlated genes p is too small, and no claim should rest on it alone.

    Raises
    ------
    InputError
        ``IGX-SETS-006``: a hit is not in the background; ``IGX-SETS-003`` to ``IGX-SETS-005``.
    """
    index = locate_sets(sets, background, min_matched=min_matched, where="background")
    place = {gene: i for i, gene in enumerate(background)}
    found = set(hits)
    strange = sorted(found - set(place))
    if strange:
        raise InputError(
            "IGX-SETS-006",
            f"{len(strange)} hits are not among the background genes: {short_list(strange)}",
            expected="every hit in the background, which holds all genes that were tested",
            remedy="give the tested genes as background, not the genome",
        )
    is_hit = np.zeros((1, len(place)))
    is_hit[0, [place[gene] for gene in found]] = 1.0
    count = index.sums(is_hit)[0]
    expected = index.sizes * len(found) / max(len(place), 1)
    p = hypergeometric_p(count, index.sizes, hits=len(found), genes=len(place))
    p = np.where(index.sizes >= min_size, p, np.nan)
    return pd.DataFrame(
        {
            "set": index.names,
            "size": [len(set(sets[name])) for name in index.names],
            "size_tested": index.sizes,
            "hits": count.astype(np.int64),
            "expected": expected,
            "effect": count / np.where(expected > 0, expected, np.nan),
            "p": p,
            "q": benjamini_hochberg(p),
        }
    )
