"""Two binary columns in strata: Breslow and Day's test of their odds ratios, and the one that they share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import OK
from imagenomics.associate.interaction.logistic import FALLBACK, firth_product
from imagenomics.associate.interaction.models import INCONSISTENCY, ODDS, Pairs
from imagenomics.associate.interaction.modifier import Coded
from imagenomics.associate.outcome import Block, Rules, blank, unknown
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import critical_z
from imagenomics.stats.mantel_haenszel import breslow_day, mantel_haenszel
from imagenomics.stats.tails import log_sf_chi2, p_and_log10
from imagenomics.stats.tested import Tested

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TEST = "interaction: Breslow-Day (Tarone)"


class TableProducts:
    """Tests whether the odds ratio of two binary columns differs between strata, without covariates.

    Parameters
    ----------
    features, targets : Side
        Binary columns.
    modifier : Coded
        Of levels.
    usable : bool array, (T, F, S)
        Strata that enter each pair.
    rules : Rules
    confidence : float
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        modifier: Coded,
        usable: BoolArray,
        rules: Rules,
        confidence: float,
    ) -> None:
        self.modifier, self.usable, self.confidence = modifier, usable, confidence
        self.pairs = Pairs(features.values, targets.values, modifier, usable, rules)
        self.cells = stratum_cells(features, targets, modifier)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        code, n = self.pairs.codes(), self.pairs.n
        found = np.full((*code.shape, 5), np.nan)
        for t, f in np.argwhere(code == OK):
            code[t, f] = self._test(int(t), int(f), found[t, f])
        statistic, df, effect, low, high = (blank(part, code) for part in np.moveaxis(found, 2, 0))
        p, neg = p_and_log10(log_sf_chi2(statistic, df))
        two = self.modifier.single
        with np.errstate(over="ignore"):
            ends = (np.exp(effect), np.exp(low), np.exp(high)) if two else (effect, low, high)
        return Block(
            test=TEST,
            effect_name=ODDS if two else INCONSISTENCY,
            n=n,
            code=code,
            effect=ends[0],
            ci_low=ends[1],
            ci_high=ends[2],
            statistic=statistic,
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
            fallback=FALLBACK,
        )

    def _test(self, t: int, f: int, found: FloatArray) -> int:
        """Fill statistic, degrees of freedom and the effect with its limits; return the code of the pair."""
        a, b, c, d = self.cells[:, t, f][:, self.usable[t, f]]
        tested = breslow_day((a, b, c, d))
        if np.isnan(tested.tarone):  # all strata agree on an odds ratio of 0 or infinity
            return self._firth(t, f, found)
        found[:2] = tested.tarone, tested.df
        if not self.modifier.single:
            found[2] = max(0.0, 1.0 - tested.df / tested.tarone) if tested.tarone > 0 else 0.0
            return OK
        half = 0.5 if min(part.min() for part in (a, b, c, d)) == 0 else 0.0
        a, b, c, d = a + half, b + half, c + half, d + half
        odds = np.log(a) + np.log(d) - np.log(b) - np.log(c)
        step = critical_z(self.confidence) * np.sqrt((1 / a + 1 / b + 1 / c + 1 / d).sum())
        ratio = float(odds[1] - odds[0])
        found[2:] = ratio, ratio - step, ratio + step
        return OK

    def _firth(self, t: int, f: int, found: FloatArray) -> int:
        rows = self.pairs.rows(t, f)
        x, m = self.pairs.predictors[rows, t][:, None], self.modifier.columns(rows)
        nuisance = np.hstack([np.ones((rows.size, 1)), m, x])
        code = firth_product(
            x * m, self.pairs.responses[rows, f], nuisance, confidence=self.confidence, found=found
        )
        if not self.modifier.single:
            found[2:] = np.nan
        return code


def stratum_cells(features: Side, targets: Side, modifier: Coded) -> FloatArray:
    """Return the four cells of every pair in every stratum, (4, T, F, S): both, one, the other, neither."""
    out = np.empty((4, len(targets.names), len(features.names), len(modifier.levels)))
    for k in range(len(modifier.levels)):
        own = modifier.codes == k
        f1, f0 = ((features.values[own] == v).astype(np.float64) for v in (1, 0))
        t1, t0 = ((targets.values[own] == v).astype(np.float64) for v in (1, 0))
        out[:, :, :, k] = t1.T @ f1, t0.T @ f1, t1.T @ f0, t0.T @ f0
    return out


def common_odds(cells: FloatArray, usable: BoolArray, *, confidence: float) -> Tested | None:
    """Return the odds ratio that the strata of one pair share; None where no stratum compares anything."""
    used = cells[:, usable]
    margins = np.stack([used[0] + used[1], used[2] + used[3], used[0] + used[2], used[1] + used[3]])
    if not used.size or not (margins.min(axis=0) > 0).any():
        return None
    return mantel_haenszel(tuple(used), confidence=confidence)
