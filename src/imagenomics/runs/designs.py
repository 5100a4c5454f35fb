"""Who and what enters one prediction: the columns of each model, the labels, the sites, the folds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from imagenomics.errors import ImagenomicsError
from imagenomics.features.volumes import lesion_volumes
from imagenomics.predict.build import build_model
from imagenomics.predict.settings import PredictSettings
from imagenomics.prepare.steps import CohortSteps
from imagenomics.resample.fold_table import check_folds
from imagenomics.resample.splits import folds, leave_one_site_out
from imagenomics.runs.choose import choose_clinical, choose_features
from imagenomics.runs.cohort_steps import StepTable, declared_steps, step_table
from imagenomics.runs.extract import Extracted
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.predictors import gene_predictors
from imagenomics.runs.targets import Target
from imagenomics.runs.train_block import TrainBlock
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.read import read_keyed_table

PRIMARY, OTHER, BASELINE, COMBINED = "primary", "other", "baseline", "combined"
MODALITY = "modality"


@dataclass(frozen=True)
class ModelSpec:
    """One model of a prediction: what it is called, what it is built as, and the columns it sees."""

    name: str
    family: str
    role: str
    columns: tuple[str, ...]
    baseline: tuple[str, ...] = ()  # columns that stand beside the image columns
    over: str = ""  # for a combined model: the baseline that images are added to


@dataclass(frozen=True)
class OwnFolds:
    """A user's own folds (patient, repeat, fold) and the digest of their file."""

    table: pd.DataFrame
    digest: str


