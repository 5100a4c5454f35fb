"""The AUC of one marker: its interval, and the test that it is one half."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.associate.roc.settings import RocSettings
from imagenomics.stats.auc_bootstrap import bootstrap_auc
from imagenomics.stats.delong import delong
from imagenomics.stats.effects import delong_interval
from imagenomics.stats.rank_sums import rank_sum_z
from imagenomics.stats.ranks import midranks, tie_term
from imagenomics.stats.tails import log_sf_normal, log_two_sided_normal, p_and_log10

FloatArray = npt.NDArray[np.float64]
TEST, EFFECT = "Mann-Whitney U", "AUC"


def area_of(values: FloatArray, labels: FloatArray, *, settings: RocSettings, seed: int) -> dict[str, Any]:
    """Return how probably a positive has the larger value, and whether that could be chance.

    The p value is that of Mann and Whitney's test, which holds in small groups, where DeLong's error is too small; the
    interval is DeLong's, since it may differ from that at one half.

    Parameters
    ----------
    values, labels : arrays, (n,)
        Without missing values; labels 0 or 1, at least two of each.
    settings : RocSettings
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        Columns of the table of associations: effect (the AUC of large values, whatever the direction), ci_low, ci_high,
        statistic (U), p, neg_log10_p, se (DeLong's).

    Source
    ------
    Hanley & McNeil 1982, Radiology 143:29; DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837.
    """
    area, low, high = delong_interval(values, labels, confidence=settings.confidence)
    if settings.interval == "bootstrap":
        _, low, high = bootstrap_auc(
            values, labels, draws=settings.draws, seed=seed, confidence=settings.confidence
        )
    n1 = float(labels.sum())
    n0 = labels.size - n1
    p, neg_log10_p = p_and_log10(
        _log_p(float(midranks(values)[labels == 1].sum()), n1, n0, tie_term(values), settings.direction)
    )
    return {
        "effect": area,
        "ci_low": low,
        "ci_high": high,
        "statistic": area * n1 * n0,
        "p": float(p),
        "neg_log10_p": float(neg_log10_p),
        "se": float(np.sqrt(delong(values, labels).covariance[0, 0])),
    }


def _log_p(rank_sum: float, n1: float, n0: float, ties: float, direction: str) -> FloatArray:
    parts = [np.asarray(v) for v in (n1, n0, ties)]
    if direction == "both":
        return log_two_sided_normal(rank_sum_z(np.asarray(rank_sum), *parts))
    n, step = n0 + n1, 0.5 if direction == "higher" else -0.5
    spread = np.sqrt(n1 * n0 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0))))
    z = (rank_sum - n1 * (n + 1.0) / 2.0 - step) / spread
    return log_sf_normal(z if direction == "higher" else -z)
