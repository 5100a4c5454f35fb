"""Who is at risk when somebody has the event, and the partial likelihood of Cox models that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.stats.ranks import run_starts
from imagenomics.stats.signed_times import split_times

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LEAST = 1e-280  # weight at risk below which its digits are lost


@dataclass(frozen=True)
class RiskSets:
    """Risk sets of n patients with d events, ties handled by Efron's method.

    Patients stand from the longest time to the shortest, so those at risk at a time are all up to a place.

    Parameters
    ----------
    order : array of int, (n,)
        Rows from the longest time to the shortest.
    events : array of int, (d,)
        Places of those with the event.
    last : array of int, (d,)
        Last place at risk at each event.
    tie : array of int, (d,)
        Which group of equal event times each event is of.
    share : array, (d,)
        How much of its own group is taken away from the risk set: 0, 1/m, ... (m - 1)/m among m tied events.
    """

    order: IntArray
    events: IntArray
    last: IntArray
    tie: IntArray
    share: FloatArray

    @classmethod
    def of(cls, signed: npt.ArrayLike) -> RiskSets:
        """Return the risk sets of signed times (n,); ``IGX-STAT-060`` where these are none."""
        time, happened = split_times(signed)
        order = np.argsort(-time, kind="stable").astype(np.int64)
        events = np.flatnonzero(happened[order]).astype(np.int64)
        times = time[order]
        last = np.searchsorted(-times, -times[events], side="right").astype(np.int64) - 1
        starts = run_starts(last.astype(np.float64))
        sizes = np.diff(np.append(starts, last.size))
        tie = np.repeat(np.arange(starts.size), sizes).astype(np.int64)
        share = (np.arange(last.size) - np.repeat(starts, sizes)) / np.repeat(sizes, sizes)
        return cls(order, events, last, tie, share)

    def log_likelihood(self, eta: FloatArray) -> Any:
        """Return the log partial likelihood of linear predictors (n,), or of each column (n, s) as an array (s,)."""
        if self.events.size == 0:
            return np.zeros(eta.shape[1:])
        sorted_eta = eta[self.order]
        top = sorted_eta.max(axis=0)
        at_risk = self._at_risk(np.exp(sorted_eta - top))
        if at_risk.min() < LEAST:  # beside one huge predictor the others would weigh nothing
            return (sorted_eta[self.events] - self._log_at_risk(sorted_eta)).sum(axis=0)
        return (sorted_eta[self.events] - top - np.log(at_risk)).sum(axis=0)

    def residuals(self, eta: FloatArray | None = None) -> FloatArray:
        """Return martingale residuals (n,), of a model that says the same of everybody where ``eta`` is not given.

        They are the derivative of the log partial likelihood by the linear predictor: with 0/1 columns of groups their
        sums are the numerators of log-rank tests.
        """
        n = self.order.size
        eta = np.zeros(n) if eta is None else eta[self.order]
        weight = np.exp(eta - eta.max())
        hazard = np.zeros(n)
        if self.events.size:
            step = 1.0 / self._at_risk(weight)
            hazard = np.bincount(self.last, weights=step, minlength=n)[::-1].cumsum()[::-1]
            hazard[self.events] -= np.bincount(self.tie, weights=self.share * step)[self.tie]
        found = np.empty(n)
        found[self.order] = -weight * hazard
        found[self.order[self.events]] += 1.0
        return found

    def _log_at_risk(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of what ``_at_risk`` returns, of predictors of any size."""
        starts = run_starts(self.tie.astype(np.float64))
        everybody = np.logaddexp.accumulate(eta, axis=0)[self.last]
        tied = np.logaddexp.reduceat(eta[self.events], starts, axis=0)[self.tie]
        share = self.share.reshape(-1, *(1,) * (eta.ndim - 1))
        return np.asarray(everybody + np.log1p(-share * np.exp(np.minimum(tied - everybody, 0.0))))

    def _at_risk(self, weight: FloatArray) -> FloatArray:
        """Return the weight of each risk set (d, ...), its share of the tied events taken away."""
        tied = np.add.reduceat(weight[self.events], run_starts(self.tie.astype(np.float64)), axis=0)[self.tie]
        share = self.share.reshape(-1, *(1,) * (weight.ndim - 1))
        return np.cumsum(weight, axis=0)[self.last] - share * tied
