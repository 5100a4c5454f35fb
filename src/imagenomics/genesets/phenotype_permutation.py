"""The null of patients: phenotypes are permuted, genes stay as correlated as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imagenomics.genesets.gene_panel import GenePanel
from imagenomics.genesets.set_index import SetIndex
from imagenomics.genesets.tally import Tail, Tally
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BLOCK = 100  # draws of one random stream


class SetStatistic(Protocol):
    """What is computed of each set from the statistics of the genes."""

    @property
    def tail(self) -> Tail:
        """Which draws count as extreme."""
        ...

    @property
    def effect_name(self) -> str:
        """What the effect is."""
        ...

    @property
    def test(self) -> str:
        """Name of the test."""
        ...

    def score(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return the statistic (B, K) of the sets for gene statistics ``z`` (B, G)."""
        ...


def permute_phenotype(
    statistic: SetStatistic,
    panel: GenePanel,
    x: FloatArray,
    index: SetIndex,
    *,
    strata: IntArray,
    maximum: int,
    stream: tuple[int, str, str],
) -> Tally:
    """Draw the statistics of all sets with the phenotype's patients permuted, until each answer is clear.

    Parameters
    ----------
    statistic : SetStatistic
    panel : GenePanel
    x : array, (n,)
        The phenotype without what the covariates explain: its residuals are permuted (Freedman & Lane), and the
        covariates are taken out of every draw again.
    index : SetIndex
    strata : int array, (n,)
        Patients move among those of the same number.
    maximum : int
    stream : (int, str, str)
        Seed, analysis and phenotype, which name the random streams.
    """
    from imagenomics.genesets.over_representation import HitCount

    measure = panel.p_values if isinstance(statistic, HitCount) else panel.statistics
    observed = statistic.score(measure(x[None]), index)[0]
    tally = Tally(observed, tail=statistic.tail, maximum=maximum)
    for orders in _orders(strata, maximum, stream):
        active = tally.active
        if not active.size:
            break
        tally.add(statistic.score(measure(x[orders]), index.take(active)), active)
    return tally


def _orders(strata: IntArray, maximum: int, stream: tuple[int, str, str]) -> Iterator[IntArray]:
    """Yield blocks of permutations; the last one is cut off at ``maximum``."""
    seed, analysis, feature = stream
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for block, start in enumerate(range(0, maximum, BLOCK)):
        random = generator(seed, "enrich", analysis, feature, block)
        orders = np.tile(np.arange(strata.size), (min(BLOCK, maximum - start), 1))
        for members in groups:
            if members.size > 1:
                orders[:, members] = random.permuted(orders[:, members], axis=1)
        yield orders
