"""Whether a target can be tested at all with these patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.resample.permutation import log10_arrangements
from imagenomics.stats.class_counts import count_classes
from imagenomics.stats.risk_sets import RiskSets
from imagenomics.verdicts.settings import VerdictSettings

FEWEST_ARRANGEMENTS = 20  # with fewer no permutation p value of .05 exists


@dataclass(frozen=True)
class Testable:
    """Counts of a target, how it overlaps with site, and why it cannot be tested ('' where it can).

    Of times to an event ``positives`` had it, and ``negatives`` are censored. ``mixed`` is the share of patients from
    sites that hold both classes; ``within`` the share of the target's spread that lies within sites: 1 where site says
    nothing about the target, 0 where it determines it.
    """

    n: int
    positives: int | None
    negatives: int | None
    mixed: float
    within: float
    reason: str

    __test__ = False  # pytest: not a test class


def check_testable(
    y: Any, sites: Any | None, *, target: str, task: str, settings: VerdictSettings, stratified: bool = True
) -> Testable:
    """Decide from labels and sites alone, before any model, whether a target is testable.

    Parameters
    ----------
    y : array, (n,)
        Labels 0/1, numbers, or signed times.
    sites : array, (n,), or None
        Site of each patient; missing where not known (such patients stay in place in a permutation within sites and
        say nothing about the overlap).
    target : str
        Name used in the reason.
    task : {"binary", "continuous", "survival"}
        Kind of the target. What sites say of times to an event is measured on their martingale residuals.
    settings : VerdictSettings
        Smallest class (of survival: fewest events), smallest overlap.
    stratified : bool
        Permutations stay within sites: then there must be enough of them.
    """
    values = np.asarray(y, dtype=np.float64)
    binary = task == "binary"
    positives, negatives = count_classes(values, task)
    left = RiskSets.of(values).residuals() if task == "survival" else values
    mixed, within = site_overlap(left, sites, binary=binary)
    tell = _too_few_events if task == "survival" else _too_few
    reason = tell(values.size, positives, negatives, target, settings)
    if not reason and sites is not None:
        reason = _hardly_overlap(values.size, mixed, within, target, settings)
        arrangements = log10_arrangements(values, _alone(sites)) if stratified else np.inf
        if not reason and arrangements < np.log10(FEWEST_ARRANGEMENTS) - 1e-9:
            reason = (
                f"Within sites the values of {target} can hardly be exchanged, so chance cannot be simulated."
            )
    return Testable(values.size, positives, negatives, mixed, within, reason)


def _alone(sites: Any) -> npt.NDArray[np.object_]:
    """Return strata in which a patient without a site is alone."""
    names = np.asarray(sites, dtype=object)
    return np.array(
        [f"(not known {i})" if pd.isna(name) else name for i, name in enumerate(names)], dtype=object
    )


def site_overlap(y: npt.NDArray[np.float64], sites: Any | None, *, binary: bool) -> tuple[float, float]:
    """Return the share of patients in mixed sites, and the share of the spread of ``y`` within sites.

    For a number every site with two different values is mixed. Both are 1 without sites.
    """
    total = float(((y - y.mean()) ** 2).sum()) if y.size else 0.0
    if sites is None or total == 0.0:
        return 1.0, 1.0
    known = ~pd.isna(np.asarray(sites, dtype=object))
    if not known.any():
        return 1.0, 1.0
    names, values = np.asarray(sites, dtype=object)[known].astype(str), y[known]
    total = float(((values - values.mean()) ** 2).sum())
    mixed, within = 0, 0.0
    for name in np.unique(names):
        part = values[names == name]
        mixed += part.size if np.unique(part).size > 1 else 0
        within += float(((part - part.mean()) ** 2).sum())
    return mixed / values.size, within / total if total > 0.0 else 1.0


def _too_few(
    n: int, positives: int | None, negatives: int | None, target: str, settings: VerdictSettings
) -> str:
    if positives is None or negatives is None:
        if n >= settings.min_patients:
            return ""
        return f"Only {n} patients have a value of {target}; at least {settings.min_patients} are needed."
    if min(positives, negatives) >= settings.min_class:
        return ""
    side = "positive" if positives <= negatives else "negative"
    return (
        f"Only {min(positives, negatives)} of {n} patients are {side} for {target}; with fewer than "
        f"{settings.min_class} a model can neither be trained nor judged."
    )


def _too_few_events(
    n: int, positives: int | None, negatives: int | None, target: str, settings: VerdictSettings
) -> str:
    events = positives or 0
    if events >= settings.min_class:
        return _too_few(n, None, None, target, settings)
    return (
        f"Only {events} of {n} patients had the event of {target}; with fewer than {settings.min_class} a model can "
        "neither be trained nor judged."
    )


def _hardly_overlap(n: int, mixed: float, within: float, target: str, settings: VerdictSettings) -> str:
    if mixed < settings.min_mixed:
        return (
            f"Site and {target} hardly overlap: only {mixed:.0%} of the {n} patients come from sites that "
            f"hold both groups (at least {settings.min_mixed:.0%} needed), so a model could learn the site."
        )
    if within < settings.min_within:
        return (
            f"Site nearly determines {target}: only {within:.0%} of its spread lies within sites (at least "
            f"{settings.min_within:.0%} needed), so a model could learn the site."
        )
    return ""
