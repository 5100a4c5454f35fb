"""Features and effects in words: readable names beside the exact ones, and the direction of an effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from imagenomics.associate.interaction.models import MEASURES
from imagenomics.associate.one_sided import RATIOS
from imagenomics.report.effects import effect_text, placed, scale_of
from imagenomics.report.families import BLOCK
from imagenomics.report.feature_words import words_of
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el, visible
from imagenomics.report.table import breakable
from imagenomics.report.text import as_float

BARE = ("present", "positive", "yes", "true", "high", "1")  # levels that say nothing without their target
UPPER = (
    "flair",
    "adc",
    "dwi",
    "swi",
    "ct",
    "pet",
    "suv",
    "dce",
    "dsc",
    "cbv",
    "cbf",
    "t1",
    "t2",
    "dti",
    "fa",
    "md",
)
FORMS = {
    "auc": "AUC {}",
    "odds ratio": "odds ratio {}",
    "cumulative odds ratio": "odds ratio {}",
    "cumulative odds ratio per sd": "odds ratio {} per SD",
    "rate ratio": "rate ratio {}",
    "rate ratio per sd": "rate ratio {} per SD",
    "hazard ratio": "hazard ratio {}",
    "hedges g": "g {}",
    "hazard ratio per sd": "hazard ratio {} per SD",
    "hazard ratio per level": "hazard ratio {} per level",
    "hazard ratio (observed over expected events)": "hazard ratio {}",
    "subdistribution hazard ratio": "subdistribution hazard ratio {}",
    "subdistribution hazard ratio per sd": "subdistribution hazard ratio {} per SD",
    "subdistribution hazard ratio per level": "subdistribution hazard ratio {} per level",
    "subdistribution hazard ratio (observed over expected events)": "subdistribution hazard ratio {}",
    "log2 fold change per sd": "log2 fold change {} per SD",
    "log2 fold change per level": "log2 fold change {} per level",
    "log2 fold change between groups": "log2 fold change {}",
    "difference per sd": "difference {} per SD",
    "difference per level": "difference {} per level",
    "difference between groups": "difference {}",
    "difference in sd": "{} SD",
    "adjusted difference in sd": "{} SD",
    "eta squared": "η² {}",
    "partial eta squared": "partial η² {}",
    "rank epsilon squared": "ε² {}",
    "standardised slope": "slope {} (SD per SD)",
    "adjusted standardised slope": "slope {} (SD per SD)",
    "spearman correlation": "ρ {}",
    "partial spearman correlation": "partial ρ {}",
    "kendall's tau-b": "τ {}",
    "correlation": "r {}",
    "correlation with the burden": "r {} with the burden",
    "hazard ratio per standard deviation": "hazard ratio {} per SD",
    "auc at one voxel": "AUC {} at one voxel",
    "odds ratio at one voxel": "odds ratio {} at one voxel",
    "partial correlation": "partial r {}",
    "cramer's v": "V {}",
}


@dataclass(frozen=True)
class Wording:
    """What features and levels are called on the page.

    Parameters
    ----------
    names : mapping of str to str
        Feature -> 'T1post · lesion · GLCM joint entropy'; unique.
    levels : mapping of str to tuple of str
        Binary target -> the names of 0 and 1.
    yes_no : frozenset of str
        Features that are there or not.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    yes_no: frozenset[str] = frozenset()

    def name(self, feature: Any) -> str:
        """Return the readable name of a feature, or its exact one."""
        return self.names.get(str(feature), str(feature))

    def feature(self, feature: Any) -> Html:
        """Return the readable name with the exact column name below it and as its tooltip."""
        exact = str(feature)
        if self.name(exact) == exact:
            return breakable(exact)
        return el(
            "span.feature-name",
            el("span", breakable(self.name(exact)), attrs={"title": visible(exact)}),
            el("small.exact", breakable(exact)),
        )

    def direction(self, effect: Any, measure: str, feature: Any, target: Any) -> str:
        """Return the direction of an effect, 'higher in mutated'; '' where it has none or it is not known."""
        scale = scale_of(measure)
        if measure in MEASURES:
            return ""  # of the difference between strata, which the levels do not name
        if as_float(effect) is None and effect != float("inf"):
            return ""
        if not scale.signed:
            return "differs between groups"
        place = placed(effect, scale) or 0.0
        if place == 0:
            return "no difference"
        if "hazard ratio" in measure.lower():
            return _hazard(place, measure.lower(), there=str(feature) in self.yes_no)
        if measure.lower().startswith(("log2 fold change", "difference per", "difference between")):
            where = "it is there" if str(feature) in self.yes_no else "the feature is higher"
            return f"gene {'higher' if place > 0 else 'lower'} where {where}"
        more, less = ("more often", "less often") if str(feature) in self.yes_no else ("higher", "lower")
        word = more if place > 0 else less
        if str(target) in self.levels:
            level = self.levels[str(target)][1]
            short = BLOCK.sub("", str(target))
            return f"{word} where {short} is {level}" if level.lower() in BARE else f"{word} in {level}"
        if "correlation" in measure.lower() or measure in RATIOS:
            return f"{word} where the target is higher"
        return ""


