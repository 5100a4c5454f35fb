"""One look for each model of an analysis, the same in every chart and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from imagenomics.report.html import Html, el

ROLES = ("primary", "combined", "baseline", "other")
ROLE_WORDS = {
    "primary": "declared model",
    "combined": "baseline and predictors",
    "baseline": "baseline",
    "other": "further model",
}
PREFIX = {"primary": "mp", "combined": "mc", "baseline": "mb", "other": "mo"}
LOOKS = 4  # looks for each role; a fifth model begins again


@dataclass(frozen=True)
class Model:
    """A model, its role in the analysis, and the class that gives its colour and dashes."""

    name: str
    role: str
    look: str


def models_of(performance: pd.DataFrame, curves: pd.DataFrame) -> list[Model]:
    """Return the models of one analysis: the declared one first, then combined, baselines, others."""
    roles = dict(zip(performance["model"].astype(str), performance["role"].astype(str), strict=True))
    for name in curves["model"].astype(str).unique():
        roles.setdefault(name, "other")
    found: list[Model] = []
    for role in ROLES:
        names = [n for n, r in roles.items() if (r if r in ROLES else "other") == role]
        found += [Model(n, role, f"{PREFIX[role]}{i % LOOKS}") for i, n in enumerate(names)]
    return found


def primary_of(models: Sequence[Model]) -> Model | None:
    """Return the declared model."""
    return next((m for m in models if m.role == "primary"), models[0] if models else None)


def key(models: Sequence[Model]) -> Html:
    """Return the legend that all charts of one analysis share."""
    rows = [el("li", swatch(m), el("span", m.name), el("small", ROLE_WORDS[m.role])) for m in models]
    return el("ul.model-key", rows)


def swatch(model: Model) -> Html:
    """Return a short piece of the model's line."""
    stroke = el("line", attrs={"class": f"curve {model.look}", "x1": "1", "y1": "5", "x2": "23", "y2": "5"})
    return el("svg.swatch", stroke, attrs={"viewBox": "0 0 24 10", "aria-hidden": "true"})
