"""Settings of the model families and of their tuning."""

from __future__ import annotations

from pydantic import Field, field_validator

from imagenomics.prepare.settings import PrepareSettings
from imagenomics.settings import Settings


class ElasticNetSettings(Settings):
    """Grid of the elastic net."""

    l1_ratios: tuple[float, ...] = Field(
        (0.9, 0.1), min_length=1, description="Shares of the absolute penalty to choose from."
    )
    n_lambdas: int = Field(
        15, ge=2, description="Penalties to choose from, evenly spaced in their logarithm."
    )
    lambda_ratio: float = Field(
        0.05,
        gt=0.0,
        lt=1.0,
        description="Smallest penalty as a share of the largest, where there are many columns (at least one "
        "for five patients).",
    )
    lambda_ratio_few: float = Field(
        0.001,
        gt=0.0,
        lt=1.0,
        description="The same share where there are few columns, as in clinical models.",
    )

    @field_validator("l1_ratios")
    @classmethod
    def _inside(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0.01 <= v <= 1.0 for v in value):
            raise ValueError("every share must lie between 0.01 and 1")
        return value


class SvmSettings(Settings):
    """Grid of the linear support vector machine."""

    costs: tuple[float, ...] = Field(
        (0.001, 0.01, 0.1, 1.0), min_length=1, description="Values of C to choose from, smallest first."
    )


class ForestSettings(Settings):
    """Grid of the random forest."""

    trees: int = Field(100, ge=1, description="Trees in a forest.")
    leaves: tuple[int, ...] = Field(
        (8, 2), min_length=1, description="Smallest numbers of patients in a leaf to choose from."
    )


class BoostingSettings(Settings):
    """Grid of gradient boosting."""

    trees: tuple[int, ...] = Field(
        (10, 25, 50, 100), min_length=1, description="Numbers of trees to choose from, smallest first."
    )
    depth: int = Field(2, ge=1, description="Depth of a tree.")
    learning_rate: float = Field(0.1, gt=0.0, le=1.0, description="Weight of each tree.")


class TreeSettings(Settings):
    """Grid of the decision tree."""

    leaves: tuple[int, ...] = Field(
        (2, 3, 4, 6),
        min_length=1,
        description="Numbers of leaves to choose from, smallest first; 2 is one cut.",
    )
    min_leaf: int = Field(5, ge=1, description="Fewest training patients in a leaf.")

    @field_validator("leaves")
    @classmethod
    def _a_cut_makes_two(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(leaves < 2 for leaves in value):
            raise ValueError("a tree has at least 2 leaves")
        return value


class SupervisedPcSettings(Settings):
    """Grid of the supervised principal component."""

    columns: tuple[int, ...] = Field(
        (1, 5, 10, 25, 50),
        min_length=1,
        description="Numbers of leading columns to choose from, smallest first; 1 is the strongest alone.",
    )
    slope_variance: float = Field(
        10.0, gt=0.0, description="Prior variance of the slopes, in standard deviations of the component."
    )

    @field_validator("columns")
    @classmethod
    def _some(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(count < 1 for count in value):
            raise ValueError("at least one column enters")
        return value


class PredictSettings(Settings):
    """How a prediction model is prepared and tuned inside the training part."""

    prepare: PrepareSettings = Field(
        PrepareSettings(), description="Preparation of the image columns, refitted in every inner fold."
    )
    inner_folds: int = Field(
        5, ge=2, description="Inner folds that choose the setting; fewer where a class is smaller."
    )
    baseline_penalty: float = Field(
        0.1,
        gt=0.0,
        le=1.0,
        description="Penalty of baseline columns (clinical, volume) beside that of image columns, in models "
        "that hold both.",
    )
    elastic_net: ElasticNetSettings = Field(ElasticNetSettings(), description="Grid of the elastic net.")
    svm: SvmSettings = Field(SvmSettings(), description="Grid of the linear support vector machine.")
    forest: ForestSettings = Field(ForestSettings(), description="Grid of the random forest.")
    boosting: BoostingSettings = Field(BoostingSettings(), description="Grid of gradient boosting.")
    tree: TreeSettings = Field(TreeSettings(), description="Grid of the decision tree.")
    supervised_pc: SupervisedPcSettings = Field(
        SupervisedPcSettings(), description="Grid of the supervised principal component."
    )
