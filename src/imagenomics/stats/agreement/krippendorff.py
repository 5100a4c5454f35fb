"""Krippendorff's alpha: agreement of any number of readers, any level of measurement, ratings missing."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError, unknown_name
from imagenomics.stats.agreement.estimate import Estimate, FloatArray, numbers
from imagenomics.stats.agreement.kappa import missing
from imagenomics.stats.effects import critical_z
from imagenomics.work.seeds import generator

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = get_args(Level)
EXACT = 1e-12


def krippendorff_alpha(
    ratings: npt.ArrayLike,
    *,
    level: Level,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate:
    """Say how far readers agree beyond chance: 1 is perfect, 0 is chance, below 0 is worse.

    Parameters
    ----------
    ratings : array, (n, k)
        What each of k readers said of each of n patients; None or NaN where nothing. Patients with fewer than two
        ratings do not count. Numbers, except for the nominal level.
    level : {"nominal", "ordinal", "interval", "ratio"}
        Which differences of ratings mean something.
    draws : int
        Bootstrap samples of patients behind the interval; 0 for none.
    seed : int
    confidence : float

    Returns
    -------
    Estimate
        NaN where all ratings are equal. The interval is that of the percentiles over samples of patients, NaN
        when fewer than half of the samples define alpha, or all give one and the same. Where all readers agree in all
        patients, samples of these agree, too: the lower limit is then that of patients of whom as many as a binomial
        limit allows are rated as differently as can be.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: not two-dimensional; ``IGX-STAT-022``: ratings that are not numbers;
        ``IGX-STAT-023``: unknown level; ``IGX-STAT-026``: negative values on a ratio scale.

    Source
    ------
    Krippendorff 2011, Computing Krippendorff's alpha-reliability, University of Pennsylvania.
    """
    if level not in LEVELS:
        raise unknown_name("IGX-STAT-023", "level of measurement", level, LEVELS)
    critical_z(confidence)
    counts, values = _value_counts(ratings, level)
    counts = counts[counts.sum(axis=1) > 1]
    alpha = _alpha(counts, values, level)
    low, high = np.nan, np.nan
    if draws > 0 and len(counts) > 1 and np.isfinite(alpha):
        tails = [0.5 - confidence / 2.0, 0.5 + confidence / 2.0]
        if alpha >= 1.0 - EXACT:
            low, high = _least(counts, values, level, all_agree=tails[0] ** (1.0 / len(counts))), 1.0
        else:
            low, high = _percentiles(_bootstrap(counts, values, level, draws, seed), tails)
    return Estimate(*(np.asarray(v, dtype=np.float64) for v in (alpha, low, high, len(counts))))


def _percentiles(sampled: FloatArray, tails: list[float]) -> tuple[float, float]:
    defined = sampled[np.isfinite(sampled)]
    if defined.size <= sampled.size / 2 or np.ptp(defined) <= EXACT:
        return np.nan, np.nan
    low, high = np.quantile(defined, tails)
    return float(low), float(high)


def _least(counts: FloatArray, values: FloatArray, level: Level, *, all_agree: float) -> float:
    """Return alpha with a share ``all_agree`` of patients rated alike and the others by the values farthest apart."""
    total = counts.sum(axis=0)
    if level in ("interval", "ordinal"):
        scale = values if level == "interval" else np.cumsum(total) - 0.5 * total
        apart = np.subtract.outer(scale, scale) ** 2
    else:
        apart = _distance(values, level)
    size = total.sum()
    by_chance = total @ apart @ total / (size * (size - 1.0))
    return float(max(1.0 - (1.0 - all_agree) * apart.max() / by_chance, -1.0))


def _value_counts(ratings: npt.ArrayLike, level: Level) -> tuple[FloatArray, FloatArray]:
    """Return how often each patient got each value (n, v), and the values in order (v,)."""
    table = np.asarray(ratings, dtype=object)
    if table.ndim != 2:
        raise InputError(
            "IGX-STAT-020",
            f"ratings of shape {table.shape} cannot be read",
            expected="a table (patients, readers)",
        )
    known = np.array([[not missing(v) for v in row] for row in table], dtype=bool).reshape(table.shape)
    if level == "nominal":
        words: dict[Any, int] = {}
        codes = [words.setdefault(v, len(words)) for v in table[known]]
        values = np.arange(len(words), dtype=np.float64)
        place = np.asarray(codes, dtype=np.int64)
    else:
        values, place = np.unique(numbers(table[known].tolist(), what="ratings"), return_inverse=True)
    if level == "ratio" and values.size and values[0] < 0:
        raise InputError(
            "IGX-STAT-026",
            f"a ratio scale has no negative values, and {values[0]:g} is one",
            remedy='use level = "interval"',
        )
    counts = np.zeros((len(table), values.size))
    np.add.at(counts, (np.nonzero(known)[0], place), 1.0)
    return counts, values


def _alpha(counts: FloatArray, values: FloatArray, level: Level) -> float:
    """Return alpha of the patients' value counts (n, v)."""
    return (
        float(_weighted(counts, values, level, np.ones((1, len(counts))))[0]) if len(counts) else float("nan")
    )


def _bootstrap(counts: FloatArray, values: FloatArray, level: Level, draws: int, seed: int) -> FloatArray:
    stream = generator(seed, "krippendorff")
    n = len(counts)
    return _weighted(
        counts, values, level, stream.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(float)
    )


def _weighted(counts: FloatArray, values: FloatArray, level: Level, weights: FloatArray) -> FloatArray:
    """Return alpha for each row of ``weights`` (b, n): how often each patient is taken."""
    share = 1.0 / (counts.sum(axis=1) - 1.0)
    total = weights @ counts  # (b, v): how often each value was given in pairable ratings
    size = total.sum(axis=1)
    if level in ("interval", "ordinal"):
        scale = values[None, :] if level == "interval" else np.cumsum(total, axis=1) - 0.5 * total
        observed, expected = _squared(counts, scale, weights * share, total)
    else:
        apart = _distance(values, level)
        observed = weights @ (share * np.einsum("nv,vw,nw->n", counts, apart, counts, optimize=True))
        expected = np.einsum("bv,vw,bw->b", total, apart, total, optimize=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1.0 - (size - 1.0) * observed / expected, np.nan)


def _squared(
    counts: FloatArray, scale: FloatArray, weights: FloatArray, total: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return observed and expected sums of squared differences on ``scale`` (1 or b, v)."""
    size = total.sum(axis=1)
    centre = (total * scale).sum(axis=1, keepdims=True) / size[:, None]
    x = np.broadcast_to(scale, total.shape) - centre  # a centred scale loses no digits
    ratings = counts.sum(axis=1)
    observed = np.array(
        [
            w @ (2.0 * ratings * (counts @ row**2) - 2.0 * (counts @ row) ** 2)
            for w, row in zip(weights, x, strict=True)
        ]
    )
    return observed, 2.0 * size * (total * x**2).sum(axis=1)


def _distance(values: FloatArray, level: Level) -> FloatArray:
    """Return the squared difference of each pair of values (v, v), nominal or ratio."""
    if level == "nominal":
        return 1.0 - np.eye(values.size)
    both = np.add.outer(values, values)
    apart = np.subtract.outer(values, values)
    return np.where(both > 0, apart / np.where(both > 0, both, 1.0), 0.0) ** 2
