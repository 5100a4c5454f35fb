"""Settings of calls from one or two numbers or genotypes: MGMT, cut points, purity, APOE."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.derive.settings_scores import DeriveBlock


class MgmtSettings(DeriveBlock):
    """MGMT promoter methylation by the two-probe model MGMT-STP27."""

    kind: Literal["mgmt-stp27"] = Field("mgmt-stp27", description="Probes cg12434587 and cg12981137.")
    methylation: str = Field(description="Name of the [[molecules]] block of kind 'methylation'.")
    cut: float = Field(
        0.3582,
        gt=0,
        lt=1,
        description="Probability from which MGMT is methylated: 0.3582 (published), 0.4055 (balanced).",
    )
    zone: Literal["interval", "none"] = Field(
        "interval",
        description="Who is uncertain and not called: interval (the interval of the probability holds the cut), none.",
    )
    level: float = Field(0.95, gt=0, lt=1, description="Level of that interval.")


class CutSettings(DeriveBlock):
    """A number cut into levels at declared points: a recurrence score, a share of stained cells, pyrosequencing."""

    kind: Literal["cut"] = Field("cut", description="Levels of a number.")
    column: str = Field(description="Full name of the column, e.g. 'labels.recurrence_score'.")
    cuts: tuple[float, ...] = Field(
        min_length=1, description="Points in rising order; a value at a point is above it."
    )
    levels: tuple[str, ...] = Field(min_length=2, description="Names of the levels, one more than cuts.")
    unsure: tuple[tuple[float, float], ...] = Field(
        (), description="Ranges (from, up to but without) in which nobody is called."
    )
    rule: str = Field("", description="Where the points come from; stands in the table of derived labels.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.levels) != len(self.cuts) + 1:
            raise ValueError("`levels` must be one more than `cuts`")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError("`cuts` must rise")
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("`levels` names a level twice")
        if any(low >= high for low, high in self.unsure):
            raise ValueError("a range of `unsure` must rise")
        return self


class PuritySettings(DeriveBlock):
    """Tumour purity from the ESTIMATE score of an Affymetrix array."""

    kind: Literal["estimate-purity"] = Field("estimate-purity", description="Share of tumour cells.")
    column: str = Field(description="Full name of the column with the ESTIMATE score.")


class ApoeSettings(DeriveBlock):
    """APOE alleles from the genotypes of rs429358 and rs7412, or from a written pair of alleles."""

    kind: Literal["apoe"] = Field("apoe", description="Alleles e2, e3 and e4.")
    rs429358: str | None = Field(None, description="Full name of the column with the genotype, e.g. 'CT'.")
    rs7412: str | None = Field(None, description="Full name of the column with the genotype, e.g. 'CC'.")
    alleles: str | None = Field(None, description="Or: the column with both alleles, e.g. 'e3/e4' or '34'.")
    strand: Literal["forward", "reverse"] = Field(
        "forward", description="The strand of the genotypes: forward (C and T) or reverse (G and A)."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.rs429358 is None) != (self.rs7412 is None):
            raise ValueError("`rs429358` and `rs7412` belong together")
        if (self.alleles is None) == (self.rs429358 is None):
            raise ValueError("give either `alleles`, or `rs429358` and `rs7412`")
        return self
