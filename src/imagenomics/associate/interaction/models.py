"""What all tests of products share: who enters a pair, why one is refused, and what its effect is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEW, FEW_STRATA, OK, SMALL_GROUP
from imagenomics.associate.interaction.modifier import Coded
from imagenomics.associate.outcome import Rules
from imagenomics.associate.sides import NUMERIC, Side

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
SLOPES, DIFFERENCES = "difference of slopes", "difference of differences in SD"
SLOPE_PER_SD, DIFFERENCE_PER_SD = "change of slope per SD", "change of difference in SD per SD"
ODDS, ODDS_PER_SD = "ratio of odds ratios", "ratio of odds ratios per SD"
INCONSISTENCY = "I squared of odds ratios"
MEASURES = (SLOPES, DIFFERENCES, SLOPE_PER_SD, DIFFERENCE_PER_SD, ODDS, ODDS_PER_SD, INCONSISTENCY)


@dataclass(frozen=True)
class Pairs:
    """The patients of every pair of a response with a predictor.

    Parameters
    ----------
    responses, predictors : arrays, (N, R) and (N, P)
        NaN for missing.
    modifier : Coded
    usable : bool array, (P, R, S)
        Strata that enter each pair.
    rules : Rules
    """

    responses: FloatArray
    predictors: FloatArray
    modifier: Coded
    usable: BoolArray
    rules: Rules

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of predictors and responses."""
        return self.predictors.shape[1], self.responses.shape[1]

    @property
    def n(self) -> npt.NDArray[np.int32]:
        """Return the patients of each pair in the strata that enter it; of a refused pair those with both values."""
        seen, known = ~np.isnan(self.responses), (~np.isnan(self.predictors)).astype(np.float64)
        n, whole = np.zeros(self.shape), known.T @ seen
        for k in range(len(self.modifier.levels)):
            own = self.modifier.codes == k
            n += np.where(self.usable[:, :, k], known[own].T @ seen[own], 0.0)
        return np.where(self.testable, n, whole).astype(np.int32)

    @property
    def testable(self) -> BoolArray:
        """Return which pairs have enough strata."""
        least = 1 if self.modifier.scores is not None else 2
        return np.asarray(self.usable.sum(axis=2) >= least)

    def codes(self) -> npt.NDArray[np.int8]:
        """Return ``OK`` for the pairs with enough strata, and for others why they are refused."""
        if self.modifier.scores is None:
            return np.where(self.testable, OK, FEW_STRATA).astype(np.int8)
        small = np.where(self.n < self.rules.patients, FEW, SMALL_GROUP)
        return np.where(self.testable, OK, small).astype(np.int8)

    def rows(self, predictor: int, response: int) -> IntArray:
        """Return the patients of one pair."""
        known = ~np.isnan(self.responses[:, response]) & ~np.isnan(self.predictors[:, predictor])
        return np.flatnonzero(known & self.usable[predictor, response][self.modifier.codes])

    def groups(self) -> Iterator[tuple[int, IntArray, IntArray]]:
        """Return each predictor with the responses of its testable pairs that share their patients, and those."""
        seen = ~np.isnan(self.responses)
        for p in range(self.shape[0]):
            able = np.flatnonzero(self.testable[p])
            if not able.size:
                continue
            known = ~np.isnan(self.predictors[:, p])
            masks = seen[:, able] & known[:, None] & self.usable[p][able][:, self.modifier.codes].T
            kinds, place = np.unique(masks, axis=1, return_inverse=True)
            for k in range(kinds.shape[1]):
                yield p, able[place.reshape(-1) == k], np.flatnonzero(kinds[:, k])


def names_of_products(predictor: Side, modifier: Coded) -> str:
    """Return what the effect of a single product in a linear model is called; nothing where it has no direction."""
    if not modifier.single or (predictor.kinds == "categorical").any():
        return ""
    numeric = bool(np.isin(predictor.kinds, NUMERIC).all())
    if modifier.scores is None:
        return SLOPES if numeric else DIFFERENCES
    return SLOPE_PER_SD if numeric else DIFFERENCE_PER_SD
