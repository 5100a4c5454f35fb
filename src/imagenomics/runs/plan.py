"""The plan of a study: the rooms' own settings put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from imagenomics.associate.settings import AssociateSettings
from imagenomics.cohort.settings import IdRule, PatientsSettings
from imagenomics.features.phenotypes.settings import AnyMeasure
from imagenomics.features.semantic.cells import Numbers
from imagenomics.features.semantic.readers import Consensus
from imagenomics.features.settings import FeatureSettings
from imagenomics.genomics.derive.settings import DeriveSettings
from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.images.settings import ImageSettings
from imagenomics.predict.settings import PredictSettings
from imagenomics.prepare.learned import AnyLearned, IntensityBlock
from imagenomics.settings import BlockName, Settings

Baseline = Literal["clinical", "volume"]
ModelName = Literal["elastic-net", "svm", "random-forest", "boosting"]


class ImageBlock(ImageSettings):
    """One ``[[images]]`` block, with the features to be measured in it."""

    features: FeatureSettings | None = Field(
        default=None, description="Features of this image, where they differ from [features]."
    )


class PhenotypeBlock(Settings):
    """One ``[[phenotypes]]`` block: one more thing that is measured in an image."""

    name: BlockName = Field(description="Unique name; first part of the columns.")
    image: str = Field(description="Name of the [[images]] block whose pictures and regions are measured.")
    measure: AnyMeasure = Field(
        description="What is measured: kind = 'regions', 'compartments', 'spectra', 'filters', 'uptake', 'map', "
        "'control' or 'feature-map', with the settings of that kind."
    )


class FeatureTable(Settings):
    """One ``[[feature_tables]]`` block: features measured elsewhere, taken as they are."""

    kind: Literal["table"] = Field(default="table", description="Columns are numbers.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(
        description="CSV, TSV or Parquet table, one row per patient, one numeric column per feature."
    )
    id: str = Field(default="patient", description="Column with the patient id.")
    rule: IdRule | None = Field(
        default=None,
        description="How an id as written becomes a patient id. Default: the rule of the patients.",
    )
    columns: tuple[str, ...] = Field(default=("*",), description="Columns to take, as names or globs.")
    volume: str | None = Field(
        default=None, description="The column that is the lesion volume, if there is one."
    )

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as written."""
        return (self.path,)


