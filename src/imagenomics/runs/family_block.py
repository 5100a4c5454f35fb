"""What every block has that declares a family of tests, and the block of plain pairs."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.heritability import HeritabilitySettings
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.associate.nested.settings import SCHEME_HELP, Scheme
from imagenomics.associate.paired import PairedSettings
from imagenomics.associate.post_hoc import PostHoc
from imagenomics.associate.replication.settings import ReplicationSettings
from imagenomics.associate.roc.settings import RocSettings
from imagenomics.associate.settings import AssociateSettings
from imagenomics.settings import BlockName, Settings


class FamilyBlock(Settings):
    """One declared family of tests: which image features, adjusted for what, permuted within which groups."""

    name: BlockName = Field(description="Unique name of the analysis.")
    features: str | tuple[str, ...] = Field(
        default="all", description="'all' (every column without a flag), or column names or globs."
    )
    flagged: bool = Field(
        default=False,
        description="Take flagged columns (e.g. voxel-units, negative-control) too; repetitions only by name.",
    )
    adjust: tuple[str, ...] = Field(
        default=(),
        description="Clinical variables, 'site', or how the pictures were made ('t1.acquisition.field_strength_t'), "
        "that every test is adjusted for.",
    )
    within: Literal["site", "nothing"] = Field(
        default="site",
        description="Permutations move patients only within these groups, where they are known.",
    )

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the clinical variables that a patient must have to enter."""
        return self.adjust


class AssociateBlock(FamilyBlock, AssociateSettings):
    """One ``[[associate]]`` block: features against molecules, pair by pair."""

    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs."
    )

    post_hoc: Literal["none"] | PostHoc = Field(
        default="none",
        description="Compare the levels of categorical columns two at a time, for pairs with a numeric column: Dunn's "
        "test, pairwise Mann-Whitney or Welch tests (p adjusted by Holm's rule), Tukey-Kramer, or Games-Howell (a "
        "variance for each level). Rows of post_hoc.parquet; without covariates only.",
    )
    post_hoc_pairs: Literal["associated", "tested"] = Field(
        default="associated",
        description="Which pairs: those with q of at most alpha, or all that were tested.",
    )
    unit: str | None = Field(
        default=None,
        min_length=1,
        description="Rows are units inside patients ('biopsy'): features of [[feature_tables]] and targets of "
        "[[molecules]] with this word as `per`; targets may also be those of patients.",
    )
    units: Scheme = Field(default="cluster-robust", description=SCHEME_HELP)

    @model_validator(mode="after")
    def _units_have_tests_of_their_own(self) -> Self:
        if self.unit is None:
            if "units" in self.model_fields_set:
                raise ValueError("`units` says how units inside patients are tested: declare `unit`, too")
            return self
        other = [*self.chosen, *(f"method = '{m}'" for m in (self.method,) if m == "partial-rank")]
        other += [f"ordinal = '{self.ordinal}'"] if self.ordinal != "scores" else []
        other += [f"counts = '{self.counts}'"] if self.counts != "numbers" else []
        if self.side != "two-sided":
            other.append(f"side = '{self.side}'")
        if self.post_hoc != "none":
            other.append(f"post_hoc = '{self.post_hoc}'")
        if self.max_t != "single-step":
            other.append(f"max_t = '{self.max_t}'")
        if self.keep_p < 1:
            other.append(f"keep_p = {self.keep_p:g}")
        if self.permutations and "permutations" in self.model_fields_set:
            other.append(f"permutations = {self.permutations}")
        if other:
            raise ValueError(f"{', '.join(other)} is for one row per patient: leave it out beside `unit`")
        return self

    @model_validator(mode="after")
    def _chosen_tests_take_no_covariates(self) -> Self:
        chosen = self.chosen if self.post_hoc == "none" else (*self.chosen, f"post_hoc = '{self.post_hoc}'")
        _refuse_both(chosen, self.adjust)
        return self


