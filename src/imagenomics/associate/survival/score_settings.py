"""Settings of additive scores."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import BlockName, Settings


class ScoreTerm(Settings):
    """One point of a score: a number on its worse side of a cut-point."""

    by: str = Field(
        description="Feature, clinical variable or molecule: a number, an order, or a state (0, 1)."
    )
    at: float | None = Field(
        default=None, description="Cut-point fixed beforehand; states are cut between 0 and 1 without it."
    )
    cut: Literal["median", "maximal"] = Field(
        default="median",
        description="How the cut-point is learned where 'at' does not fix it: the median, or where survival differs "
        "most (log-rank statistic).",
    )
    worse: Literal["above", "below", "learned"] = Field(
        default="learned",
        description="Which side of the cut is a point: above it, not above it, or the one with more events in the "
        "patients who teach the score.",
    )

    @model_validator(mode="after")
    def _one_cut(self) -> Self:
        if self.at is not None and "cut" in self.model_fields_set:
            raise ValueError(f"'{self.by}': give either 'at' (a fixed cut-point) or 'cut'")
        return self


class ScoreSettings(Settings):
    """An additive score: one point for each term, learned here or taken as a card from another study."""

    name: BlockName = Field(description="What the score is called; its card is scores/BLOCK-NAME.json.")
    terms: tuple[ScoreTerm, ...] = Field(default=(), description="What gives a point.")
    card: str | None = Field(
        default=None,
        description="Instead of 'terms': the card of a score that another study learned (its scores/NAME.json); "
        "nothing is learned here.",
    )
    high: int | None = Field(
        default=None,
        ge=1,
        description="Curves of two groups: fewer points, and so many or more. Without it, each number of points "
        "is a group.",
    )
    folds: int = Field(
        default=5, ge=2, description="Folds in which cut-points and sides are learned and tried."
    )
    min_share: float = Field(
        default=0.2,
        gt=0,
        lt=0.5,
        description="Smallest share of the patients on either side of a maximal cut.",
    )
    permutations: int = Field(
        default=1000, ge=19, description="Most draws of the p value of a score with anything learned."
    )

    @model_validator(mode="after")
    def _terms_or_card(self) -> Self:
        if bool(self.terms) == (self.card is not None):
            raise ValueError(f"score '{self.name}' needs either 'terms' or 'card'")
        names = [term.by for term in self.terms]
        if len(set(names)) < len(names):
            raise ValueError(f"score '{self.name}' names a term twice")
        if self.high is not None and self.terms and self.high > len(self.terms):
            raise ValueError(f"score '{self.name}': nobody can have {self.high} of {len(self.terms)} points")
        return self
