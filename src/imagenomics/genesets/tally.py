"""Permutation p values of many sets at once, each ending when its answer is clear."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Tail = Literal["upper", "two-sided", "same-sign"]
EXCEEDANCES = 10
TIE = 1e-9
LEAST = 200  # draws whose mean scales an enrichment score


class Tally:
    """Counts of null draws that are as extreme as what was observed.

    The rule of :class:`imagenomics.resample.sequential.SequentialP` for each set: at the tenth exceedance, on draw
    l, p = 10 / l; at the last draw, with g exceedances, p = (g + 1) / (draws + 1). With the tail ``same-sign`` only
    draws of the observed sign count, above and below the line.

    Parameters
    ----------
    observed : array, (K,)
    tail : {"upper", "two-sided", "same-sign"}
    maximum : int
        Most draws.

    Source
    ------
    Besag & Clifford 1991, Biometrika 78:301.
    """

    def __init__(self, observed: FloatArray, *, tail: Tail, maximum: int) -> None:
        self.observed = observed
        self.tail: Tail = tail
        self.maximum = maximum
        size = observed.size
        self.drawn = 0
        self.above = np.zeros(size, dtype=np.int64)
        self.counted = np.zeros(size, dtype=np.int64)
        self.total = np.zeros(size)  # of the sizes of draws that scale the score
        self.scaled = np.zeros(size, dtype=np.int64)

    @property
    def active(self) -> npt.NDArray[np.intp]:
        """Sets whose next draw is needed."""
        if self.drawn >= self.maximum:
            return np.empty(0, dtype=np.intp)
        if self.drawn < min(LEAST, self.maximum):
            return np.arange(self.observed.size)
        return np.flatnonzero(self.above < EXCEEDANCES)

    def add(self, draws: FloatArray, active: npt.NDArray[np.intp]) -> None:
        """Take the next draws (B, len(active)) of the active sets."""
        seen = self.observed[active]
        slack = TIE * np.maximum(1.0, np.abs(seen))
        counts = np.ones(draws.shape, dtype=np.bool_)
        if self.tail == "same-sign":
            counts = np.where(seen >= 0, draws >= 0, draws < 0)
        reach, height = (draws, seen) if self.tail == "upper" else (np.abs(draws), np.abs(seen))
        above = counts & ~(reach < height - slack)
        so_far = self.above[active] + np.cumsum(above, axis=0)
        open_ = so_far - above < EXCEEDANCES  # before this draw the answer was not clear
        self.above[active] += (above & open_).sum(axis=0)
        self.counted[active] += (counts & open_).sum(axis=0)
        self.total[active] += np.where(counts, reach, 0.0).sum(axis=0)
        self.scaled[active] += counts.sum(axis=0)
        self.drawn += len(draws)

    @property
    def p(self) -> FloatArray:
        """P values (K,)."""
        clear = self.above >= EXCEEDANCES
        with np.errstate(divide="ignore", invalid="ignore"):
            ended = self.above / np.maximum(self.counted, 1)
        return np.where(clear, ended, (self.above + 1.0) / (self.counted + 1.0))

    @property
    def scale(self) -> FloatArray:
        """Mean size of the draws of the observed sign (K,); NaN where there was none."""
        return np.where(self.scaled > 0, self.total / np.maximum(self.scaled, 1), np.nan)
