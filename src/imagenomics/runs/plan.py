"""The plan of a study: the rooms' own settings put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.settings import PatientsSettings
from imagenomics.features.perturbation.chain import PerturbSettings
from imagenomics.features.settings import FeatureSettings
from imagenomics.genomics.derive.settings import DeriveSettings
from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.images.settings import ImageSettings
from imagenomics.predict.settings import PredictSettings
from imagenomics.prepare.learned import AnyLearned, IntensityBlock
from imagenomics.report.folder import FAMILY_SECTIONS
from imagenomics.runs.agreement_block import AgreementBlock
from imagenomics.runs.alike import misfit, retest_problem
from imagenomics.runs.brain_map_block import BrainMapBlock, effects_problem
from imagenomics.runs.cluster_block import ClusterBlock
from imagenomics.runs.delta_block import DeltaBlock
from imagenomics.runs.family_block import (
    AssociateBlock,
    DifferentialBlock,
    HeritabilityBlock,
    InteractionBlock,
    PairedBlock,
    ReplicateBlock,
    RocBlock,
)
from imagenomics.runs.phenotype_block import PhenotypeBlock, images_problem
from imagenomics.runs.set_blocks import EnrichBlock, ModulesBlock, VariantSetBlock, genes_problem
from imagenomics.runs.survival_block import SurvivalBlock
from imagenomics.runs.table_blocks import AnyFeatureTable
from imagenomics.runs.train_block import TrainBlock, predictors_problem
from imagenomics.runs.voxel_block import VoxelBlock
from imagenomics.settings import Settings
from imagenomics.verdicts.source import feature_source


class ImageBlock(ImageSettings):
    """One ``[[images]]`` block, with the features to be measured in it."""

    features: FeatureSettings | None = Field(
        default=None, description="Features of this image, where they differ from [features]."
    )
    repeats: PerturbSettings | None = Field(
        default=None,
        description="Measure the features again on perturbed copies of each image, as columns <feature>@2, @3 ... "
        "that say how stable each feature is; no analysis takes them.",
    )
    repeats_of: str | None = Field(
        default=None,
        description="Name of the [[images]] block of which this one is a second examination (test and retest): its "
        "features become the columns <feature>@2 of that block, and no features of their own.",
    )

    @model_validator(mode="after")
    def _copies_need_an_outline(self) -> Self:
        if self.repeats is not None and self.repeats_of is not None:
            raise ValueError("'repeats' and 'repeats_of' in one block: a repetition is not repeated")
        if self.repeats is not None and not self.has_mask:
            raise ValueError("'repeats' moves and redraws the region, so it needs a mask")
        if self.form == "series" and (self.repeats is not None or self.repeats_of is not None):
            raise ValueError("a series has no features of its own, so there is nothing to repeat")
        return self


# Sections whose blocks are told apart by name alone, whatever their kind.
ANALYSES = ("agreement", *FAMILY_SECTIONS, "enrich", "modules", "brain_maps", "train")


class Plan(Settings):
    """A whole study, as its file declares it."""

    name: str = Field(min_length=1, description="Title of the study and of its page.")
    seed: int = Field(default=0, ge=0, description="Seed of everything that is drawn.")
    synthetic: bool = Field(default=False, description="The patients are made up; every page says so.")
    alpha: float = Field(default=0.05, gt=0, lt=1, description="Error rate of the verdicts on predictions.")
    max_failed: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of images that failed in any measurement above which a run ends with exit code 3.",
    )
    patients: PatientsSettings = Field(
        description="Who: the table of patients, its ids, sites and clinical columns."
    )
    images: tuple[ImageBlock, ...] = Field(default=(), description="Pictures.")
    features: FeatureSettings = Field(
        default=FeatureSettings(), description="What is measured in each region."
    )
    phenotypes: tuple[PhenotypeBlock, ...] = Field(
        default=(), description="Further measurements of the images."
    )
    feature_tables: tuple[AnyFeatureTable, ...] = Field(
        default=(), description="Features measured elsewhere."
    )
    learned: tuple[AnyLearned, ...] = Field(
        default=(),
        description="Measures that are learned from the voxels of many patients: in predictions from those of the "
        "training part, in associations from all.",
    )
    deltas: tuple[DeltaBlock, ...] = Field(
        default=(), description="Changes between two examinations of the same patients."
    )
    molecules: tuple[MoleculeSettings, ...] = Field(default=(), description="Molecules and labels.")
    derive: tuple[DeriveSettings, ...] = Field(
        default=(), description="Labels derived from molecules by a stated rule."
    )
    agreement: tuple[AgreementBlock, ...] = Field(
        default=(), description="How far readers, examinations or repetitions agree."
    )
    associate: tuple[AssociateBlock, ...] = Field(default=(), description="Families of tests.")
    differential: tuple[DifferentialBlock, ...] = Field(
        default=(), description="Expression along imaging phenotypes."
    )
    survival: tuple[SurvivalBlock, ...] = Field(
        default=(), description="Features and molecules against the time to an event."
    )
    replicate: tuple[ReplicateBlock, ...] = Field(
        default=(), description="Pairs tested in each cohort, and pooled."
    )
    interaction: tuple[InteractionBlock, ...] = Field(
        default=(), description="Pairs that may go together differently along a third column."
    )
    roc: tuple[RocBlock, ...] = Field(
        default=(), description="Features as markers of binary molecules, with cut-offs."
    )
    paired: tuple[PairedBlock, ...] = Field(
        default=(), description="Two measurements of the same patients against each other."
    )
    heritability: tuple[HeritabilityBlock, ...] = Field(
        default=(), description="How much of the image features relatives share through their genes."
    )
    clusters: tuple[ClusterBlock, ...] = Field(
        default=(), description="Groups of patients by image features alone, and what follows them."
    )
    variant_sets: tuple[VariantSetBlock, ...] = Field(
        default=(), description="Sets of inherited variants against image features."
    )
    voxels: tuple[VoxelBlock, ...] = Field(
        default=(), description="Where lesions lie, voxel by voxel, against molecules."
    )
    enrich: tuple[EnrichBlock, ...] = Field(default=(), description="Gene sets against phenotypes.")
    modules: tuple[ModulesBlock, ...] = Field(default=(), description="Modules of genes against phenotypes.")
    brain_maps: tuple[BrainMapBlock, ...] = Field(
        default=(), description="Maps of the brain against regional gene expression."
    )
    train: tuple[TrainBlock, ...] = Field(default=(), description="Predictions.")
    predict: PredictSettings = Field(
        default=PredictSettings(), description="How models are prepared and tuned inside the training part."
    )

    @field_validator(
        "images",
        "phenotypes",
        "feature_tables",
        "learned",
        "deltas",
        "molecules",
        "derive",
        *ANALYSES,
    )
    @classmethod
    def _unique_names(cls, blocks: tuple[object, ...]) -> tuple[object, ...]:
        _refuse_twice(getattr(block, "name", "") for block in blocks)
        return blocks

    @model_validator(mode="after")
    def _names_across(self) -> Self:
        columns = (self.images, self.phenotypes, self.feature_tables, self.learned, self.deltas)
        _refuse_twice(b.name for blocks in columns for b in blocks)
        images = {b.name: b.form for b in self.images}
        for learned in self.learned:
            for name in learned.images:
                if name not in images:
                    raise ValueError(f"learned {learned.name}: there is no [[images]] block named '{name}'")
                if images[name] == "series":
                    raise ValueError(f"learned {learned.name}: '{name}' is a series; it needs one volume")
        for block in self.phenotypes:
            problem = images_problem(block, self.images)
            if problem:
                raise ValueError(f"phenotypes {block.name}: {problem}")
        for maps in self.voxels:
            problem = maps.problem({b.name: b for b in self.images})
            if problem:
                raise ValueError(f"voxels {maps.name}: {problem}")
        for readers in self.agreement:
            problem = readers.problem(self.feature_tables, self.images)
            if problem:
                raise ValueError(f"agreement {readers.name}: {problem}")
        self._check_learned()
        _refuse_twice([*(b.name for b in self.molecules), *(b.name for b in self.derive)])
        _refuse_twice(b.name for section in ANALYSES for b in getattr(self, section))
        problem = genes_problem((*self.enrich, *self.modules, *self.variant_sets), self.molecules)
        problem = problem or predictors_problem(self.train, self.modules, self.molecules)
        problem = problem or effects_problem(self.brain_maps, self.associate)
        if problem:
            raise ValueError(problem)
        if not self.images and not self.feature_tables:
            raise ValueError("a study needs pictures: at least one [[images]] or [[feature_tables]] block")
        return self

    @property
    def seen(self) -> str:
        """Return what features come from; see :func:`imagenomics.verdicts.source.feature_source`."""
        return feature_source(images=bool(self.images), tables=[b.kind for b in self.feature_tables])

    def _check_learned(self) -> None:
        by_name = {b.name: b for b in self.images}
        for block in self.learned:
            if isinstance(block, IntensityBlock) and by_name[block.image].normalise.method != "none":
                raise ValueError(
                    f"learned {block.name}: the image '{block.image}' is normalised already; set its normalise = 'none'"
                )

    @model_validator(mode="after")
    def _deltas_compare_what_is_alike(self) -> Self:
        for block in self.deltas:
            problem = misfit(self, block.first, block.second)
            if problem:
                raise ValueError(f"deltas {block.name}: {problem}")
        return self

    @model_validator(mode="after")
    def _retests_are_those_of_images(self) -> Self:
        for block in self.images:
            problem = "" if block.repeats_of is None else retest_problem(self, block.name, block.repeats_of)
            if problem:
                raise ValueError(f"images {block.name}: {problem}")
        return self

    def image_of(self, block: PhenotypeBlock) -> ImageBlock:
        """Return the image that a phenotype is measured in."""
        return next(image for image in self.images if image.name == block.image)

    def others_of(self, block: PhenotypeBlock) -> dict[str, ImageBlock]:
        """Return the further images of a phenotype, by what its measure calls them."""
        named = {image.name: image for image in self.images}
        return {role: named[name] for role, name in block.others.items()}

    def features_of(self, block: ImageBlock) -> FeatureSettings:
        """Return what is measured in an image."""
        return block.features or self.features

    def tables(self) -> list[str]:
        """Return every table that the study reads, as written, each once; a glob stands for all files that fit."""
        rules = [
            self.patients.rule,
            *(b.rule for b in self.molecules),
            *(b.rule for b in self.feature_tables),
        ]
        found = [
            self.patients.table,
            *(rule.participants for rule in rules if rule is not None),
            *(block.table.path for block in self.images if block.table is not None),
            *(path for block in self.images for path in block.participants()),
            *(path for block in self.molecules for path in block.files()),
            *(path for block in self.derive for path in block.files()),
            *(path for block in self.feature_tables for path in block.inputs()),
            *(path for block in self.phenotypes for path in block.shared_files().values()),
            *(path for block in self.survival for path in block.files()),
            *(block.sets for block in self.enrich),
            *(block.sets for block in self.variant_sets),
            *(path for block in self.brain_maps for path in block.files()),
            *(block.folds_table for block in self.train),
            None if self.predict.prepare.stability is None else self.predict.prepare.stability.table,
        ]
        return sorted({path for path in found if path})


def _refuse_twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the name '{name}' is used twice; every block needs its own")
        seen.add(name)
