"""Settings of agreement."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.cohort.settings import Kind
from imagenomics.settings import Settings
from imagenomics.stats.agreement.icc import Form
from imagenomics.stats.agreement.kappa import Weights


class AgreementSettings(Settings):
    """Which coefficients of agreement are worked out, between whom, and how."""

    readers: tuple[str, ...] = Field(
        (),
        description="Readers (or units, or numbers of repetitions) to compare, in this order: a mean difference is "
        "first minus second. Not set: all, sorted by name.",
    )
    kinds: dict[str, Kind] = Field(
        {},
        description="Scale of columns whose table does not know it, such as scores in a plain table: "
        "{ 'scores.margin' = 'ordinal' }.",
    )
    weights: Weights = Field(
        "quadratic",
        description="Kappa of ordinal columns: how much a near miss counts, by the distance of the levels ('linear', "
        "'quadratic'), or not at all ('none').",
    )
    icc: tuple[Form, ...] = Field(
        ("ICC(2,1)", "ICC(3,1)"),
        description="Intraclass correlations of numeric columns: ICC(2,1) counts a constant difference between readers "
        "as disagreement, ICC(3,1) does not, ICC(1,1) is for exchangeable repetitions such as perturbed copies; "
        "'(.,k)' speaks of the mean of the k readers.",
    )
    alpha: Literal["none", "interval", "ratio"] = Field(
        "none",
        description="Krippendorff's alpha of numeric columns, too: of differences ('interval') or of differences as "
        "shares of their sum ('ratio'). Columns with levels always have their alpha.",
    )
    pairs: bool = Field(
        True, description="Also compare every two readers: which one differs from the others."
    )
    draws: int = Field(
        1000, ge=0, le=100_000, description="Bootstrap samples of patients behind the interval of alpha."
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence of the intervals.")
    min_patients: int = Field(
        10,
        ge=3,
        description="Fewest patients who were read by both or all; with fewer a row says so and no more.",
    )

    @model_validator(mode="after")
    def _readers_are_several(self) -> Self:
        if self.readers and len(self.readers) < 2:
            raise ValueError(f"'readers' names {self.readers[0]} alone; agreement needs two")
        twice = [name for name in self.readers if self.readers.count(name) > 1]
        if twice:
            raise ValueError(f"'readers' names {twice[0]} twice")
        return self
