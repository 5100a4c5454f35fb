"""Whether several groups lie at one height: the Kruskal-Wallis test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.explained import epsilon_squared
from imagenomics.stats.rank_sums import kruskal_h
from imagenomics.stats.ranks import midranks, tie_term
from imagenomics.stats.samples import groups
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


def kruskal(
    samples: Sequence[npt.ArrayLike], *, draws: int = 0, seed: int = 0, confidence: float = 0.95
) -> Tested:
    """Test whether k groups come from one distribution.

    Parameters
    ----------
    samples : k arrays
        Measurements of each group; missing ones are left out.
    draws : int
        Bootstrap draws (within groups) for an interval of the effect; none is known in closed form.
    seed : int
    confidence : float

    Returns
    -------
    Tested
        The effect is rank epsilon squared, H / (n - 1); p is that of chi-square with k - 1 degrees of freedom.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than two groups, or an empty one.

    Source
    ------
    Kruskal & Wallis 1952, Journal of the American Statistical Association 47:583.
    """
    parts = groups(samples)
    h, df = _h(parts)
    n = sum(x.size for x in parts)
    low = high = np.nan
    if draws > 0:
        random = np.random.default_rng(seed)
        drawn = [
            float(epsilon_squared(_h([random.choice(x, x.size) for x in parts])[0], n)) for _ in range(draws)
        ]
        low, high = np.nanquantile(drawn, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    return tested(epsilon_squared(h, n), low, high, h, df, special.chdtrc(df, h))


def rank_sums(parts: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, float]:
    """Return sums of midranks and sizes of groups, and the tie term of all values."""
    everything = np.concatenate(list(parts))
    ranks, borders = midranks(everything), np.cumsum([x.size for x in parts])[:-1]
    sums = np.array([part.sum() for part in np.split(ranks, borders)])
    return sums, np.array([float(x.size) for x in parts]), tie_term(everything)


def _h(parts: Sequence[FloatArray]) -> tuple[float, float]:
    sums, sizes, ties = rank_sums(parts)
    if ties >= sizes.sum() ** 3 - sizes.sum():
        return 0.0, len(parts) - 1.0
    h, df = kruskal_h(sums, sizes, np.asarray(ties))
    return float(h), float(df)
