"""Verdicts on predictions, on gains over baselines and on comparisons of modalities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from imagenomics.errors import InputError
from imagenomics.resample.metrics import CHANCE
from imagenomics.stats.multiplicity import holm
from imagenomics.verdicts import reasons
from imagenomics.verdicts.evidence import NAN, Evidence
from imagenomics.verdicts.power import detectable_auc, detectable_c, detectable_gain, detectable_r2
from imagenomics.verdicts.settings import VerdictSettings

SUPPORTED = "supported"
ABSENT = "no evidence found"
UNTESTABLE = "not testable"
WORDS: Mapping[str, tuple[Callable[..., str], Callable[..., str]]] = {
    "prediction": (reasons.supported_prediction, reasons.absent_prediction),
    "increment": (reasons.supported_gain, reasons.absent_gain),
    "comparison": (reasons.supported_comparison, reasons.absent_comparison),
}  # what is said of a kind of question: supported, not supported


def prediction_verdicts(
    items: Sequence[Evidence], *, settings: VerdictSettings, broken: int = 0
) -> list[dict[str, Any]]:
    """Judge every declared prediction of a study together.

    Supported: the null p, adjusted by Holm over all testable predictions handed in, is at most alpha, and
    the interval lies wholly above chance. Chance is what the null gives: where sites alone predict the target, the
    within-site null lies above 0.5, and so does the bar. Not testable targets have no p and do not count in the
    family.

    Parameters
    ----------
    items : sequence of Evidence
        All declared predictions of the study, testable or not.
    settings : VerdictSettings
        The rules.
    broken : int
        Declared predictions that a defect left without an answer: they count in the family as if their p were 1,
        so that a crash makes no other prediction significant.

    Returns
    -------
    list of dict
        In the order of ``items``: ``analysis, kind, target, model, verdict, estimate, estimate_name,
        ci_low, ci_high, null_p, null_p_adjusted, detectable, n, reason``, then ``observed`` (the tested statistic),
        ``null_centre`` and ``source`` (what is predicted from).

    Raises
    ------
    InputError
        ``IGX-VERD-001``: a testable item lacks its p value, estimate or interval.
    """
    return _judge(items, settings, kind="prediction", broken=broken)


def increment_verdicts(
    items: Sequence[Evidence], *, settings: VerdictSettings, broken: int = 0
) -> list[dict[str, Any]]:
    """Judge every declared gain over clinical variables or volume: a family of its own, chance being 0.

    Parameters, returns and errors as in :func:`prediction_verdicts`.
    """
    return _judge(items, settings, kind="increment", broken=broken)


def comparison_verdicts(
    items: Sequence[Evidence], *, settings: VerdictSettings, broken: int = 0
) -> list[dict[str, Any]]:
    """Judge every declared comparison of two modalities: a family of its own, two-sided, chance being 0.

    Parameters, returns and errors as in :func:`prediction_verdicts`; ``null_p`` is the two-sided p of no difference,
    ``null_spread`` the standard error of the difference with everything refitted.
    """
    return _judge(items, settings, kind="comparison", broken=broken)


def _judge(
    items: Sequence[Evidence], settings: VerdictSettings, *, kind: str, broken: int
) -> list[dict[str, Any]]:
    for item in items:
        _check(item)
    p = [NAN if item.untestable else item.null_p for item in items]
    adjusted = holm([*p, *[1.0] * broken])[: len(items)] if items else np.empty(0)
    family = sum(not item.untestable for item in items) + broken
    return [
        _untestable(item, kind) if item.untestable else _one(item, float(p), family, settings, kind=kind)
        for item, p in zip(items, adjusted, strict=True)
    ]


def _one(
    item: Evidence, adjusted: float, family: int, settings: VerdictSettings, *, kind: str
) -> dict[str, Any]:
    two_sided = kind == "comparison"
    chance = chance_level(item) if kind == "prediction" else 0.0
    excludes = item.ci_low > chance or (two_sided and item.ci_high < chance)
    supported = adjusted <= settings.alpha and excludes
    level = settings.alpha / family / (2.0 if two_sided else 1.0)
    detectable = _detectable(item, level, settings.power, gain=kind != "prediction")
    say, tell = WORDS[kind]
    if supported:
        reason = say(item, adjusted, family)
    else:
        reason = tell(item, adjusted, family, detectable=detectable, excludes=excludes)
    row = _row(item, kind, SUPPORTED if supported else ABSENT, reason)
    return {**row, "null_p_adjusted": adjusted, "detectable": detectable}


def chance_level(item: Evidence) -> float:
    """Return what chance gives: the usual level, or the centre of the null where that is higher."""
    usual = CHANCE[item.estimate_name]
    return usual if np.isnan(item.null_centre) else max(usual, item.null_centre)


def _untestable(item: Evidence, kind: str) -> dict[str, Any]:
    row = _row(item, kind, UNTESTABLE, item.untestable)
    return {**row, "null_p": NAN}


def _row(item: Evidence, kind: str, verdict: str, reason: str) -> dict[str, Any]:
    return {
        "analysis": item.analysis,
        "kind": kind,
        "target": item.target,
        "model": item.model,
        "verdict": verdict,
        "estimate": item.estimate,
        "estimate_name": item.estimate_name,
        "ci_low": item.ci_low,
        "ci_high": item.ci_high,
        "null_p": item.null_p,
        "null_p_adjusted": NAN,
        "detectable": NAN,
        "n": item.n,
        "reason": reason,
        "observed": item.tested,
        "null_centre": item.null_centre,
        "source": item.source,
    }


def _detectable(item: Evidence, alpha: float, power: float, *, gain: bool) -> float:
    null: Mapping[str, float] = {"null_spread": item.null_spread, "null_centre": item.null_centre}
    if gain:
        return detectable_gain(alpha=alpha, power=power, own_error=_error(item), **null)
    if item.estimate_name == "auc" and item.positives and item.negatives:
        return detectable_auc(item.positives, item.negatives, alpha=alpha, power=power, **null)
    if item.estimate_name == "c_index" and item.positives:
        return detectable_c(item.positives, alpha=alpha, power=power, **null)
    if item.estimate_name == "r2":
        return detectable_r2(item.n, alpha=alpha, power=power, **null)
    return NAN


def _error(item: Evidence) -> float:
    """Return the standard error that the interval of an estimate stands for."""
    return (item.ci_high - item.ci_low) / (2.0 * norm.isf(0.025))


def _check(item: Evidence) -> None:
    if item.untestable:
        return
    absent = [name for name in ("null_p", "estimate", "ci_low", "ci_high") if np.isnan(getattr(item, name))]
    if absent or item.estimate_name not in CHANCE:
        raise InputError(
            "IGX-VERD-001",
            f"the evidence lacks {', '.join(absent) or 'a metric with a known chance level'}",
            where=f"{item.analysis}: {item.model} for {item.target} ({item.estimate_name})",
            expected="estimate, interval and null p, or a reason why the target is not testable",
        )
