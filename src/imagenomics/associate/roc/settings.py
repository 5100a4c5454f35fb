"""Settings of markers."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.settings import FamilySettings

Direction = Literal["both", "higher", "lower"]
CutRule = Literal["youden", "sensitivity", "specificity"]


class RocSettings(FamilySettings):
    """How features are read as markers of a binary molecule."""

    direction: Direction = Field(
        "both",
        description="which values speak for the positive class: 'higher' or 'lower' ones, declared beforehand (the "
        "test is then one-sided), or 'both': two-sided, and the side of a cut-off is chosen with it",
    )
    interval: Literal["delong", "bootstrap"] = Field(
        "delong",
        description="interval of the AUC: DeLong's on the logit scale, or percentiles of a bootstrap",
    )
    draws: int = Field(2000, ge=100, description="draws of the bootstrap")
    cut: CutRule = Field(
        "youden",
        description="how a cut-off is chosen: the largest sum of sensitivity and specificity (Youden), or the largest "
        "specificity with a sensitivity of 'at_least', or the other way round",
    )
    at_least: float = Field(
        0.9,
        gt=0,
        lt=1,
        description="sensitivity or specificity that a cut-off must have where 'cut' names one",
    )
    folds: int = Field(
        5, ge=2, description="folds in which cut-offs are chosen anew and tried on the patients left out"
    )
    repeats: int = Field(10, ge=1, description="repeats of these folds")
    compare: tuple[tuple[str, str], ...] = Field(
        (), description="pairs of features whose AUCs are compared in the same patients (DeLong, paired)"
    )
    curves: int = Field(8, ge=0, description="strongest features of each target whose ROC curves are kept")

    @model_validator(mode="after")
    def _cuts_can_be_tried(self) -> Self:
        if self.folds > self.min_group:
            raise ValueError(
                f"folds = {self.folds} and min_group = {self.min_group}: each fold needs a patient of either class"
            )
        if self.cut == "youden" and "at_least" in self.model_fields_set:
            raise ValueError("at_least belongs to cut = 'sensitivity' or 'specificity'")
        for first, second in self.compare:
            if first == second:
                raise ValueError(f"compare names '{first}' twice: a feature is no better than itself")
        return self

    @property
    def rule(self) -> str:
        """Return in words how a cut-off is chosen."""
        return "Youden's index" if self.cut == "youden" else f"{self.cut} at least {self.at_least:g}"
