"""Dispersions of counts: each gene's own, the trend over the level, and what the trend makes of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.differential.count_models import fit_counts, information

FloatArray = npt.NDArray[np.float64]
LOWEST = 1e-8
GRID = 15
HALVINGS = 32
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
OUTLYING = 2.0  # standard deviations above the trend from which a gene keeps its own dispersion
LEAST_SPREAD = 0.25  # of the prior
RATIOS = (1e-4, 15.0)  # to the trend, outside of which a gene does not shape it


class Trended(NamedTuple):
    """Dispersions of all genes, (G,): own and trend; the means (N, G) that they were fitted to."""

    own: FloatArray
    trend: FloatArray
    mean: FloatArray


class Dispersions(NamedTuple):
    """Dispersions of all genes, (G,): own, trend, and final; spread of the prior (variance of the logs)."""

    own: FloatArray
    trend: FloatArray
    final: FloatArray
    spread: float


def shrink_dispersions(counts: FloatArray, design: FloatArray, factors: FloatArray) -> Dispersions:
    """Return dispersions shrunk to their trend over the mean of the counts.

    Parameters
    ----------
    counts : array, (N, G)
        No gene without reads.
    design : array, (N, K)
    factors : array, (N,)
        Size factors.

    Source
    ------
    Love, Huber & Anders 2014, Genome Biology 15:550, Methods; the adjusted likelihood: Cox & Reid 1987, Journal of the
    Royal Statistical Society B 49:1.
    """
    df, top = len(counts) - design.shape[1], _top(counts)
    own, trend, mean = trended_dispersions(counts, design, factors)
    fit = own >= 100 * LOWEST
    away = np.log(own[fit]) - np.log(trend[fit])
    noise = float(np.median(np.abs(away - np.median(away)))) * 1.482602218505602 if fit.any() else 0.0
    spread = max(noise**2 - float(special.polygamma(1, df / 2.0)), LEAST_SPREAD)
    final = best_dispersions(counts, mean, design, top=top, centre=np.log(trend), spread=spread)
    far = np.log(own) > np.log(trend) + OUTLYING * noise
    return Dispersions(own, trend, np.where(far, own, final), spread)


def trended_dispersions(counts: FloatArray, design: FloatArray, factors: FloatArray) -> Trended:
    """Return the dispersions of the largest adjusted likelihood, and their trend over the mean of the counts.

    Parameters
    ----------
    As in :func:`shrink_dispersions`.
    """
    top = _top(counts)
    level = (counts / factors[:, None]).mean(axis=0)
    rough = rough_dispersions(counts, design, factors, top=top)
    mean = fit_counts(counts, design, np.log(factors), rough).mean
    own = best_dispersions(counts, mean, design, top=top)
    return Trended(own, trend_of(own, level), mean)


def _top(counts: FloatArray) -> float:
    """Return the largest dispersion that is looked for."""
    return max(10.0, float(len(counts)))


def rough_dispersions(
    counts: FloatArray, design: FloatArray, factors: FloatArray, *, top: float
) -> FloatArray:
    """Return dispersions by moments: the smaller of those of a linear model and of the plain variance."""
    scaled = counts / factors[:, None]
    fitted = np.maximum(design @ np.linalg.lstsq(design, scaled, rcond=None)[0], 1.0)
    df = len(counts) - design.shape[1]
    residual = (((scaled - fitted) ** 2 - fitted) / fitted**2).sum(axis=0) / df
    level = scaled.mean(axis=0)
    moments = (scaled.var(axis=0, ddof=1) - (1.0 / factors).mean() * level) / level**2
    return np.asarray(np.clip(np.minimum(np.maximum(residual, 0.0), moments), LOWEST, top))


def best_dispersions(
    counts: FloatArray,
    mean: FloatArray,
    design: FloatArray,
    *,
    top: float,
    centre: FloatArray | None = None,
    spread: float = 1.0,
) -> FloatArray:
    """Return the dispersions with the largest adjusted likelihood, (G,); with a normal prior on logs where given.

    Found on a grid of logs, then by golden sections around its best point.
    """
    low, high = np.log(LOWEST), np.log(top)
    grid = np.linspace(low, high, GRID)

    def value(logs: FloatArray) -> FloatArray:
        found = profile(logs, counts, mean, design)
        return found if centre is None else found - (logs - centre) ** 2 / (2.0 * spread)

    genes = counts.shape[1]
    best = np.argmax([value(np.full(genes, point)) for point in grid], axis=0)
    a, b = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    at_c, at_d = value(c), value(d)
    for _ in range(HALVINGS):
        left = at_c > at_d
        a, b = np.where(left, a, c), np.where(left, d, b)
        inner = np.where(left, b - GOLDEN * (b - a), a + GOLDEN * (b - a))
        new = value(inner)
        c, d = np.where(left, inner, d), np.where(left, c, inner)
        at_c, at_d = np.where(left, new, at_d), np.where(left, at_c, new)
    return np.asarray(np.exp((a + b) / 2.0))


def profile(logs: FloatArray, counts: FloatArray, mean: FloatArray, design: FloatArray) -> FloatArray:
    """Return the Cox-Reid adjusted log likelihood of each gene at the log dispersions, (G,)."""
    size = np.exp(-logs)
    likelihood = special.gammaln(counts + size) - special.gammaln(size)
    likelihood -= (counts + size) * np.log1p(mean / size)
    likelihood += special.xlogy(counts, mean / size)
    _, adjusted = np.linalg.slogdet(information(mean / (1.0 + mean / size), design))
    return np.asarray(likelihood.sum(axis=0) - 0.5 * adjusted)


def trend_of(own: FloatArray, level: FloatArray) -> FloatArray:
    """Return the trend a0 + a1 / level, or the trimmed mean of all where none with positive terms fits."""
    used = own >= 100 * LOWEST
    if used.sum() < 10:
        return np.full(own.size, float(np.median(own)))
    a = np.array([0.1, 1.0])
    for _ in range(20):
        ratio = own / (a[0] + a[1] / level)
        kept = used & (ratio > RATIOS[0]) & (ratio < RATIOS[1])
        new = _gamma_line(own[kept], 1.0 / level[kept], a)
        if new is None:
            ordered = np.sort(own[used])
            cut = int(ordered.size * 0.001)
            return np.full(own.size, float(ordered[cut : ordered.size - cut].mean()))
        moved = float((np.log(new / a) ** 2).sum())
        a = new
        if moved < 1e-6:
            break
    return np.asarray(a[0] + a[1] / level)


def _gamma_line(y: FloatArray, x: FloatArray, start: FloatArray) -> FloatArray | None:
    """Fit y ~ a0 + a1 x with gamma errors by reweighting; None where a term is not positive."""
    design = np.column_stack([np.ones(x.size), x])
    a = start
    for _ in range(50):
        fitted = design @ a
        if not (fitted > 0).all():
            return None
        weights = 1.0 / fitted**2
        new = np.linalg.lstsq(design * np.sqrt(weights)[:, None], y * np.sqrt(weights), rcond=None)[0]
        still = np.abs(new - a).max() <= 1e-10 * np.abs(a).max()
        a = new
        if still:
            break
    return a if (a > 0).all() else None