@dataclass(frozen=True)
class TrainOptions:
    """What all predictions of a study share: tuning, seed, error rate of the verdicts, what features come from."""

    predict: PredictSettings = field(default_factory=PredictSettings)
    seed: int = 0
    alpha: float = 0.05
    seen: str = "images"

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return the options of a study."""
        return cls(plan.predict, plan.seed, plan.alpha, plan.seen)


@dataclass(frozen=True)
class Design:
    """Everything that one prediction needs, by patient.

    Parameters
    ----------
    target : Target
        What is predicted; ``labels`` are its values for the patients who enter.
    table : DataFrame, (n, p)
        All columns that any model sees.
    labels : Series, (n,)
        0/1, numbers, or signed times.
    sites : Series or None
        Site by patient, None where the study declares no site.
    folds : DataFrame or None
        ``patient, repeat, fold``; None where ``problem`` says why the target cannot be cross-validated.
    site_folds : DataFrame or None
        One fold for each site left out.
    models : tuple of ModelSpec
        In the order of the page.
    left_out : dict of str to str
        Patients of the cohort who do not enter, and why.
    options : TrainOptions
        Tuning, seed and error rate.
    problem : str
        Why nothing can be trained; '' when it can.
    folds_digest : str
        Content of the user's own fold table, '' where folds are drawn.
    steps : CohortSteps or None
        What is learned from the features of all training patients before a model sees them.
    learning : str
        How modules of genes are learned, as canonical text; '' where none are.
    """

    target: Target
    table: pd.DataFrame
    labels: pd.Series
    sites: pd.Series | None
    folds: pd.DataFrame | None
    site_folds: pd.DataFrame | None
    models: tuple[ModelSpec, ...]
    left_out: dict[str, str]
    options: TrainOptions
    problem: str = ""
    folds_digest: str = ""
    steps: CohortSteps | None = None
    learning: str = ""

    @property
    def source(self) -> str:
        """What the predictors are called."""
        return "genes" if self.target.block.from_genes else self.options.seen

    def settings(self) -> str:
        """Return what the numbers of this prediction depend on, beside its data, as canonical text."""
        target = self.target
        tuning = f"{self.options.predict.canonical()}{self.options.seed}"
        return f"{target.block.canonical()}{target.analysis}{target.positive}{tuning}{self.folds_digest}{self.learning}"

    def model(self, spec: ModelSpec) -> Any:
        """Build the estimator of a model; one that sees images goes through the steps first."""
        model = build_model(
            spec.family,
            task=self.target.task,
            settings=self.options.predict,
            seed=self.options.seed,
            baseline=spec.baseline,
        )
        if self.steps is None or spec.role == BASELINE:
            return model
        return Pipeline([("cohort", clone(self.steps).set_params(passing=spec.baseline)), ("model", model)])

    @property
    def strata(self) -> pd.Series | None:
        """Return the groups within which the null exchanges patients, None where it is free.

        A patient whose site is not known is a group of their own and stays in place, as in the association tests.
        """
        if self.sites is None or self.target.block.within != "site":
            return None
        alone = pd.Series([f"(not known: {patient})" for patient in self.sites.index], index=self.sites.index)
        return self.sites.where(self.sites.notna(), alone)

    def columns(self, spec: ModelSpec) -> pd.DataFrame:
        """Return the columns that a model sees."""
        return self.table[list(spec.columns)]


def design_prediction(target: Target, plan: Plan, linked: Linked, extracted: Extracted) -> Design:
    """Set up one declared prediction of a study."""
    if target.block.from_genes:
        return _from_genes(target, plan, linked, extracted)
    where = f"[[train]] {target.block.name}"
    images = choose_features(
        extracted.features, target.block.features, flagged=target.block.flagged, where=where
    )
    return make_design(
        target,
        images=image_columns(images),
        clinical=_clinical(target, linked, where).values,
        volume=_volumes(plan, extracted),
        sites=linked.sites,
        given_folds=declared_folds(target, linked),
        options=TrainOptions.of(plan),
        beside=declared_steps(plan, linked, extracted, images, where=where),
    )


def _from_genes(target: Target, plan: Plan, linked: Linked, extracted: Extracted) -> Design:
    """Set up a prediction from genes; a lesion's volume is no baseline for what is itself seen in the picture."""
    where = f"[[train]] {target.block.name}"
    genes = gene_predictors(target.block, plan, linked)
    # Repetitions of images tell nothing of genes; sites and confounders are taken out of them as of features.
    prepare = plan.predict.prepare.model_copy(update={"stability": None})
    context = choose_clinical(linked.clinical, prepare.context, where=f"{where}, [predict.prepare]").values
    steps = step_table(prepare, context=context, bags=genes.bags, learned=genes.learned, seed=plan.seed)
    volume = _volumes(plan, extracted)
    return make_design(
        target,
        images=genes.columns,
        clinical=_clinical(target, linked, where).values,
        volume=volume[[]] if target.pictured else volume,
        sites=linked.sites,
        given_folds=declared_folds(target, linked),
        options=TrainOptions.of(plan),
        beside=replace(steps, learning=genes.settings),
    )


def _volumes(plan: Plan, extracted: Extracted) -> pd.DataFrame:
    masks = {block.name: block.mask or block.name for block in plan.images}
    return lesion_volumes(extracted.features, masks=masks)


def image_columns(chosen: PatientTable) -> pd.DataFrame:
    """Return the chosen features that a model sees as they are: no volume, nothing that is learned in the fold."""
    roles = chosen.columns["role"]
    return chosen.select(c for c in chosen.columns.index if roles[c] not in ("volume", "learned")).values


def declared_folds(target: Target, linked: Linked) -> OwnFolds | None:
    """Return the user's own folds, None where folds are to be drawn."""
    path = target.block.folds_table
    if path is None:
        return None
    return OwnFolds(read_keyed_table(linked.root / path, key="patient"), linked.digests[path])


