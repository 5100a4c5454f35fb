"""The null of genes: places in the ranked list are permuted, as if genes were independent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genesets.phenotype_permutation import BLOCK, SetStatistic
from imagenomics.genesets.running_sum import RunningSum, leading_edge
from imagenomics.genesets.set_index import SetIndex, locate_sets
from imagenomics.genesets.tally import Tally
from imagenomics.stats.multiplicity import benjamini_hochberg
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]


def permute_genes(
    statistic: SetStatistic, z: FloatArray, index: SetIndex, *, maximum: int, stream: tuple[int, str, str]
) -> Tally:
    """Draw the statistics of all sets with the genes of the ranking ``z`` (G,) permuted, until each answer is clear."""
    seed, analysis, feature = stream
    tally = Tally(statistic.score(z[None], index)[0], tail=statistic.tail, maximum=maximum)
    for block, start in enumerate(range(0, maximum, BLOCK)):
        active = tally.active
        if not active.size:
            break
        random = generator(seed, "enrich genes", analysis, feature, block)
        draws = np.stack([random.permutation(z) for _ in range(min(BLOCK, maximum - start))])
        tally.add(statistic.score(draws, index.take(active)), active)
    return tally


def enrich_ranking(
    ranking: pd.Series,
    sets: Mapping[str, Sequence[str]],
    *,
    weight: float = 1.0,
    permutations: int = 1000,
    min_size: int = 10,
    max_size: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Test sets on a ranked list of genes that was made elsewhere (pre-ranked GSEA).

    Parameters
    ----------
    ranking : Series
        One number per gene; the index holds the genes, each once.
    sets : mapping
        Genes by set.
    weight : float
        Exponent of the running sum.
    permutations : int
        Most draws of the gene null.
    min_size, max_size : int
        Sets with fewer or more genes in the list are rows without a test.
    seed : int

    Returns
    -------
    DataFrame
        ``set, size, size_tested, es, effect (NES), p, q, leading, status, reason``. The null draws genes as if they
        were independent. Without patients nothing says how correlated they are, so no row is a verdict.

    Raises
    ------
    InputError
        ``IGX-SETS-007``: the ranking has missing or infinite numbers, or a gene twice; ``IGX-SETS-003``,
        ``IGX-SETS-004``.
    """
    values = _checked(ranking)
    genes = [str(gene) for gene in ranking.index]
    index = locate_sets(sets, genes, min_matched=0.0, where="ranking")
    usable = np.flatnonzero((index.sizes >= min_size) & (index.sizes <= min(max_size, len(genes) - 1)))
    statistic = RunningSum(weight)
    tally = permute_genes(statistic, values, index.take(usable), maximum=permutations, stream=(seed, "", ""))
    columns = {name: np.full(len(index.names), np.nan) for name in ("es", "effect", "p")}
    columns["es"][usable] = tally.observed
    columns["effect"][usable] = tally.observed / tally.scale
    columns["p"][usable] = tally.p
    leading = [""] * len(index.names)
    for k in usable.tolist():
        leading[k] = "|".join(genes[i] for i in leading_edge(values, index.set(k), weight))
    tested = np.isin(np.arange(len(index.names)), usable)
    reason = f"not {min_size} to {max_size} of its genes are in the ranking"
    return pd.DataFrame(
        {
            "set": index.names,
            "size": [len(set(sets[name])) for name in index.names],
            "size_tested": index.sizes,
            **columns,
            "q": benjamini_hochberg(columns["p"]),
            "leading": leading,
            "status": np.where(tested, "ok", "not tested"),
            "reason": np.where(tested, "", reason),
        }
    )


def _checked(ranking: pd.Series) -> FloatArray:
    values = pd.to_numeric(ranking, errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(values) | ranking.index.duplicated()
    if bad.any():
        raise InputError(
            "IGX-SETS-007",
            f"the ranking has genes without a finite number, or twice: {short_list(ranking.index[bad])}",
            expected="one finite number for each gene",
            remedy="leave genes without a number out, and decide which row of a gene counts",
        )
    return values
