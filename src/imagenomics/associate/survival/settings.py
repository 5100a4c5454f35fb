"""Settings of survival analyses."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.settings import FamilySettings
from imagenomics.settings import Settings

Ties = Literal["efron", "breslow"]
Competing = Literal["cause-specific", "subdistribution"]
Statistic = Literal["likelihood-ratio", "wald", "score"]


class CoxSettings(Settings):
    """How Cox models are fitted and tested."""

    ties: Ties = Field(default="efron", description="How tied times are handled.")
    statistic: Statistic = Field(
        default="likelihood-ratio",
        description="What the p value of a single feature comes from, each a chi-square with one degree of freedom.",
    )
    min_patients: int = Field(
        default=20, ge=4, description="Fewest patients with follow-up and feature for a test."
    )
    events_per_term: int = Field(
        default=5,
        ge=1,
        description="Fewest events for each term of a model, covariates included; with fewer it is refused.",
    )
    confidence: float = Field(default=0.95, gt=0, lt=1, description="Confidence of the intervals.")


class SurvivalSettings(FamilySettings, CoxSettings):
    """How a family of columns is tested against one follow-up."""

    events_per_term: int = Field(
        default=10,
        ge=1,
        description="Fewest events for each term of a model, covariates included; with fewer a row is 'not testable'.",
    )
    competing: Competing = Field(
        default="cause-specific",
        description="What competing events do: they end observation as censoring does, and hazards are those of "
        "patients still without any event ('cause-specific'), or those who had one stay at risk, and hazards say how "
        "many ever have the event ('subdistribution': Fine and Gray's model with Breslow's ties and a Wald test by the "
        "sandwich variance, and Gray's test of groups).",
    )
    proportional: Literal["associated", "tested", "none"] = Field(
        default="associated",
        description="Which Cox models are checked for hazard ratios that change with time: those of columns with q of "
        "at most alpha, or of all tested ones; the largest model of each comparison is checked with either.",
    )


class GroupSettings(Settings):
    """One comparison of groups of patients by Kaplan-Meier curves and a log-rank test."""

    by: str = Field(
        description="Feature, clinical variable or molecule that tells the groups; of a number give 'cut'."
    )
    cut: Literal["none", "median", "maximal"] = Field(
        default="none",
        description="How a number becomes two groups: its median (blind to survival), or the cut with the largest "
        "log-rank statistic, chosen anew in each training part, with the p of permuting all of it.",
    )
    at: float | None = Field(default=None, description="A cut-point fixed beforehand: above it or not.")
    folds: int = Field(default=5, ge=2, description="Folds in which a maximal cut is chosen and judged.")
    min_share: float = Field(
        default=0.2, gt=0, lt=0.5, description="Smallest share of the patients on either side of a cut."
    )
    permutations: int = Field(default=1000, ge=19, description="Most draws of the p value of a maximal cut.")
    weight: float = Field(
        default=0.0,
        ge=0,
        description="Exponent of Fleming and Harrington's weight: 0 is the log-rank test, 1 stresses the early part.",
    )

    @model_validator(mode="after")
    def _one_cut(self) -> Self:
        if self.at is not None and self.cut != "none":
            raise ValueError("give either 'at' (a fixed cut-point) or 'cut'")
        return self


class ModelSettings(Settings):
    """One Cox model of a comparison."""

    name: str = Field(min_length=1, description="What the model is called, e.g. 'clinical'.")
    terms: tuple[str, ...] = Field(
        default=(), description="All its terms: features, clinical variables, molecules, or globs of them."
    )
    adds: tuple[str, ...] = Field(
        default=(), description="Instead of 'terms': what it has beyond the model before it."
    )


class CompareSettings(Settings):
    """Cox models of the same patients beside each other: what a model gains by more terms."""

    name: str = Field(min_length=1, description="What the comparison is called.")
    models: tuple[ModelSettings, ...] = Field(
        min_length=2, description="Models in order; each is compared with the one before it."
    )
    folds: int = Field(
        default=5, ge=2, description="Folds of the cross-validated C-index, events spread evenly."
    )
    repeats: int = Field(default=10, ge=1, description="Repeats of these folds; the same for all models.")
    draws: int = Field(
        default=1000, ge=100, description="Bootstrap draws of the interval of the gain in the C-index."
    )

    @model_validator(mode="after")
    def _each_model_says_its_terms(self) -> Self:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError("two models of a comparison have the same name")
        for place, model in enumerate(self.models):
            if bool(model.terms) == bool(model.adds):
                raise ValueError(f"model '{model.name}' needs either 'terms' or 'adds'")
            if model.adds and place == 0:
                raise ValueError(f"model '{model.name}' is the first: it has 'terms', nothing to add to")
        for model, terms in zip(self.models, self.terms, strict=True):
            if len(set(terms)) < len(terms):
                raise ValueError(f"model '{model.name}' names a term twice")
        return self

    @property
    def terms(self) -> tuple[tuple[str, ...], ...]:
        """Return all terms of each model, as they are written."""
        found: list[tuple[str, ...]] = []
        for model in self.models:
            found.append(model.terms or (*found[-1], *model.adds))
        return tuple(found)
