"""Subdistribution hazards: what changes how many patients ever have the event, where another event can come first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROUNDS, HALVINGS, GAIN, FAR = 50, 12, 1e-13, 25.0


@dataclass(frozen=True)
class FineGray:
    """A fitted model of subdistribution hazards.

    Parameters
    ----------
    beta : array, (k,)
        Log subdistribution hazard ratios; not finite where there is no maximum.
    covariance : array, (k, k)
        Sandwich variance, with what the estimated weights of censoring add.
    log_likelihood : float
        Weighted log partial likelihood (Breslow's for ties).
    """

    beta: FloatArray
    covariance: FloatArray
    log_likelihood: float


class SubdistributionRisk:
    """Who counts as at risk, and how much, at each event of interest: those with a competing event stay on.

    Parameters
    ----------
    times : SurvivalTimes, (n,)
        Follow-up with its ``cause``, without late entry.
    strata : array of int, (n,), optional
        Baseline hazards, and chances of being censored, of their own.

    Source
    ------
    Fine & Gray 1999, JASA 94:496.
    """

    def __init__(self, times: SurvivalTimes, strata: IntArray | None = None) -> None:
        n = times.time.size
        codes = np.zeros(n, dtype=np.int64) if strata is None else strata
        cause = times.causes
        self.event = cause == 1
        self.parts = [
            _Part(rows, times.time[rows], cause[rows])
            for rows in (np.flatnonzero(codes == code) for code in np.unique(codes))
        ]

    def fit(self, X: FloatArray) -> FineGray:
        """Fit log hazard ratios of the columns of X (n, k), which vary and have mean 0 and a spread of about 1."""
        k = X.shape[1]
        beta = np.zeros(k)
        best, gradient, H = self._likelihood(X, beta)
        for _ in range(ROUNDS):
            try:
                step = np.linalg.solve(H, gradient)
            except np.linalg.LinAlgError:
                return _nothing(k)
            length, found = 1.0, (-np.inf, gradient, H)
            for _ in range(HALVINGS):
                found = self._likelihood(X, beta + length * step)
                if found[0] >= best - GAIN * (1.0 + abs(best)):
                    break
                length *= 0.5
            beta = beta + length * step
            gained, (best, gradient, H) = found[0] - best, found
            if gained <= GAIN * (1.0 + abs(best)):
                break
            if np.abs(beta).max() > FAR or not np.isfinite(best):
                return _nothing(k)
        inside = np.linalg.pinv(H)
        influence = self._influence(X, beta)
        return FineGray(beta, inside @ (influence.T @ influence) @ inside, float(best))

    def _likelihood(self, X: FloatArray, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        k = X.shape[1]
        total, gradient, H = 0.0, np.zeros(k), np.zeros((k, k))
        for part in self.parts:
            own = X[part.rows]
            eta = own @ beta
            s0, mean, pairs = part.sums(own, eta)
            happened = part.cause == 1
            total += float(eta[happened].sum() - part.deaths @ np.log(s0))
            gradient += own[happened].sum(axis=0) - part.deaths @ mean
            H += np.tensordot(part.deaths, pairs - mean[:, :, None] * mean[:, None, :], axes=1)
        return total, gradient, H

    def _influence(self, X: FloatArray, beta: FloatArray) -> FloatArray:
        """Return what each patient contributes to the score (n, k), the estimate of the weights included."""
        out = np.zeros_like(X)
        for part in self.parts:
            out[part.rows] = part.influence(X[part.rows], beta)
        return out


class _Part:
    """One stratum: times of the event of interest, and the weight of each patient at each of them."""

    def __init__(self, rows: npt.NDArray[np.intp], time: FloatArray, cause: IntArray) -> None:
        self.rows, self.time, self.cause = rows, time, cause
        self.moments, self.deaths = np.unique(time[cause == 1], return_counts=True)
        self.cuts = np.unique(time[cause == 0])
        place = np.searchsorted(self.cuts, time[cause == 0])
        self.left = np.bincount(place, minlength=self.cuts.size).astype(np.float64)
        # Of equal times the event comes first: it is no longer at risk of being censored.
        here = np.sort(np.where(cause > 0, time, np.inf))
        still = np.sort(time)
        gone = np.searchsorted(here, self.cuts, side="right") - np.searchsorted(here, self.cuts, side="left")
        self.at_risk = time.size - np.searchsorted(still, self.cuts, side="left") - gone
        chance = np.r_[1.0, np.cumprod(1.0 - self.left / np.maximum(self.at_risk, 1))]
        after = chance[np.searchsorted(self.cuts, self.moments, side="left")]
        own = chance[np.searchsorted(self.cuts, time, side="left")]
        kept = np.divide(after[:, None], own, out=np.zeros((after.size, own.size)), where=own > 0)
        over = (cause > 1) & (time < self.moments[:, None])
        self.weight = np.where(time >= self.moments[:, None], 1.0, np.where(over, kept, 0.0))
        self.over = over

    def sums(self, X: FloatArray, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return at each event time (m,) the weights' sum, the mean (m, k) and the mean of products (m, k, k)."""
        size = X.shape[1]
        risk = np.exp(eta)
        products = (X[:, :, None] * X[:, None, :]).reshape(len(X), -1)
        table = self.weight @ (risk[:, None] * np.hstack([np.ones((len(X), 1)), X, products]))
        s0 = table[:, 0]
        return (
            s0,
            table[:, 1 : 1 + size] / s0[:, None],
            (table[:, 1 + size :] / s0[:, None]).reshape(-1, size, size),
        )

    def influence(self, X: FloatArray, beta: FloatArray) -> FloatArray:
        """Return what each patient of the stratum contributes to the score (n, k)."""
        eta = X @ beta
        s0, mean, _ = self.sums(X, eta)
        hazard = self.deaths / s0
        counted = self.weight * np.exp(eta) * hazard[:, None]
        out = (mean.T @ counted).T - X * counted.sum(axis=0)[:, None]
        happened = self.cause == 1
        out[happened] += X[happened] - mean[np.searchsorted(self.moments, self.time[happened])]
        return np.asarray(out + self._censoring(X, mean, counted), dtype=np.float64)

    def _censoring(self, X: FloatArray, mean: FloatArray, counted: FloatArray) -> FloatArray:
        """Return what the estimated chance of being censored adds: q at each censoring time, over those at risk."""
        if not self.cuts.size or not self.over.any():
            return np.zeros_like(X)
        size = np.maximum(self.at_risk, 1).astype(np.float64)[:, None]
        own = self._shifts(X, mean, counted) / size
        spent = np.r_[np.zeros((1, X.shape[1])), np.cumsum(own * (self.left[:, None] / size), axis=0)]
        left = self.cause == 0
        before, upto = (np.searchsorted(self.cuts, self.time, side=side) for side in ("left", "right"))
        out = -spent[np.where(left, upto, before)]
        out[left] += own[before[left]]
        return out

    def _shifts(self, X: FloatArray, mean: FloatArray, counted: FloatArray) -> FloatArray:
        """Return how the score moves with the chance of being censored at each censoring time (c, k).

        That of patients who had a competing event by then, at all later events of interest.
        """
        other = np.flatnonzero(self.cause > 1)
        other = other[np.argsort(self.time[other], kind="stable")]
        late = np.where(self.over[:, other], counted[:, other], 0.0)
        after = np.searchsorted(self.moments, self.cuts, side="right")
        gone = self.time[other] <= self.cuts[:, None]

        def later(table: FloatArray) -> FloatArray:
            sums = np.vstack([table[::-1].cumsum(axis=0)[::-1], np.zeros((1, other.size))])
            return np.where(gone, sums[after], 0.0)

        means = [later(late * column[:, None]).sum(axis=1) for column in mean.T]
        return later(late) @ X[other] - np.column_stack(means)


def _nothing(k: int) -> FineGray:
    return FineGray(np.full(k, np.inf), np.full((k, k), np.nan), float("nan"))
