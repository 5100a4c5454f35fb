"""Which engine tests a pair: decided by the kinds of the two columns, and by whether there are covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.chi_square import ChiSquareEngine
from imagenomics.associate.design import Design
from imagenomics.associate.factor import FactorEngine
from imagenomics.associate.group_means import GroupMeansEngine
from imagenomics.associate.group_variances import GroupVariancesEngine
from imagenomics.associate.kendall import KendallEngine
from imagenomics.associate.likelihood.counts import NegativeBinomial, QuasiPoisson
from imagenomics.associate.likelihood.engine import Asked, LikelihoodEngine
from imagenomics.associate.likelihood.model import ResponseModel
from imagenomics.associate.likelihood.ordinal import ProportionalOdds
from imagenomics.associate.linear import LinearEngine
from imagenomics.associate.logistic import LogisticEngine
from imagenomics.associate.logistic_tables import LogisticModel
from imagenomics.associate.multinomial import MultinomialEngine
from imagenomics.associate.outcome import Observer, Rules
from imagenomics.associate.rank_columns import as_ranks, rank_design
from imagenomics.associate.rank_correlation import SpearmanEngine
from imagenomics.associate.rank_groups import RankGroupsEngine
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import NUMERIC, Side
from imagenomics.associate.two_by_two import TwoByTwoEngine

GROUPS = ("numeric", "binary", "categorical")
ORDERED, COUNT = "ordered", "count"
DECLARED = {ORDERED: "ordinal", COUNT: "continuous"}
FloatArray = npt.NDArray[np.float64]


def kind_group(side: Side) -> npt.NDArray[np.object_]:
    """Return for each column whether it is numeric (continuous or ordinal), binary or categorical."""
    return np.array(["numeric" if kind in NUMERIC else kind for kind in side.kinds], dtype=object)


def mark_responses(side: Side, settings: AssociateSettings, *, counts: bool = False) -> Side:
    """Return the side with the kinds ``ordered`` and ``count`` for columns that have a likelihood of their own.

    Parameters
    ----------
    side : Side
    settings : AssociateSettings
    counts : bool
        Look for counts, too: among targets.
    """
    kinds = side.kinds.copy()
    if settings.ordinal != "scores":
        kinds[kinds == "ordinal"] = ORDERED
    if counts and settings.counts != "numbers":
        whole = np.array([_is_count(column) for column in side.values.T], dtype=np.bool_)
        kinds[(kinds == "continuous") & whole & side.allowed] = COUNT
    return Side(side.names, kinds, side.values, side.allowed)


def as_declared(side: Side) -> Side:
    """Return the side with the kinds that its table declares."""
    kinds = np.array([DECLARED.get(kind, kind) for kind in side.kinds], dtype=object)
    return Side(side.names, kinds, side.values, side.allowed)


def _is_count(column: FloatArray) -> bool:
    known = column[~np.isnan(column)]
    return bool(((known >= 0) & (known == np.floor(known))).all()) and np.unique(known).size > 2


def uses_models(settings: AssociateSettings, design: Design) -> bool:
    """Return whether pairs are tested by models, not by ranks and counts."""
    return settings.method == "linear" or design.adjusted


def transform(side: Side, settings: AssociateSettings) -> Side:
    """Return the side with its continuous columns as normal scores, where the settings ask for it."""
    continuous = np.flatnonzero((side.kinds == "continuous") & side.allowed)
    if settings.transform == "none" or not continuous.size:
        return side
    values = side.values.copy() if continuous.size < len(side.names) else np.empty(side.values.shape)
    values[:, continuous] = normal_scores(side.values[:, continuous])
    return Side(side.names, side.kinds, values, side.allowed)


def rules_of(settings: AssociateSettings) -> Rules:
    """Return what a pair must have to be tested."""
    return Rules(settings.min_patients, settings.min_group, settings.min_per_term)


def choose_engine(
    features: Side, targets: Side, *, design: Design, settings: AssociateSettings
) -> Observer | None:
    """Return the engine for features of one kind and targets of one kind; None where none exists.

    Without covariates (``method = "auto"``): two numeric columns, Spearman; numeric and binary,
    Mann-Whitney; numeric and categorical, Kruskal-Wallis; two binary ones, Fisher; else chi-square.
    With covariates, or ``method = "linear"``: a linear model where a column is numeric, a logistic model
    where none is, multinomial of two categorical columns with covariates; without them, chi-square.
    Ordinal columns and counts that the settings give a likelihood of their own are responses of those models.
    ``correlation``, ``two_groups``, ``groups``, ``tables`` and ``method = "partial-rank"`` choose other
    tests; with a ``side`` nothing is tested that has no direction.

    Parameters
    ----------
    features, targets : Side
        Columns of one group of kinds each (``kind_group``); transformed where models are used.
    design : Design
    settings : AssociateSettings
    """
    pair = {str(kind_group(features)[0]), str(kind_group(targets)[0])}
    rules, level, side = rules_of(settings), settings.confidence, settings.side
    models = uses_models(settings, design)
    model = LogisticModel(settings.inference, settings.separation)
    if side != "two-sided" and "categorical" in pair:
        return None
    if pair & set(DECLARED):
        return _likelihood(features, targets, design=design, settings=settings)
    if "numeric" in pair and models:
        return _models(pair, features, targets, design=design, settings=settings)
    if "numeric" in pair:
        return _without_models(pair, features, targets, design=design, settings=settings)
    if not design.adjusted:
        if pair == {"binary"}:
            return TwoByTwoEngine(
                features,
                targets,
                rules=rules,
                confidence=level,
                model=model if models else None,
                test=settings.tables,
                direction=side,
            )
        return ChiSquareEngine(features, targets, rules=rules, confidence=level)
    if pair == {"categorical"}:
        drawn = settings.permutations > 0
        return MultinomialEngine(features, targets, design=design, rules=rules, flips=drawn)
    return LogisticEngine(
        features,
        targets,
        design=design,
        rules=rules,
        confidence=level,
        model=model,
        flips=settings.permutations > 0,
        direction=side,
    )


def _likelihood(features: Side, targets: Side, *, design: Design, settings: AssociateSettings) -> Observer:
    """Return the engine of pairs in which a column has a likelihood of its own: counts first, then the target."""
    on_target = str(kind_group(targets)[0]) in DECLARED
    response, predictor = (targets, features) if on_target else (features, targets)
    count = str(kind_group(response)[0]) == COUNT
    model: ResponseModel = ProportionalOdds()
    if count:
        model = NegativeBinomial() if settings.counts == "negative-binomial" else QuasiPoisson()
    predictor = transform(as_declared(predictor), settings)
    return LikelihoodEngine(
        *((predictor, response) if on_target else (response, predictor)),
        model=model,
        on_target=on_target,
        design=design,
        asked=Asked(
            rules_of(settings), settings.confidence, flips=settings.permutations > 0, direction=settings.side
        ),
    )


def _models(
    pair: set[str], features: Side, targets: Side, *, design: Design, settings: AssociateSettings
) -> Observer:
    """Return the engine of pairs with a numeric column, where models are used."""
    rules, level, side = rules_of(settings), settings.confidence, settings.side
    if "categorical" in pair:
        return FactorEngine(features, targets, design=design, rules=rules, confidence=level)
    if pair == {"numeric"} and settings.method == "partial-rank":
        return LinearEngine(
            as_ranks(features),
            as_ranks(targets),
            design=rank_design(design),
            rules=rules,
            confidence=level,
            test="partial Spearman correlation",
            ranks=True,
            direction=side,
        )
    return LinearEngine(features, targets, design=design, rules=rules, confidence=level, direction=side)


def _without_models(
    pair: set[str], features: Side, targets: Side, *, design: Design, settings: AssociateSettings
) -> Observer:
    """Return the engine of pairs with a numeric column, without covariates."""
    rules, level, side = rules_of(settings), settings.confidence, settings.side
    if pair == {"numeric"}:
        if settings.correlation == "pearson":
            return LinearEngine(
                features,
                targets,
                design=design,
                rules=rules,
                confidence=level,
                test="Pearson correlation",
                direction=side,
            )
        engine = KendallEngine if settings.correlation == "kendall" else SpearmanEngine
        return engine(features, targets, rules=rules, confidence=level, direction=side)
    if "binary" in pair and settings.two_groups != "mann-whitney":
        welch = settings.two_groups == "welch"
        return GroupMeansEngine(features, targets, rules=rules, confidence=level, welch=welch, direction=side)
    if "categorical" in pair and settings.groups == "anova":
        return FactorEngine(features, targets, design=design, rules=rules, confidence=level, test="ANOVA (F)")
    if "categorical" in pair and settings.groups == "welch-anova":
        return GroupVariancesEngine(features, targets, rules=rules, confidence=level)
    return RankGroupsEngine(features, targets, rules=rules, confidence=level, direction=side)
