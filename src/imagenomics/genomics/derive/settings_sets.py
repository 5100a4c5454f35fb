"""Settings of scores of gene sets and of subtypes by centroids."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.derive.settings_scores import DeriveBlock

ScoreMethod = Literal["singscore", "ssgsea", "gsva", "mean", "mean-z", "weighted"]
COHORT_METHODS = ("gsva", "mean-z")


class SignatureSettings(DeriveBlock):
    """One number for each gene set and patient."""

    kind: Literal["signature"] = Field("signature", description="Scores of gene sets.")
    expression: str = Field(description="Name of the [[molecules]] block with the numbers.")
    sets: str | None = Field(None, description="GMT file of gene sets.")
    only: tuple[str, ...] = Field((), description="The sets of that file that are scored; not set: all.")
    genes: tuple[str, ...] = Field((), description="Or: the genes of one signature that go up.")
    down: tuple[str, ...] = Field((), description="The genes of that signature that go down (singscore).")
    weights: str | None = Field(
        None, description="Or, for weighted: a table with the columns gene and weight."
    )
    intercept: float = Field(0.0, description="For weighted: added to the sum.")
    method: ScoreMethod = Field(
        "singscore",
        description="singscore and ssgsea (ranks within one patient), mean, weighted (sum); gsva and mean-z are "
        "estimated across patients.",
    )
    min_share: float = Field(
        0.5, gt=0, le=1, description="Share of the genes of a set that need a value in a patient."
    )
    random_sets: int = Field(
        200,
        ge=39,
        description="Random signatures, of the size, correlation and level of the tested one and scored like it, that "
        "every claim about it in [[associate]] and [[survival]] has to beat.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if [self.sets is None, not self.genes, self.weights is None].count(False) != 1:
            raise ValueError("give one of `sets`, `genes` and `weights`")
        if (self.method == "weighted") != (self.weights is not None):
            raise ValueError("method = 'weighted' and `weights` belong together")
        if self.down and (not self.genes or self.method != "singscore"):
            raise ValueError("`down` needs `genes` and method = 'singscore'")
        if self.only and self.sets is None:
            raise ValueError("`only` needs `sets`")
        if set(self.genes) & set(self.down):
            raise ValueError("a gene is in `genes` and in `down`")
        return self

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [path for path in (self.sets, self.weights) if path]


class CentroidSettings(DeriveBlock):
    """The class whose centroid a patient's expression is most like (PAM50 and its kind)."""

    kind: Literal["centroid"] = Field("centroid", description="Nearest centroid.")
    expression: str = Field(description="Name of the [[molecules]] block with the numbers.")
    centroids: str = Field(description="Table: the gene in the first column, one column for each class.")
    correlation: Literal["spearman", "pearson"] = Field("spearman", description="What 'like' means.")
    centre: Literal["none", "median", "mean"] = Field(
        "none",
        description="Genes are centred before: none, or on the median or mean of the patients (estimated across them).",
    )
    min_correlation: float = Field(0.0, ge=-1, le=1, description="Patients below this are not called.")
    min_margin: float = Field(
        0.0, ge=0, le=2, description="Nor those whose two best classes differ by less than this."
    )
    min_share: float = Field(
        0.5, gt=0, le=1, description="Share of the genes of the centroids that need a value in a patient."
    )

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.centroids]
