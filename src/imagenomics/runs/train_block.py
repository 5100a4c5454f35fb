"""What a study file says of one prediction: the ``[[train]]`` blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.runs.modality_block import modalities_problem
from imagenomics.runs.outcome_block import OutcomeSettings
from imagenomics.runs.set_blocks import ModulesBlock

IMAGES = "images"
Baseline = Literal["clinical", "volume"]
ModelName = Literal["elastic-net", "svm", "random-forest", "boosting", "tree", "supervised-pc"]


class TrainBlock(OutcomeSettings):
    """One ``[[train]]`` block: one declared prediction."""

    predictors: str = Field(
        default=IMAGES,
        description="'images': the columns of `features`. Or genes: the name of a [[modules]] block, whose modules or "
        "metagenes are learned anew in each training part with its settings; or of a [[molecules]] block of kind "
        "'expression', gene by gene. From genes an image feature can be predicted, too.",
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
        default=False,
        description="Take flagged columns (e.g. voxel-units, negative-control) too; repetitions only by name.",
    )
    clinical: str | tuple[str, ...] = Field(
        default="all",
        description="Clinical variables of the clinical baseline: 'all' or names; never the site. 'all' leaves "
        "out confounders and acquisition ('t1.acquisition.model'): name them where they are meant.",
    )
    baselines: tuple[Baseline, ...] = Field(
        default=("clinical", "volume"),
        description="Baselines over which a gain gets its own verdict; the majority class always stands beside.",
    )
    primary: ModelName = Field(default="elastic-net", description="The model the verdict is about.")
    models: tuple[ModelName, ...] = Field(
        default=("svm", "random-forest", "boosting"),
        description="Models that stand beside the primary one; they are never picked afterwards. Survival is known to "
        "'elastic-net' and 'supervised-pc' only, and has the latter by default.",
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

    modalities: dict[str, str | tuple[str, ...]] = Field(
        default={},
        description="Sets of features that each get a primary model of their own on the patients who have all of them, "
        "by name: { ct = 'ct.*', pet = 'pet.*' }. Any sets of columns, unlike the `modality` of [[images]].",
    )
    compare: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="Pairs of modalities whose models are compared in the same patients and folds; each pair gets its "
        "own verdict.",
    )

    @model_validator(mode="after")
    def _survival_has_no_classes(self) -> Self:
        if self.event is not None and self.positive is not None:
            raise ValueError("'positive' is for classes; which cell means the event is said by 'event_value'")
        named = (self.clinical,) if isinstance(self.clinical, str) else self.clinical
        if self.event is not None and {self.target, self.event} & set(named):
            raise ValueError("'clinical' names the follow-up itself, which is what is to be predicted")
        return self

    @property
    def from_genes(self) -> bool:
        """Whether genes predict, not images."""
        return self.predictors != IMAGES

    @model_validator(mode="after")
    def _genes_are_no_features(self) -> Self:
        if self.from_genes and (self.features != "all" or self.flagged):
            raise ValueError(
                f"predictors = '{self.predictors}' are genes, but `features` and `flagged` choose image features"
            )
        return self

    @model_validator(mode="after")
    def _compared_are_modalities(self) -> Self:
        problem = modalities_problem(self.modalities, self.compare)
        if problem or (self.modalities and self.from_genes):
            raise ValueError(problem or "modalities are image features, but `predictors` are genes")
        return self


def predictors_problem(
    train: Iterable[TrainBlock], modules: Iterable[ModulesBlock], molecules: Iterable[MoleculeSettings]
) -> str:
    """Say which ``[[train]]`` block names predictors that are not there; '' where all are."""
    learned = {m.name for m in modules}
    genes = {m.name for m in molecules if m.kind == "expression"}
    for block in train:
        name = block.predictors
        if not block.from_genes:
            continue
        if name in learned & genes:
            return f"train {block.name}: '{name}' is a [[modules]] and a [[molecules]] block; rename one"
        if name not in learned | genes:
            return (
                f"train {block.name}: predictors = '{name}', but there is no [[modules]] block and no [[molecules]] "
                "block of kind 'expression' of that name"
            )
    return ""
