"""What a family of tests could have shown: numbers where there are honest ones, and why not where there are none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imagenomics.stats.detectable import detectable_share
from imagenomics.verdicts.evidence import NAN
from imagenomics.verdicts.power import detectable_group_auc
from imagenomics.verdicts.reasons import number

AUC, CORRELATION, HAZARD = "AUC", "correlation", "hazard ratio per standard deviation"
BURDEN = "correlation with the burden"
MAPPED: Mapping[str, str] = {
    "odds ratio at the peak": "odds ratio at one voxel",
    "AUC at the peak": "AUC at one voxel",
}  # measures of maps -> what could have been shown
# Measures for which no one number says what could have been shown, and why.
NOT_WORKED_OUT: Mapping[str, str] = {
    "heritability": "it depends on how all patients are related, not on their number alone",
    "mean difference": "it is in the units of the feature and depends on how far paired differences spread",
    "pseudomedian of differences": "it is in the units of the feature and depends on how far paired differences spread",
    "matched odds ratio": "it depends on how many pairs differ, which no size of the cohort tells",
    "cluster index": "it depends on how many groups there are, how large, and along how many features they lie apart",
    "gain in C-index": "it depends on how well the terms before it do already",
}


def map_limit(best: pd.Series, counts: tuple[int, int] | None, power: float) -> float:
    """Return the smallest effect at one voxel that the whole map would have shown.

    The p that one voxel needs is that of the largest deviate among permutations; the voxel is the one where most
    patients have a lesion, which is the most favourable (an optimistic figure).

    Parameters
    ----------
    best : Series
        Row of the target, with ``voxel_p`` and ``most_lesions``.
    counts : (int, int) or None
        Positives and negatives of a binary target: an odds ratio; else an AUC.
    power : float
    """
    needed, lesions = float(best.get("voxel_p", NAN)), float(best.get("most_lesions", NAN))
    n = int(best["n"])
    if np.isnan(needed) or np.isnan(lesions):
        return NAN
    if str(best["effect_name"]).startswith("AUC"):
        return detectable_group_auc(int(lesions), n - int(lesions), alpha=needed, power=power)
    if counts is None:
        return NAN
    positives = round(n * counts[0] / max(sum(counts), 1))
    share = lesions / n
    found = detectable_share(positives, n - positives, share, alpha=needed, power=power)
    return found / (1.0 - found) * (1.0 - share) / share if found < 1.0 else NAN


def limit_text(limit: float, scale: str, tests: int, best: pd.Series, *, modifier: str = "") -> str:
    """Say what could have been shown, or why there is no number."""
    if not scale:
        return (
            f"How small an effect these patients could have shown is not worked out: {_why(best, modifier)}."
        )
    among = f"{tests} tests" if tests > 1 else "one test"
    if scale in MAPPED.values():
        among = f"{tests} maps" if tests > 1 else "one map"
    if np.isnan(limit):
        return f"With these patients and {among} no effect could have been shown with 80% power."
    inverse = " (or its inverse)" if scale == HAZARD or scale.startswith("odds ratio") else ""
    article = "an" if scale[0] in "aeioAO" else "a"
    return (
        f"With these patients and {among} {article} {scale}{inverse} of about {number(limit)} would have been found "
        f"with 80% power (an optimistic figure{_favourable(best, scale)}); a weaker one cannot be ruled out."
    )


def _favourable(best: pd.Series, scale: str) -> str:
    """Say under which favourable condition a figure holds."""
    if scale in MAPPED.values():
        return ", for the voxel where most patients have a lesion"
    if scale == BURDEN and str(best["test"]) == "SKAT-O":
        return ", as if the burden alone had been tested"
    return ""


def _why(best: pd.Series, modifier: str) -> str:
    if modifier:
        return "a difference between patients depends on how the third column spreads with both"
    if str(best["effect_name"]) == BURDEN:
        return "with SKAT it depends on how effects are divided among the variants of a set"
    return NOT_WORKED_OUT.get(str(best["effect_name"]), "this measure has a scale of its own")