class ReadingTable(Settings):
    """One ``[[feature_tables]]`` block: what readers saw, coded by a data dictionary."""

    kind: Literal["readings"] = Field(description="Columns are items of a data dictionary.")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(
        description="CSV, TSV or Parquet table, one row per patient and reader; or a folder of AIM XML files."
    )
    id: str = Field(
        default="patient", description="Column with the patient id; in AIM files it is the person's."
    )
    rule: IdRule | None = Field(
        default=None,
        description="How an id as written becomes a patient id. Default: the rule of the patients.",
    )
    dictionary: str = Field(
        description="Data dictionary: 'vasari', 'bi-rads-mr', 'lung-ct', 'liver-ct' or 'kidney-ct'."
    )
    reader: str | None = Field(
        default=None, description="Column of the reader; not set: one reader. In AIM files it is the user."
    )
    numbers: Numbers = Field(
        default="refuse",
        description="What a bare number means in an item with levels: 'codes' of the dictionary, or 'refuse'.",
    )
    consensus: Consensus | None = Field(
        default=None,
        description="What counts where readers differ. Not set: a patient on whom they differ is refused.",
    )
    ignore: tuple[str, ...] = Field(default=(), description="Columns or items that are left out.")

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as written."""
        return (self.path,)


class FreeSurferBlock(Settings):
    """One ``[[feature_tables]]`` block: regional measures of the brain as FreeSurfer wrote them."""

    kind: Literal["freesurfer"] = Field(description="Regional volumes, thickness, areas ...")
    name: BlockName = Field(description="Unique name; first part of the columns.")
    path: str = Field(description="The folder with the subjects (SUBJECTS_DIR).")
    rule: IdRule | None = Field(
        default=None,
        description="How the name of a subject's folder becomes a patient id. Default: the rule of the patients.",
    )
    files: tuple[str, ...] = Field(
        default=("aseg", "aparc"), min_length=1, description="Segmentations and parcellations to read."
    )
    measures: tuple[str, ...] = Field(
        default=("volume", "thickness", "surface_area"),
        min_length=1,
        description="What of each region is taken.",
    )

    def inputs(self) -> tuple[str, ...]:
        """Return what is read, as globs."""
        return (f"{self.path}/*/stats/*.stats", f"{self.path}/*/scripts/recon-all.error")


def _kind_of_table(block: object) -> str:
    kind = block.get("kind", "table") if isinstance(block, Mapping) else getattr(block, "kind", "table")
    return str(kind)


AnyFeatureTable = Annotated[
    Annotated[FeatureTable, Tag("table")]
    | Annotated[ReadingTable, Tag("readings")]
    | Annotated[FreeSurferBlock, Tag("freesurfer")],
    Discriminator(_kind_of_table),
]


class AssociateBlock(AssociateSettings):
    """One ``[[associate]]`` block: one declared family of tests."""

    name: BlockName = Field(description="Unique name of the analysis.")
    features: str | tuple[str, ...] = Field(
        default="all", description="'all' (every column without a flag), or column names or globs."
    )
    flagged: bool = Field(
        default=False, description="Take flagged columns (e.g. voxel-units, negative-control) too."
    )
    targets: str | tuple[str, ...] = Field(
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs."
    )
    adjust: tuple[str, ...] = Field(
        default=(), description="Clinical variables, or 'site', that every test is adjusted for."
    )
    within: Literal["site", "nothing"] = Field(
        default="site",
        description="Permutations move patients only within these groups, where they are known.",
    )


class TrainBlock(Settings):
    """One ``[[train]]`` block: one declared prediction."""

    name: BlockName = Field(description="Unique name of the analysis.")
    target: str = Field(
        description="A molecule or label ('mutations.IDH1', 'IDH.status') or a clinical column."
    )
    positive: str | None = Field(
        default=None,
        description="Level that is to be predicted; 'each' declares one target for each class. "
        "Not needed for binary molecules and continuous targets.",
    )
    features: str | tuple[str, ...] = Field(
        default="all", description="'all' (every column without a flag), or column names or globs."
    )
    flagged: bool = Field(
        default=False, description="Take flagged columns (e.g. voxel-units, negative-control) too."
    )
    clinical: str | tuple[str, ...] = Field(
        default="all",
        description="Clinical variables of the clinical baseline: 'all' or names; never the site.",
    )
    baselines: tuple[Baseline, ...] = Field(
        default=("clinical", "volume"),
        description="Baselines over which a gain gets its own verdict; the majority class always stands beside.",
    )
    primary: ModelName = Field(default="elastic-net", description="The model the verdict is about.")
    models: tuple[ModelName, ...] = Field(
        default=("svm", "random-forest", "boosting"),
        description="Models that stand beside the primary one; they are never picked afterwards.",
    )
    nulls: tuple[ModelName, ...] = Field(
        default=(), description="Models beside the primary one that get a permutation null, too."
    )
    folds: int = Field(default=5, ge=2, description="Folds of a repeat.")
    repeats: int = Field(
        default=5, ge=1, description="Repeats for the interval; the tested statistic uses the first."
    )
    folds_table: str | None = Field(
        default=None, description="Table with patient, repeat, fold: your own folds instead of drawn ones."
    )
    leave_site_out: bool = Field(
        default=True, description="Also train on all sites but one and predict that one."
    )
    within: Literal["site", "nothing"] = Field(
        default="site",
        description="The null permutes patients only within these groups, where they are known.",
    )


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
    molecules: tuple[MoleculeSettings, ...] = Field(default=(), description="Molecules and labels.")
    derive: tuple[DeriveSettings, ...] = Field(
        default=(), description="Labels derived from molecules by a stated rule."
    )
    associate: tuple[AssociateBlock, ...] = Field(default=(), description="Families of tests.")
    train: tuple[TrainBlock, ...] = Field(default=(), description="Predictions.")
    predict: PredictSettings = Field(
        default=PredictSettings(), description="How models are prepared and tuned inside the training part."
    )

    @field_validator(
        "images", "phenotypes", "feature_tables", "learned", "molecules", "derive", "associate", "train"
    )
    @classmethod
    def _unique_names(cls, blocks: tuple[object, ...]) -> tuple[object, ...]:
        _refuse_twice(getattr(block, "name", "") for block in blocks)
        return blocks

    @model_validator(mode="after")
    def _names_across(self) -> Self:
        _refuse_twice(
            b.name
            for blocks in (self.images, self.phenotypes, self.feature_tables, self.learned)
            for b in blocks
        )
        images = {b.name for b in self.images}
        for learned in self.learned:
            for name in learned.images:
                if name not in images:
                    raise ValueError(f"learned {learned.name}: there is no [[images]] block named '{name}'")
        for block in self.phenotypes:
            if block.image not in images:
                raise ValueError(
                    f"phenotypes {block.name}: there is no [[images]] block named '{block.image}'"
                )
        self._check_learned()
        _refuse_twice([*(b.name for b in self.molecules), *(b.name for b in self.derive)])
        _refuse_twice([*(b.name for b in self.associate), *(b.name for b in self.train)])
        if not self.images and not self.feature_tables:
            raise ValueError("a study needs pictures: at least one [[images]] or [[feature_tables]] block")
        return self

    def _check_learned(self) -> None:
        by_name = {b.name: b for b in self.images}
        for block in self.learned:
            if isinstance(block, IntensityBlock) and by_name[block.image].normalise.method != "none":
                raise ValueError(
                    f"learned {block.name}: the image '{block.image}' is normalised already; set its normalise = 'none'"
                )

    def image_of(self, block: PhenotypeBlock) -> ImageBlock:
        """Return the image that a phenotype is measured in."""
        return next(image for image in self.images if image.name == block.image)

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
            *(path for block in self.molecules for path in block.files()),
            *(path for block in self.derive for path in block.files()),
            *(path for block in self.feature_tables for path in block.inputs()),
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
