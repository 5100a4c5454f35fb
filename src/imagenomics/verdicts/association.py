"""Verdicts on associations: one for each target of a declared block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.verdicts.evidence import NAN
from imagenomics.verdicts.power import detectable_correlation, detectable_group_auc
from imagenomics.verdicts.reasons import number, probability
from imagenomics.verdicts.rules import ABSENT, SUPPORTED, UNTESTABLE
from imagenomics.verdicts.settings import VerdictSettings

NEEDED = (
    "analysis",
    "feature",
    "target",
    "n",
    "effect",
    "effect_name",
    "ci_low",
    "ci_high",
    "p",
    "q",
    "reason",
)


def association_verdicts(
    table: pd.DataFrame,
    *,
    settings: VerdictSettings,
    class_counts: Mapping[str, tuple[int, int]] | None = None,
) -> list[dict[str, Any]]:
    """Judge each target of each declared family of associations by its strongest feature.

    Supported: the smallest q of the target in its family (one ``[[associate]]`` block) is at most alpha.
    Not testable: no pair of the target has a p value.

    Parameters
    ----------
    table : DataFrame
        ``associations.parquet``: one row for each pair and test.
    settings : VerdictSettings
        The rules.
    class_counts : mapping of str to (int, int), optional
        Positives and negatives of binary targets; the detectable effect is then an AUC, else a correlation.

    Returns
    -------
    list of dict
        Fields as in :func:`imagenomics.verdicts.rules.prediction_verdicts`; ``model`` is the strongest
        feature, ``null_p`` its p and ``null_p_adjusted`` its q. Detectable is the effect of one feature
        that would have passed alpha divided by the number of tests of the family.

    Raises
    ------
    InputError
        ``IGX-VERD-002``: a column is missing.
    """
    absent = [name for name in NEEDED if name not in table.columns]
    if absent:
        raise InputError(
            "IGX-VERD-002",
            f"the association table has no column {short_list(absent)}",
            where="associations.parquet",
        )
    counts = class_counts or {}
    verdicts = []
    for analysis, family in table.groupby("analysis", sort=False):
        tests = int(family["p"].notna().sum())
        for target, part in family.groupby("target", sort=False):
            row = _one(part, tests, settings, counts=counts.get(str(target)))
            verdicts.append({**row, "analysis": str(analysis), "target": str(target)})
    return verdicts


def _one(
    part: pd.DataFrame, tests: int, settings: VerdictSettings, *, counts: tuple[int, int] | None
) -> dict[str, Any]:
    tested = part[part["p"].notna()]
    target = str(part["target"].iloc[0])
    if tested.empty:
        said = [r for r in dict.fromkeys(part["reason"].dropna().astype(str)) if r]
        why = short_list(said) if said else "no pair could be tested"
        return _row(None, UNTESTABLE, f"No feature could be tested against {target}: {why}.")
    best = tested.sort_values(["q", "p"], kind="stable").iloc[0]
    n = int(best["n"])
    if counts is not None:
        limit = detectable_group_auc(*counts, alpha=settings.alpha, tests=tests, power=settings.power)
        scale = "an AUC"
    else:
        limit = detectable_correlation(n, alpha=settings.alpha, tests=tests, power=settings.power)
        scale = "a correlation"
    passing = int((tested["q"] <= settings.alpha).sum())
    strongest = (
        f"{best['feature']} ({best['effect_name']} {number(best['effect'])}, {probability(best['p'])}, "
        f"q = {best['q']:.2g}, {n} patients)"
    )
    if passing:
        reason = f"{passing} of {len(tested)} image features follow {target}; the strongest is {strongest}."
        return {**_row(best, SUPPORTED, reason), "detectable": limit}
    reason = (
        f"No evidence that any of {len(tested)} image features follows {target}; the strongest is "
        f"{strongest}. {_limit_text(limit, scale, tests)}"
    )
    return {**_row(best, ABSENT, reason), "detectable": limit}


def _limit_text(limit: float, scale: str, tests: int) -> str:
    if np.isnan(limit):
        return f"With these patients and {tests} tests no effect could have been shown with 80% power."
    return (
        f"With these patients and {tests} tests {scale} of about {number(limit)} would have been found with "
        "80% power (an optimistic figure); a weaker one cannot be ruled out."
    )


def _row(best: pd.Series | None, verdict: str, reason: str) -> dict[str, Any]:
    def cell(name: str) -> float:
        return NAN if best is None else float(best[name])

    return {
        "analysis": "",
        "kind": "association",
        "target": "",
        "model": "" if best is None else str(best["feature"]),
        "verdict": verdict,
        "estimate": cell("effect"),
        "estimate_name": "" if best is None else str(best["effect_name"]),
        "ci_low": cell("ci_low"),
        "ci_high": cell("ci_high"),
        "null_p": cell("p"),
        "null_p_adjusted": cell("q"),
        "detectable": NAN,
        "n": 0 if best is None else int(best["n"]),
        "reason": reason,
    }
