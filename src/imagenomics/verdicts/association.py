"""Verdicts on associations: one for each target of a declared block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.stats.detectable import detectable_hazard_ratio
from imagenomics.stats.multiplicity import false_discovery, simes
from imagenomics.verdicts.evidence import NAN
from imagenomics.verdicts.limits import (
    AUC,
    BURDEN,
    CORRELATION,
    HAZARD,
    MAPPED,
    NOT_WORKED_OUT,
    limit_text,
    map_limit,
)
from imagenomics.verdicts.power import detectable_correlation, detectable_group_auc
from imagenomics.verdicts.reasons import number, probability
from imagenomics.verdicts.rules import ABSENT, SUPPORTED, UNTESTABLE
from imagenomics.verdicts.settings import VerdictSettings

TESTS, SIMES = "target_tests", "target_p"  # of tables that do not list every pair
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
    events: Mapping[str, tuple[int, int]] | None = None,
    nouns: Mapping[str, str] | None = None,
    modifier: str = "",
    site_ignored: bool = False,
    fdr: Literal["bh", "by"] = "bh",
) -> list[dict[str, Any]]:
    """Judge each target of each declared family of associations.

    The verdict names a target, so the false discovery rate is controlled among the targets of the family
    (one ``[[associate]]`` block): Simes' p over the features of a target, then Benjamini-Hochberg over targets.
    Among pairs alone, one gene that many correlated features follow would let other genes in. Supported: this q
    of the target is at most alpha, and so is the q of at least one of its pairs. Not testable: no pair of the
    target has a p value.

    Parameters
    ----------
    table : DataFrame
        ``associations.parquet``: one row for each pair and test.
    settings : VerdictSettings
        The rules.
    class_counts : mapping of str to (int, int), optional
        Positives and negatives of binary targets; the detectable effect is then an AUC, else a correlation.
    events : mapping of str to (int, int), optional
        Events and patients of targets that are the time to an event; the detectable effect is then a hazard ratio per
        standard deviation.
    nouns : mapping of str to str, optional
        What the columns that stand against a target are called; ``features`` where nothing is said.
    modifier : str
        The claim is that features go with the target differently along this column; what could have been shown is then
        not worked out.
    site_ignored : bool
        The study knows sites and these tests are not adjusted for them; the reason then says so.
    fdr : {"bh", "by"}
        'by': valid for any dependence, of the features of a target as of the targets. Simes' p is then multiplied by
        1 + 1/2 + ... + 1/m, and Benjamini-Yekutieli stands in for Benjamini-Hochberg.

    Returns
    -------
    list of dict
        Fields as in :func:`imagenomics.verdicts.rules.prediction_verdicts`; ``model`` is the strongest
        feature with its effect; ``null_p`` is the p and ``null_p_adjusted`` the q of the target. Detectable is
        the effect of one feature that would have passed alpha divided by the number of tests of the family, on the
        scale ``detectable_name``; '' and NaN where that is not worked out (heritability, paired differences).
        ``why_not`` says in few words why a tested target is not supported.

    Raises
    ------
    InputError
        ``IGX-VERD-002``: a column is missing.

    Source
    ------
    Peterson, Bogomolov, Benjamini & Sabatti 2016, Genetic Epidemiology 40:45.
    """
    absent = [name for name in NEEDED if name not in table.columns]
    if absent:
        raise InputError(
            "IGX-VERD-002",
            f"the association table has no column {short_list(absent)}",
            where="associations.parquet",
        )
    counts, happened, words = class_counts or {}, events or {}, nouns or {}
    verdicts = []
    for analysis, family in table.groupby("analysis", sort=False, observed=True):
        parts = [(str(name), part) for name, part in family.groupby("target", sort=False, observed=True)]
        tests = sum(_tests(part) for _, part in parts)
        combined = [_one_p(part, fdr) for _, part in parts]
        adjusted = false_discovery(combined, fdr)
        for (target, part), p, q in zip(parts, combined, adjusted, strict=True):
            noun = words.get(target, "features")
            claim = _Claim(
                target, part, float(p), float(q), tests, site_ignored, noun, happened.get(target), modifier
            )
            row = claim.judge(settings, counts.get(target))
            verdicts.append({**row, "analysis": str(analysis), "target": target})
    return verdicts


def _tests(pairs: pd.DataFrame) -> int:
    """Return how many pairs of a target were tested, those without a row included."""
    return int(pairs[TESTS].iloc[0]) if _trimmed(pairs) else int(pairs["p"].notna().sum())


def _one_p(pairs: pd.DataFrame, fdr: str) -> float:
    """Return the p of the claim that the target follows at least one feature."""
    known = _tests(pairs)
    factor = float((1.0 / np.arange(1, known + 1)).sum()) if fdr == "by" else 1.0
    least = float(pairs[SIMES].iloc[0]) if _trimmed(pairs) else simes(pairs["p"])
    return min(1.0, least * factor) if known else NAN


def _trimmed(pairs: pd.DataFrame) -> bool:
    """Tell whether a table lists only the strongest pairs, and counts of all stand beside them."""
    return TESTS in pairs.columns and bool(pairs[TESTS].notna().any())


@dataclass(frozen=True)
class _Claim:
    """One target with the pairs that were tested, its own p and q, and the size of the family."""

    target: str
    pairs: pd.DataFrame
    p: float
    q: float
    tests: int
    site_ignored: bool
    noun: str = "features"
    events: tuple[int, int] | None = None
    modifier: str = ""

    def judge(self, settings: VerdictSettings, counts: tuple[int, int] | None) -> dict[str, Any]:
        tested = self.pairs[self.pairs["p"].notna()]
        if tested.empty:
            said = [r for r in dict.fromkeys(self.pairs["reason"].dropna().astype(str)) if r]
            why = short_list(said) if said else "no pair could be tested"
            return _row(None, UNTESTABLE, f"No feature could be tested against {self.target}: {why}.")
        best = tested.sort_values(["q", "p"], kind="stable").iloc[0]
        limit, scale = self._limit(best, settings, counts)
        passing, tests = int((tested["q"] <= settings.alpha).sum()), _tests(self.pairs)
        supported = passing > 0 and self.q <= settings.alpha
        if supported:
            which = f"{passing} of {tests} {self.noun} {self._relation(many=True)}"
            reason = (
                f"{which if tests > 1 else f'The one {self._singular} tested {self._relation(many=False)}'} "
                f"({probability(self.p)}, q = {self.q:.2g} among the targets); {_strongest(best)}."
            )
        else:
            which = f"any of {tests} {self.noun}" if tests > 1 else f"the one {self._singular} tested"
            reason = (
                f"No evidence that {which} {self._relation(many=False)} "
                f"({probability(self.p)}, q = {self.q:.2g} among the targets); {_strongest(best)}. "
                f"{limit_text(limit, scale, self.tests, best, modifier=self.modifier)}"
            )
        row = _row(best, SUPPORTED if supported else ABSENT, f"{reason}{self._site_text(tested)}")
        return {
            **row,
            "null_p": self.p,
            "null_p_adjusted": self.q,
            "detectable": limit,
            "detectable_name": scale,
            "why_not": "" if supported else self._why_not(passing, settings.alpha),
        }

    def _why_not(self, passing: int, alpha: float) -> str:
        if self.q > alpha:
            return f"q of the target is above {alpha:g}"
        return f"no single pair has q of at most {alpha:g}" if not passing else ""

    @property
    def _singular(self) -> str:
        return self.noun.removesuffix("s")

    def _relation(self, *, many: bool) -> str:
        """Return what is claimed of features and target."""
        if self.modifier:
            return f"{'go' if many else 'goes'} with {self.target} differently along {self.modifier}"
        if self.events:
            return f"{'go' if many else 'goes'} with {self.target}"
        return f"{'follow' if many else 'follows'} {self.target}"

    def _limit(
        self, best: pd.Series, settings: VerdictSettings, counts: tuple[int, int] | None
    ) -> tuple[float, str]:
        """Return the smallest effect that could have been shown, and its scale; '' where none is worked out."""
        alpha, power = settings.alpha, settings.power
        n = _effective(best)
        name = str(best["effect_name"])
        if self.modifier or name in NOT_WORKED_OUT:
            return NAN, ""
        if name in MAPPED:
            return map_limit(best, counts, power), MAPPED[name]
        if name == BURDEN:
            kept = str(best["test"]) != "SKAT"
            return (
                (detectable_correlation(n, alpha=alpha, tests=self.tests, power=power), BURDEN)
                if kept
                else (NAN, "")
            )
        if self.events is not None:
            happened = round(min(1.0, n / max(self.events[1], 1)) * self.events[0])
            return detectable_hazard_ratio(happened, alpha=alpha / self.tests, power=power), HAZARD
        if (
            counts is not None
        ):  # of all patients; those with covariates and the feature are as many in proportion
            share = min(1.0, n / max(sum(counts), 1))
            tested = [max(1, round(share * count)) for count in counts]
            return detectable_group_auc(*tested, alpha=alpha, tests=self.tests, power=power), AUC
        return detectable_correlation(n, alpha=alpha, tests=self.tests, power=power), CORRELATION

    def _site_text(self, tested: pd.DataFrame) -> str:
        """Say what permuting within sites found, where the tests themselves look past the site."""
        if not self.site_ignored:
            return ""
        stratified = "stratum" in tested.columns and tested["stratum"].astype(str).ne("").any()
        within = tested["p_maxt"].min() if stratified and "p_maxt" in tested.columns else NAN
        if np.isnan(within):
            return " The tests are not adjusted for site: what sites alone explain is not ruled out."
        return (
            " The tests are not adjusted for site; when patients are exchanged only within their site, "
            f"{probability(float(within))} for the whole family."
        )


def _strongest(best: pd.Series) -> str:
    """Name the strongest pair; being chosen as the strongest makes its effect look larger than it is."""
    return (
        f"the strongest of them is {best['feature']} ({best['effect_name']} {number(best['effect'])}, "
        f"{probability(best['p'])}, {best['n']:.0f} {_counted(best)}; the largest of many effects, so an overestimate)"
    )


def _counted(best: pd.Series) -> str:
    """Return what ``n`` counts."""
    unit = str(best.get("unit", "") or "patient")
    return "patients" if unit == "patient" else f"units ({unit})"


def _effective(best: pd.Series) -> int:
    """Return how many independent patients a test is worth; units inside patients count by degrees of freedom."""
    if _counted(best) == "patients" or np.isnan(float(best.get("df", NAN))):
        return int(best["n"])
    return min(int(best["n"]), round(float(best["df"])) + 2)


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
        "null_p": NAN,
        "null_p_adjusted": NAN,
        "detectable": NAN,
        "detectable_name": "",
        "why_not": "",
        "n": 0 if best is None else int(best["n"]),
        "reason": reason,
    }
