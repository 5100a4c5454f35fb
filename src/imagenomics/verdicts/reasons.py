"""The sentence beside a verdict: plain words and the numbers it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from imagenomics.resample.metrics import CHANCE
from imagenomics.verdicts.decimals import beside_chance
from imagenomics.verdicts.evidence import Evidence

TITLES: Mapping[str, str] = {
    "auc": "AUC",
    "r2": "explained share of the variance",
    "spearman": "rank correlation",
    "balanced_accuracy": "balanced accuracy",
    "c_index": "C-index",
}
EVENT = "with the event"


def approximate(item: Evidence) -> str:
    """Say what the null of a gain is."""
    return f"(approximate: the combined model against itself with shuffled {item.source})"


def number(value: float) -> str:
    """Return a figure with two decimals."""
    return f"{value:z.2f}"


def probability(p: float) -> str:
    """Return a p value as it is printed."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def who(item: Evidence) -> str:
    """Return how many patients, and how many of each class."""
    if item.positives is None:
        return f"{item.n} patients"
    return f"{item.n} patients, {item.positives} of them {EVENT if item.estimate_name == 'c_index' else 'positive'}"


def measured(item: Evidence, *, gain: bool = False) -> str:
    """Return the estimate with its interval, printed so that its ends stay on their side of chance."""
    title = TITLES.get(item.estimate_name, item.estimate_name)
    usual = 0.0 if gain else CHANCE.get(item.estimate_name, 0.0)
    chance = max(usual, item.null_centre) if not gain and item.null_centre == item.null_centre else usual
    low, high = beside_chance(item.ci_low, chance), beside_chance(item.ci_high, chance)
    return f"{title} {number(item.estimate)} (95% interval {low} to {high})"


def chance_text(item: Evidence, adjusted: float, family: int) -> str:
    """Return how often chance did as well."""
    text = f"permuted data do as well with {probability(item.null_p)}"
    if item.tested == item.tested:
        text += f" (tested on one division of the patients, {number(item.tested)} there)"
    return text if family == 1 else f"{text}, {probability(adjusted)} adjusted for {family} questions"


def site_text(item: Evidence) -> str:
    """Say what the sites alone explain, where permuting within sites leaves more than chance."""
    if item.estimate_name not in ("auc", "c_index") or not item.null_centre > 0.55:
        return ""
    return f" Sites alone give about {number(item.null_centre)}, and that is the chance level here."


def limit_text(item: Evidence, detectable: float, *, gain: bool) -> str:
    """Return what the design could have shown."""
    title = TITLES.get(item.estimate_name, item.estimate_name)
    what = f"a gain in {title}" if gain else f"an {title}" if title == "AUC" else f"a {title}"
    if detectable != detectable:
        return f"With these patients no {title} could have been shown with 80% power."
    return (
        f"With these patients {what} of about {number(detectable)} or more would have been found with 80% "
        "power (an optimistic figure); a weaker one cannot be ruled out."
    )


def supported_prediction(item: Evidence, adjusted: float, family: int) -> str:
    """Say that a prediction is supported."""
    return (
        f"{item.title} can be predicted from the {item.source} by the {item.model} better than chance: "
        f"{measured(item)} in patients whom the model had not seen ({who(item)}); "
        f"{chance_text(item, adjusted, family)}.{site_text(item)}"
    )


def absent_prediction(
    item: Evidence, adjusted: float, family: int, *, detectable: float, excludes: bool
) -> str:
    """Say that no evidence of a prediction was found, and why."""
    ending = "" if excludes else "; the interval does not exclude chance"
    return (
        f"No evidence that {item.title} can be predicted from the {item.source} by the {item.model}: "
        f"{measured(item)} in patients whom the model had not seen ({who(item)}); "
        f"{chance_text(item, adjusted, family)}{ending}.{site_text(item)} "
        f"{limit_text(item, detectable, gain=False)}"
    )


def supported_gain(item: Evidence, adjusted: float, family: int) -> str:
    """Say that a gain is supported."""
    return (
        f"{item.source.capitalize()} add to what is known without them ({item.model}): gain in "
        f"{measured(item, gain=True)} for {item.title} ({who(item)}); "
        f"{chance_text(item, adjusted, family)} {approximate(item)}."
    )


def absent_gain(item: Evidence, adjusted: float, family: int, *, detectable: float, excludes: bool) -> str:
    """Say that no evidence of a gain was found, and why."""
    side = "lies below zero" if item.ci_high < 0 else "includes zero"
    ending = "" if excludes else f"; the interval {side}"
    return (
        f"No evidence that {item.source} add to what is known without them ({item.model}): gain in "
        f"{measured(item, gain=True)} for {item.title} ({who(item)}); "
        f"{chance_text(item, adjusted, family)} {approximate(item)}{ending}. "
        f"{limit_text(item, detectable, gain=True)}"
    )


def supported_comparison(item: Evidence, adjusted: float, family: int) -> str:
    """Say which of two modalities predicts better."""
    first, second = item.model.split(" vs ", 1)
    better, other = (first, second) if item.estimate > 0 else (second, first)
    return (
        f"{item.title} is predicted better from {better} than from {other}: {_difference(item)}; "
        f"{_equal_text(item, adjusted, family)}."
    )


def absent_comparison(
    item: Evidence, adjusted: float, family: int, *, detectable: float, excludes: bool
) -> str:
    """Say that no evidence of a difference between modalities was found, and why."""
    first, second = item.model.split(" vs ", 1)
    ending = "" if excludes else "; the interval includes zero"
    limit = limit_text(item, detectable, gain=True).replace(" a gain in ", " a difference in ")
    return (
        f"No evidence that {item.title} is predicted better from {first} or from {second}: {_difference(item)}; "
        f"{_equal_text(item, adjusted, family)}{ending}. {limit} That is no proof that both are equally good."
    )


def _difference(item: Evidence) -> str:
    return (
        f"{item.model.replace(' vs ', ' minus ')}: difference in {measured(item, gain=True)} in patients who have both "
        f"and whom neither model had seen ({who(item)})"
    )


def _equal_text(item: Evidence, adjusted: float, family: int) -> str:
    """Return how often equally good modalities would lie so far apart."""
    text = (
        f"two-sided {probability(item.null_p)} of no difference, with everything fitted again in halves of the "
        "patients (approximate)"
    )
    return text if family == 1 else f"{text}, {probability(adjusted)} adjusted for {family} comparisons"
