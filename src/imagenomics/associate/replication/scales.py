"""Effects on the scale on which they are pooled: about normal there, with a standard error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from imagenomics.associate.one_sided import RATIOS
from imagenomics.associate.sides import Side
from imagenomics.stats.auc_summary import hanley_mcneil
from imagenomics.stats.effects import critical_z

FloatArray = npt.NDArray[np.float64]
NEAR_ONE = 1.0 - 1e-6  # a perfect correlation of ranks has no finite Fisher z


@dataclass(frozen=True)
class Scale:
    """Where effects of one name are pooled, and the way back."""

    name: str
    back: Callable[[FloatArray], FloatArray]


SAME = Scale("as it is", lambda value: value)
FISHER = Scale("Fisher z", np.tanh)
LOGIT = Scale("logit", special.expit)
LOG = Scale("log", np.exp)
SCALES: Mapping[str, Scale] = {
    "Spearman correlation": FISHER,
    "partial Spearman correlation": FISHER,
    "Kendall's tau-b": FISHER,
    "correlation": FISHER,
    "partial correlation": FISHER,
    "AUC": LOGIT,
    "odds ratio": LOG,
    **dict.fromkeys(RATIOS, LOG),
    "difference in SD": SAME,
    "adjusted difference in SD": SAME,
    "Hedges g": SAME,
}  # the others are squares and have no direction


@dataclass(frozen=True)
class Counts:
    """Patients of each pair by the groups of its binary side, targets outermost, (T x F,)."""

    both: FloatArray
    only_feature: FloatArray
    only_target: FloatArray
    neither: FloatArray
    ones: FloatArray  # of the one binary side of a pair
    zeros: FloatArray


def count_groups(features: Side, targets: Side) -> Counts:
    """Return the counts of all pairs; those of sides that are not binary mean nothing."""
    f1, f0, f = (m.astype(np.float64) for m in _groups(features))
    t1, t0, t = (m.astype(np.float64) for m in _groups(targets))
    of_target = np.asarray(targets.kinds == "binary", dtype=np.bool_)[:, None]
    parts = (
        *(t1.T @ f1, t0.T @ f1, t1.T @ f0, t0.T @ f0),
        *(np.where(of_target, t1.T @ f, t.T @ f1), np.where(of_target, t0.T @ f, t.T @ f0)),
    )
    return Counts(*(part.reshape(-1) for part in parts))


def _groups(side: Side) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    return side.values == 1, side.values == 0, ~np.isnan(side.values)


def to_scale(
    rows: pd.DataFrame, counts: Counts, *, adjusted: bool, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the effects of tested pairs on their scale, with standard errors; NaN where they have none.

    Parameters
    ----------
    rows : DataFrame
        Pairs of one cohort, as ``test_pairs`` returns them.
    counts : Counts
        Of the same pairs.
    adjusted : bool
        Covariates were given: an odds ratio is then that of a model, whose error is in its interval alone.
    confidence : float
        Of the intervals of ``rows``.

    Returns
    -------
    effect, error : arrays

    Source
    ------
    Fisher 1921, Metron 1:3 (with Bonett & Wright 2000, Psychometrika 65:23, for ranks and tau); Hanley & McNeil 1982,
    Radiology 143:29, and the delta method for the logit of an AUC; Haldane 1956, Annals of Human Genetics 20:309.
    """
    name = rows["effect_name"].astype(str).to_numpy()
    value, low, high, df, se = (
        rows[c].to_numpy(dtype=np.float64) for c in ("effect", "ci_low", "ci_high", "df", "se")
    )
    n = rows["n"].to_numpy(dtype=np.float64)
    wide = 2.0 * critical_z(confidence)
    with np.errstate(all="ignore"):
        z = np.arctanh(np.clip(value, -NEAR_ONE, NEAR_ONE))
        ranks = np.sqrt((1.0 + np.minimum(value * value, 1.0) / 2.0) / (n - 3.0))
        found = {
            "Spearman correlation": (z, ranks),
            "partial Spearman correlation": (
                z,
                np.sqrt((1.0 + np.minimum(value * value, 1.0) / 2.0) / (df - 1.0)),
            ),
            "Kendall's tau-b": (z, np.sqrt(0.437 / (n - 4.0))),
            "correlation": (z, 1.0 / np.sqrt(df - 1.0)),
            "partial correlation": (z, 1.0 / np.sqrt(df - 1.0)),
            "AUC": _areas(value, counts),
            "odds ratio": _odds(value, low, high, counts, adjusted=adjusted, wide=wide),
            **dict.fromkeys(RATIOS, _odds(value, low, high, counts, adjusted=True, wide=wide)),
            "difference in SD": (value, se),
            "adjusted difference in SD": (value, se),
            "Hedges g": (value, (high - low) / wide),
        }
    effect, error = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    tested = rows["p"].notna().to_numpy()
    for kind, (y, e) in found.items():
        good = (name == kind) & tested & np.isfinite(y) & np.isfinite(e) & (e > 0)
        effect[good], error[good] = y[good], e[good]
    return effect, error


def _areas(area: FloatArray, counts: Counts) -> tuple[FloatArray, FloatArray]:
    """Return the logit of AUCs; one of 0 or 1 is taken half a pair of patients away from it."""
    m, n = np.maximum(counts.ones, 1.0), np.maximum(counts.zeros, 1.0)
    edge = 0.5 / (m * n)
    inside = np.clip(np.where((area >= 0) & (area <= 1), area, 0.5), edge, 1.0 - edge)
    error = hanley_mcneil(inside, m, n) / (inside * (1.0 - inside))
    return np.where(np.isnan(area), np.nan, special.logit(inside)), error


def _odds(
    ratio: FloatArray, low: FloatArray, high: FloatArray, counts: Counts, *, adjusted: bool, wide: float
) -> tuple[FloatArray, FloatArray]:
    """Return log odds ratios; a table with an empty cell has one half added to all of its cells."""
    y, error = np.log(ratio), (np.log(high) - np.log(low)) / wide
    if adjusted:
        return y, error
    cells = [c + 0.5 for c in (counts.both, counts.only_feature, counts.only_target, counts.neither)]
    a, b, c, d = cells
    empty = np.minimum(np.minimum(a, b), np.minimum(c, d)) == 0.5
    return (
        np.where(empty, np.log(a * d / (b * c)), y),
        np.where(empty, np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), error),
    )