class DifferentialBlock(FamilyBlock, DifferentialSettings):
    """One ``[[differential]]`` block: all genes of an expression block along each image feature."""

    molecules: str = Field(description="The [[molecules]] block of kind 'expression' with the genes.")


class ReplicateBlock(FamilyBlock, ReplicationSettings):
    """One ``[[replicate]]`` block: pairs tested in each cohort alone, and their effects pooled."""

    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs."
    )
    by: str = Field(default="site", description="Clinical variable that tells cohorts apart, or 'site'.")
    within: Literal["nothing"] = Field(default="nothing", description="Nothing is permuted.")

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the clinical variables that a patient must have to enter."""
        return (*self.adjust, self.by)

    @model_validator(mode="after")
    def _each_test_fits_in_a_cohort(self) -> Self:
        if self.by in self.adjust:
            raise ValueError(
                f"'{self.by}' tells cohorts apart and is the same within each: leave it out of adjust"
            )
        _refuse_both(self.chosen, self.adjust)
        return self


class InteractionBlock(FamilyBlock, InteractionSettings):
    """One ``[[interaction]]`` block: do pairs go together differently along a third column."""

    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs."
    )
    by: str = Field(
        description="The modifier: a clinical variable, 'site', or a molecule column ('labels.MGMT'). Its levels are "
        "strata; numbers enter the models as they are, unless `cut` makes two strata of them."
    )
    cut: float | Literal["median"] | None = Field(
        default=None,
        description="Makes two strata of a numeric modifier: below this number, and this number or more. 'median' is "
        "that of the linked patients.",
    )

    @model_validator(mode="after")
    def _the_modifier_is_in_every_model(self) -> Self:
        if self.by in self.adjust:
            raise ValueError(f"'{self.by}' is the modifier and in every model: leave it out of adjust")
        _refuse_both(self.chosen, self.adjust)
        return self


class RocBlock(FamilyBlock, RocSettings):
    """One ``[[roc]]`` block: each feature as a marker of binary molecules, with a cut-off."""

    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs; binary ones are tested."
    )
    scores: tuple[str, ...] = Field(
        default=(),
        description="Clinical variables that are numbers and stand beside the features as markers.",
    )
    within: Literal["nothing"] = Field(default="nothing", description="Nothing is permuted.")

    @model_validator(mode="after")
    def _markers_stand_alone(self) -> Self:
        if self.adjust:
            raise ValueError("a marker is used as it is: leave out adjust, or test it in [[associate]]")
        return self


class PairedBlock(FamilyBlock, PairedSettings):
    """One ``[[paired]]`` block: two measurements of the same patients against each other."""

    first: str = Field(description="Beginning of the first columns: a block ('pre') or block and region.")
    second: str = Field(description="Beginning of the second columns; the rest of the names is the same.")
    features: Literal["all"] = Field(default="all", description="Every column that has a partner.")
    adjust: tuple[()] = Field(default=(), description="Nothing: each patient is compared with himself.")
    within: Literal["nothing"] = Field(default="nothing", description="Nothing is permuted.")

    @model_validator(mode="after")
    def _two_measurements(self) -> Self:
        if self.first == self.second:
            raise ValueError(f"first and second are both '{self.first}'")
        return self


class HeritabilityBlock(FamilyBlock, HeritabilitySettings):
    """One ``[[heritability]]`` block: how much of each image feature relatives share."""

    family: str = Field(description="Column with the family of each patient: equal in relatives.")
    zygosity: str | None = Field(
        default=None,
        description="Column that says 'MZ' for both of a pair of identical twins; all other relatives are siblings, "
        "who share half of their genes.",
    )
    within: Literal["nothing"] = Field(default="nothing", description="Nothing is permuted.")


def _refuse_both(chosen: tuple[str, ...], adjust: tuple[str, ...]) -> None:
    if adjust and chosen:
        raise ValueError(f"{', '.join(chosen)} chooses a test that takes no covariates: leave out one")
