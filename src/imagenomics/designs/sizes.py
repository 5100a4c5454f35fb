"""How large a planted effect is: every published way of writing it becomes a shift of a hidden normal variable.

What follows is a normal variable of standard deviation 1 within the groups of what drives it. Then a difference of two
groups is a shift d, a table of counts the shift between the two quantiles, a correlation stays what it is. Half of an
effect is half of that shift.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from imagenomics.designs.models import Effect, Phenotype

SD_OF_LOGISTIC = math.pi / math.sqrt(3)
LARGEST_R = 0.95


def shift_of_groups(effect: Effect, groups: tuple[int, int], phenotype: Phenotype | None) -> float:
    """Return by how many standard deviations ``on`` is higher with the molecule than without.

    Parameters
    ----------
    effect : Effect
    groups : (int, int)
        Patients with and without the molecule.
    phenotype : Phenotype or None
        What follows, for `means`; None where it is no phenotype.

    Source
    ------
    Hanley & McNeil 1982, Radiology 143:29 (AUC of two normal groups); Chinn 2000, Statistics in Medicine 19:3127
    (odds ratio to a difference).
    """
    if effect.d is not None:
        return effect.d
    if effect.auc is not None:
        return math.sqrt(2.0) * float(special.ndtri(effect.auc))
    if effect.counts is not None:
        (k1, n1), (k0, n0) = effect.counts
        return float(special.ndtri(_share(k1, n1)) - special.ndtri(_share(k0, n0)))
    if effect.means is not None and phenotype is not None:
        return (effect.means[0] - effect.means[1]) / phenotype.sd
    if effect.odds_ratio is not None:
        continuous = phenotype is not None and not phenotype.levels
        return math.log(effect.odds_ratio) / (1.0 if continuous else SD_OF_LOGISTIC)
    if effect.p is not None:
        t = float(stats.t.isf(effect.p / 2, sum(groups) - 2))
        d = effect.sign * t * math.sqrt(1 / groups[0] + 1 / groups[1])
        return d / _kept(phenotype)
    if effect.r is not None:  # point-biserial
        share = groups[0] / sum(groups)
        return effect.r / math.sqrt((1 - effect.r**2) * share * (1 - share))
    raise ValueError(f"the effect of '{effect.of}' on '{effect.on}' has no size for two groups")


def correlation(effect: Effect, n: int, phenotype: Phenotype | None = None) -> float:
    """Return the correlation of two numbers that an effect stands for."""
    if effect.r is not None:
        return effect.r
    if effect.p is not None:
        t = float(stats.t.isf(effect.p / 2, n - 2))
        r = effect.sign * t / math.sqrt(n - 2 + t * t) / _kept(phenotype)
        return max(-LARGEST_R, min(r, LARGEST_R))
    d = shift_of_groups(effect, (n // 2, n - n // 2), None)
    return d / math.sqrt(d * d + 4.0)


def _kept(phenotype: Phenotype | None) -> float:
    """Return the correlation of a hidden variable with the levels that are read of it; 1 of what has no levels.

    A printed p is of the levels: what lies behind them must be this much more different.
    """
    if phenotype is None or len(phenotype.shares) < 2:
        return 1.0
    shares = np.array(phenotype.shares) / sum(phenotype.shares)
    borders = special.ndtri(np.cumsum(shares)[:-1])
    density = np.exp(-(borders**2) / 2) / math.sqrt(2 * math.pi)
    score = np.cumsum(shares) - shares / 2  # mid-ranks
    spread = math.sqrt(float(np.sum(shares * (score - 0.5) ** 2)))
    return float(np.sum(density * np.diff(score))) / spread


def _share(count: float, of: float) -> float:
    """Return a share that is never 0 or 1."""
    return (count + 0.5) / (of + 1.0) if count in (0, of) else count / of