def make_design(
    target: Target,
    *,
    images: pd.DataFrame,
    clinical: pd.DataFrame,
    volume: pd.DataFrame,
    sites: pd.Series | None,
    given_folds: OwnFolds | None,
    options: TrainOptions,
    beside: StepTable | None = None,
) -> Design:
    """Set up one prediction from frames by patient; what cannot be cross-validated says why instead of failing."""
    beside = beside or StepTable(pd.DataFrame(index=images.index))
    known = target.values.notna()
    seen = images.notna().any(axis=1) | beside.with_arrays()
    keep = known & seen
    labels = target.values[keep]
    kept_sites = None if sites is None else sites[keep]
    absent = "no expression" if target.block.from_genes else "no image features"
    lacking = "follow-up not known" if target.task == "survival" else "label not known"
    left_out = {str(p): lacking for p in known.index[~known]}
    left_out |= {str(p): absent for p in known.index[known & ~seen]}
    problem, drawn, site_folds = "", None, None
    try:
        drawn = _folds(target, labels, given_folds, seed=options.seed)
        site_folds = _site_folds(target, kept_sites)
    except ImagenomicsError as error:
        problem = error.what
    if images.shape[1] == 0 and not (beside.steps is not None and beside.steps.learners):
        problem = (
            "no gene is there to train on"
            if target.block.from_genes
            else "no image feature without a flag is there to train on"
        )
    return Design(
        target=target,
        table=pd.concat([images, beside.columns, clinical, volume], axis=1)[keep],
        labels=labels,
        sites=kept_sites,
        folds=drawn,
        site_folds=site_folds,
        models=_models(
            target,
            *(tuple(map(str, p.columns)) for p in (images, clinical, volume)),
            beside=tuple(map(str, beside.columns.columns)),
        ),
        left_out=left_out,
        options=options,
        problem=problem,
        folds_digest="" if given_folds is None else given_folds.digest,
        steps=beside.steps,
        learning=beside.learning,
    )


def _clinical(target: Target, linked: Linked, where: str) -> PatientTable:
    """Return the clinical baseline's columns: never the site, never the target itself (or whether it was seen)."""
    wanted = target.block.clinical
    if wanted == "all":
        columns, own = linked.clinical.columns, (target.column, target.block.event)
        names = [c for c in columns.index if columns.at[c, "role"] == "clinical" and c not in own]
    else:
        names = [wanted] if isinstance(wanted, str) else list(wanted)
    return choose_clinical(linked.clinical, names, where=where)


def _folds(target: Target, labels: pd.Series, given: OwnFolds | None, *, seed: int) -> pd.DataFrame:
    if given is not None:
        return check_folds(given.table, labels.index)
    block = target.block
    return folds(
        labels.index, labels, n_splits=block.folds, repeats=block.repeats, seed=seed, task=target.task
    )


def _site_folds(target: Target, sites: pd.Series | None) -> pd.DataFrame | None:
    if not target.block.leave_site_out or sites is None:
        return None
    known = sites.dropna()
    return leave_one_site_out(known.index, known) if known.nunique() > 1 else None


def combined_name(block: TrainBlock, baseline: str) -> str:
    """Return the name of the model that sees a baseline and what is predicted from."""
    return f"{'genes' if block.from_genes else 'image'}+{baseline}"


def _models(
    target: Target,
    images: tuple[str, ...],
    clinical: tuple[str, ...],
    volume: tuple[str, ...],
    *,
    beside: tuple[str, ...],
) -> tuple[ModelSpec, ...]:
    block = target.block
    seen = (*images, *beside)
    primary = ModelSpec(block.primary, block.primary, PRIMARY, seen)
    others = [ModelSpec(name, name, OTHER, seen) for name in block.models if name != block.primary]
    given = {"clinical": clinical, "volume": volume}
    baselines = [ModelSpec(name, name, BASELINE, columns) for name, columns in given.items() if columns]
    combined = [
        ModelSpec(combined_name(block, name), block.primary, COMBINED, (*seen, *columns), columns, over=name)
        for name, columns in given.items()
        if columns and name in block.baselines
    ]
    majority = ModelSpec("majority", "majority", BASELINE, (*clinical, *volume) or images)
    return (primary, *others, *baselines, majority, *combined)
