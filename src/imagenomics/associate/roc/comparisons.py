"""Two markers of the same patients: whether one has the larger AUC."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.associate.roc.settings import RocSettings
from imagenomics.stats.delong import compare_areas
from imagenomics.stats.ranks import auc
from imagenomics.stats.tails import log_two_sided_normal, p_and_log10

FloatArray = npt.NDArray[np.float64]
COMPARED = "DeLong, paired"
EFFECT = "difference of AUCs"
ORIENTED = "each feature taken in the direction that it has in these patients"
SAME = "the features rank all patients alike, or separate them without any error"


def pair_name(pair: tuple[str, str]) -> str:
    """Return what a comparison is called where features are named."""
    return f"{pair[0]} vs {pair[1]}"


def compare_markers(
    first: FloatArray, second: FloatArray, labels: FloatArray, *, settings: RocSettings
) -> dict[str, Any]:
    """Return the difference of the AUCs of two markers, first minus second, with DeLong's paired test.

    Markers are turned so that large values speak for the positive class: as declared, or, where both directions are
    allowed, as they do among these patients. Turning both makes the test conservative where neither says anything.

    Parameters
    ----------
    first, second, labels : arrays, (n,)
        Of the patients with all three; labels 0 or 1, at least two of each.
    settings : RocSettings

    Returns
    -------
    dict
        Columns of the table of associations.

    Source
    ------
    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837.
    """
    both = settings.direction == "both"
    declared = -1.0 if settings.direction == "lower" else 1.0
    x, z = (
        (1.0 if auc(values, labels) >= 0.5 else -1.0) * values if both else declared * values
        for values in (first, second)
    )
    found = compare_areas(x, z, labels, confidence=settings.confidence)
    statistic = float(found.statistic)
    p, neg_log10_p = p_and_log10(log_two_sided_normal(statistic))
    apart = np.isnan(statistic)
    return {
        "effect": float(found.effect),
        "ci_low": float(found.low),
        "ci_high": float(found.high),
        "statistic": statistic,
        "p": float(p),
        "neg_log10_p": float(neg_log10_p),
        "se": (float(found.effect) / statistic) if statistic else np.nan,
        "status": "not testable" if apart else "ok",
        "reason": SAME if apart else ORIENTED if both else "",
    }