def _hazard(place: float, measure: str, *, there: bool) -> str:
    """Return which patients have the event sooner."""
    if "observed over" in measure:
        many = measure.startswith("subdistribution")
        return f"groups differ in {'how many have the event' if many else 'how soon the event comes'}"
    which = "it is there" if there or measure.endswith("hazard ratio") else "it is higher"
    if measure.startswith("subdistribution"):
        return f"{'more' if place > 0 else 'fewer'} have the event where {which}"
    return f"event {'sooner' if place > 0 else 'later'} where {which}"


def with_scale(effect: Any, measure: str) -> str:
    """Return an effect with the name of its scale: ``AUC 0.81``, ``−0.91 SD``."""
    shown = effect_text(effect, measure) if effect != float("inf") else "∞"
    if as_float(effect) is None and shown != "∞":
        return shown
    return FORMS.get(measure.lower(), "{}").format(shown)


def wording_of(results: Results) -> Wording:
    """Return the wording of a run: names from ``features.columns.parquet``, levels from the molecules."""
    columns = results.table("features.columns.parquet")
    kinds = columns["kind"].astype(str) if "kind" in columns.columns else pd.Series(dtype=str)
    return Wording(
        readable_names(columns),
        {
            name: found
            for file in ("clinical.columns.parquet", "molecules.columns.parquet")
            for name, found in _levels(results.table(file)).items()
        },
        frozenset(map(str, kinds.index[kinds == "binary"])),
    )


def readable_names(columns: pd.DataFrame) -> dict[str, str]:
    """Return feature -> readable name; how slices are joined is said only where names would be equal without it."""
    if not {"source", "region", "feature"} <= set(columns.columns):
        return {}
    plain, whole = {}, {}
    for name, source, region, feature in zip(
        columns.index.astype(str), columns["source"], columns["region"], columns["feature"], strict=True
    ):
        words, across = words_of(str(feature or ""))
        place = [image_name(str(source or "")), str(region or "")]
        plain[name] = _joined([*place, words or str(feature or name)])
        whole[name] = f"{plain[name]} ({across})" if across else plain[name]
    once, twice = Counter(plain.values()), Counter(whole.values())
    return {
        n: visible(plain[n] if once[plain[n]] == 1 else whole[n] if twice[whole[n]] == 1 else n)
        for n in plain
    }


def image_name(source: str) -> str:
    """Return the name of an image as it is written in reports: FLAIR, T1post."""
    if source.lower() in UPPER:
        return source.upper()
    return source[:1].upper() + source[1:] if source[:2].lower() in ("t1", "t2") else source


def _joined(parts: list[str]) -> str:
    return " · ".join(p for p in parts if p)


def _levels(columns: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the two levels of each binary column; '0' and '1' where they have no name."""
    if "kind" not in columns.columns:
        return {}
    binary = columns[columns["kind"] == "binary"]
    texts = binary["levels"] if "levels" in binary.columns else pd.Series("", index=binary.index)
    found = {}
    for name, text in zip(binary.index.astype(str), texts, strict=True):
        levels = str(text).split("|") if isinstance(text, str) and text else []
        found[name] = (levels[0], levels[1]) if len(levels) == 2 else ("0", "1")
    return found
