"""A published number with what was printed beside it, by kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from imagenomics.settings import Settings

Outcome = Literal["agrees", "disagrees", "not reproducible"]


class ClaimBase(Settings):
    """What every claim says."""

    paper: str = Field(description="Key of the paper.")
    name: str = Field(description="Which of its numbers.")
    source: Literal["abstract", "memory", "meeting report"] = Field(
        description="Where the numbers were read."
    )
    printed_p: str | None = Field(default=None, description="The p value as printed.")
    expect: Outcome = Field(default="agrees", description="What the check is known to find.")
    explanation: str = Field(default="", description="Why it does not agree, or what to know.")


class Table2x2(ClaimBase):
    """Two groups of counts."""

    kind: Literal["table2x2"]
    first: str = Field(description="Patients with the trait of all, k/n.")
    second: str = Field(description="The same of the second group.")
    direction: Literal["more", "less", "no difference"] | None = Field(
        default=None, description="What was said of the first group, where no p was printed."
    )


class Correlation(ClaimBase):
    """A correlation of n patients (or whatever the paper counted)."""

    kind: Literal["correlation"]
    r: str = Field(description="As printed.")
    n: int = Field(description="How many entered.")
    method: Literal["pearson", "spearman"] = Field(default="pearson", description="Which correlation.")


class Proportion(ClaimBase):
    """A percentage of n."""

    kind: Literal["proportion"]
    share: str = Field(description="As printed.")
    n: int = Field(description="Of how many.")
    k: int | None = Field(default=None, description="The printed count.")
    chance: float = Field(default=0.5, description="Share under the null hypothesis of a printed p.")


class Area(ClaimBase):
    """An AUC with its standard error."""

    kind: Literal["auc"]
    auc: str = Field(description="As printed.")
    error: str = Field(description="As printed.")


class Ratio(ClaimBase):
    """A hazard or odds ratio with its interval."""

    kind: Literal["ratio"]
    ratio: str = Field(description="As printed.")
    low: str = Field(description="Lower limit.")
    high: str = Field(description="Upper limit.")


class Diagnosis(ClaimBase):
    """Sensitivity and specificity among n patients."""

    kind: Literal["diagnosis"]
    sensitivity: str = Field(description="As printed.")
    specificity: str = Field(description="As printed.")
    n: int = Field(description="Patients in all.")
    accuracy: str | None = Field(default=None, description="As printed.")
    positives: int | None = Field(default=None, description="Diseased, where printed.")


class Unrepeatable(ClaimBase):
    """A number that needs more than was printed."""

    kind: Literal["unrepeatable"]
    statistic: str = Field(description="What was printed.")
    needs: str = Field(description="What a recomputation would need.")
    expect: Outcome = Field(default="not reproducible", description="What the check is known to find.")


Claim = Annotated[
    Table2x2 | Correlation | Proportion | Area | Ratio | Diagnosis | Unrepeatable, Field(discriminator="kind")
]
CLAIMS: TypeAdapter[list[Claim]] = TypeAdapter(list[Claim])
