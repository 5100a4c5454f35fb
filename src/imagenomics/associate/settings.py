"""Settings of the association engine."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings
from imagenomics.stats.side import Side

Separation = Literal["firth", "refuse"]
Inference = Literal["likelihood-ratio", "wald"]
TableTest = Literal["fisher", "fisher-mid-p", "chi-square", "chi-square-yates"]


class FamilySettings(Settings):
    """What every declared family of tests says: which error rate is kept, and how few patients are too few."""

    fdr: Literal["bh", "by"] = Field(
        "bh",
        description="false discovery rate over all tests of the family: Benjamini-Hochberg, or Benjamini-Yekutieli for "
        "any dependence",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="q at which a test counts as an association")
    confidence: float = Field(0.95, gt=0, lt=1, description="confidence of the intervals")
    min_patients: int = Field(20, ge=4, description="fewest patients with all values for a test")
    min_group: int = Field(
        10, ge=1, description="smallest group of a binary or categorical column that is tested, in patients"
    )


class AssociateSettings(FamilySettings):
    """How pairs of columns are tested."""

    VERSION: ClassVar[int] = 5  # logistic models have a family-wise p, by flipping signs of scores

    method: Literal["auto", "linear", "partial-rank"] = Field(
        "auto",
        description="'auto': rank and exact tests, and linear or logistic models where covariates are given; "
        "'linear': linear and logistic models always; 'partial-rank': as 'auto', but two numeric columns beside "
        "covariates are tested by Spearman's partial correlation (of ranks, from which the ranks of the covariates "
        "are taken out)",
    )
    side: Side = Field(
        "two-sided",
        description="'greater': only positive effects count (the feature rises with the target; AUC above 0.5, odds "
        "ratio above 1); 'less': only negative ones. Declare it before the results are seen. Pairs with a categorical "
        "column have no side and are not tested.",
    )
    correlation: Literal["spearman", "kendall", "pearson"] = Field(
        "spearman",
        description="test of two numeric columns, without covariates: 'spearman', 'kendall' (tau-b), or 'pearson' of "
        "values as measured",
    )
    two_groups: Literal["mann-whitney", "welch", "student"] = Field(
        "mann-whitney",
        description="test of a numeric with a binary column, without covariates: 'mann-whitney' (effect: AUC), or a t "
        "test of the values as measured with a variance for each group ('welch') or one for both ('student'; effect: "
        "Hedges g)",
    )
    groups: Literal["kruskal", "anova", "welch-anova"] = Field(
        "kruskal",
        description="test of a numeric with a categorical column, without covariates: 'kruskal' (effect: rank epsilon "
        "squared), or an analysis of variance of the values as measured with one variance for all groups ('anova') or "
        "one for each ('welch-anova'; effect: eta squared)",
    )
    tables: TableTest = Field(
        "fisher",
        description="test of two binary columns, without covariates (effect: odds ratio): 'fisher', its less "
        "conservative 'fisher-mid-p', 'chi-square', or 'chi-square-yates' with the continuity correction; the last two "
        "need expected counts of 5",
    )
    ordinal: Literal["scores", "proportional-odds"] = Field(
        "scores",
        description="ordinal columns: 'scores' (numbers 0, 1, 2 ... in rank tests and linear models), or "
        "'proportional-odds' (the ordinal column is the response of a cumulative logit model, with covariates or "
        "without; effect: one odds ratio for all cuts, whose constancy is tested beside it)",
    )
    counts: Literal["numbers", "negative-binomial", "poisson"] = Field(
        "numbers",
        description="targets that are counts (whole numbers, none below 0, more than two values): 'numbers' (as any "
        "other), 'negative-binomial' or 'poisson' (log link; effect: rate ratio; F tests of quasi-scores, which allow "
        "for more spread than the model's)",
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="what is done to continuous columns before linear models: each column's own observed "
        "values are replaced by their normal scores (Blom), or nothing",
    )
    separation: Separation = Field(
        "firth",
        description="logistic models in which the groups separate, so that no odds ratio between 0 and infinity fits "
        "best: 'firth' (penalised likelihood, with its profile interval), or 'refuse' (not tested)",
    )
    inference: Inference = Field(
        "likelihood-ratio",
        description="test of logistic models of a binary column: 'likelihood-ratio', or 'wald' (coefficient over "
        "standard error; loses power where effects are large)",
    )
    permutations: int = Field(
        1000,
        ge=0,
        description="draws of the family-wise permutation p value; 0 leaves it out. Cost: each draw tests "
        "all pairs anew, about 1 microsecond a pair for 100 patients",
    )
    max_t: Literal["single-step", "step-down"] = Field(
        "single-step",
        description="How p_maxt is adjusted for the family: 'single-step', or Westfall and Young's 'step-down', in "
        "which a pair competes with those alone that are not surer: never larger, and several times as long",
    )
    keep_p: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Pairs with a larger p value get no row, nor do pairs that cannot be tested, but for the best pair "
        "of each target and one example of each reason; q, p_maxt and verdicts cover all pairs, and `target_pairs`, "
        "`target_tests` and `target_p` count them. For scans of millions of pairs, e.g. 0.001",
    )
    min_per_term: int = Field(
        5,
        ge=1,
        description="smaller group of the response of a logistic model, in patients per term of the model; "
        "with fewer its p values come out too small",
    )
    min_patients: int = Field(
        20,
        ge=4,
        description="fewest patients with both values for a test; with fewer the far tail of rank correlations is "
        "not that of the t distribution their p values come from",
    )

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the tests that were chosen instead of the default ones, as ``key = value``."""
        fields = type(self).model_fields
        names = ("correlation", "two_groups", "groups", "tables")
        return tuple(f"{n} = '{getattr(self, n)}'" for n in names if getattr(self, n) != fields[n].default)

    @model_validator(mode="after")
    def _models_leave_no_choice(self) -> Self:
        if self.method == "linear" and self.chosen:
            raise ValueError(
                f"{', '.join(self.chosen)} chooses a test, but method = 'linear' uses models always"
            )
        if self.method == "partial-rank" and (self.ordinal != "scores" or self.counts != "numbers"):
            raise ValueError(
                "method = 'partial-rank' takes ranks of all numbers: leave out ordinal and counts"
            )
        if self.method == "partial-rank" and self.correlation != "spearman":
            raise ValueError(
                f"method = 'partial-rank' is Spearman's correlation, but correlation = '{self.correlation}'"
            )
        return self

    @model_validator(mode="after")
    def _a_side_needs_a_direction(self) -> Self:
        if self.side != "two-sided" and self.tables.startswith("chi-square"):
            raise ValueError(
                f"side = '{self.side}', but tables = '{self.tables}' has no direction: choose 'fisher' or "
                "'fisher-mid-p'"
            )
        return self
