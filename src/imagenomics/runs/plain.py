"""The main job on plain tables: the same stages as a study file, called one by one from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from imagenomics.associate.survival.times import survival_times
from imagenomics.features.settings import FeatureSettings
from imagenomics.features.volumes import lesion_volumes
from imagenomics.images.find import find_images
from imagenomics.images.settings import ImageSettings
from imagenomics.predict.families import check_survival
from imagenomics.predict.settings import PredictSettings
from imagenomics.resample.sequential import DrawsFailed
from imagenomics.runs.choose import choose_clinical
from imagenomics.runs.cohort_steps import StepTable, step_table
from imagenomics.runs.designs import Design, TrainOptions, make_design
from imagenomics.runs.folder import Issues
from imagenomics.runs.judge import judge_predictions
from imagenomics.runs.measure import Case, case_unit, measure_case
from imagenomics.runs.nulls import draw_nulls
from imagenomics.runs.performance import PERFORMANCE_COLUMNS, performance_rows, to_frame
from imagenomics.runs.store import Store, make_key
from imagenomics.runs.targets import Target
from imagenomics.runs.train import train_designs
from imagenomics.runs.train_block import TrainBlock
from imagenomics.runs.units import Workshop
from imagenomics.runs.wide import column_descriptions, widen
from imagenomics.stats.signed_times import sign_times
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.work.cluster import open_executor
from imagenomics.work.failures import Failure


@dataclass(frozen=True)
class Measured:
    """Features by patient, the failures of those who could not be measured, and warnings."""

    features: PatientTable
    failures: pd.DataFrame
    warnings: pd.DataFrame


def extract_images(
    path: str,
    mask: str,
    *,
    patients: Iterable[str],
    image: Mapping[str, Any] | None = None,
    features: FeatureSettings | None = None,
    workers: int = 1,
) -> Measured:
    """Measure the lesions of many patients.

    Parameters
    ----------
    path, mask : str
        Image and mask files with ``{patient}`` where the id stands.
    patients : iterable of str
        Patient ids.
    image : mapping, optional
        Further keys of an ``[[images]]`` block: ``name``, ``modality``, ``spacing``, ``regions``, ``normalise`` ...
    features : FeatureSettings, optional
        What is measured.
    workers : int
        Processes.

    Returns
    -------
    Measured
        A patient whose file is missing or cannot be used is a row of ``failures``; the others go on.
    """
    block = ImageSettings.read(
        {"name": "image", **(image or {}), "path": path, "mask": mask}, where="extract_images"
    )
    ids = sorted(patients)
    settings = features or FeatureSettings()
    found = find_images(block, ids, Path())
    units = {p: case_unit(Case(p, files, block, settings)) for p, files in found.cases.items()}
    issues = Issues()
    with TemporaryDirectory() as scratch, open_executor(workers=workers) as executor:
        results = Workshop(Store(Path(scratch)), executor).do(units, measure_case, label="measuring images")
    for patient, failure in results.failures.items():
        issues.fail(patient, "extract", failure, file=str(found.cases[patient].image))
    values = {patient: payload["values"] for patient, payload in results.payloads.items()}
    table = widen(
        block.name,
        column_descriptions(block, settings),
        values,
        accept=settings.accept,
        patients=ids,
        issues=issues,
    )
    for patient, _, file, reason in found.missing.astype(str).to_numpy():
        issues.fail(patient, "extract", Failure(patient, "IGX-IMG-001", reason), file=file)
    return Measured(table, issues.failure_table(), issues.warning_table())


@dataclass(frozen=True)
class Prediction:
    """The answer to one prediction: verdicts, measures of every model, and held-out scores."""

    verdicts: list[dict[str, Any]]
    performance: pd.DataFrame
    scores: pd.DataFrame

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict on the prediction itself."""
        return next(verdict for verdict in self.verdicts if verdict["kind"] == "prediction")


def predict_target(
    features: PatientTable,
    labels: pd.Series,
    *,
    event: pd.Series | None = None,
    clinical: PatientTable | None = None,
    settings: PredictSettings | None = None,
    models: Sequence[str] = (),
    seed: int = 0,
    workers: int = 1,
) -> Prediction:
    """Predict one target from image features, with baselines, null and verdict.

    Parameters
    ----------
    features : PatientTable
        Image features; flagged columns stay out, columns with the role ``volume`` are the volume baseline.
    labels : Series
        0/1 or numbers, by patient; missing where not known. With ``event`` times to it, above 0.
    event : Series, optional
        Whether the event happened at that time (1), or observation ended (0): survival is predicted.
    clinical : PatientTable, optional
        Clinical variables for the clinical baseline, and ``site``, within which the null exchanges patients.
    settings : PredictSettings, optional
        Preparation and tuning inside the fold.
    models : sequence of str
        Models that stand beside the elastic net, e.g. ``["random-forest"]``.
    seed : int
        Seed of folds, nulls and intervals.
    workers : int
        Processes; the numbers are the same for any.

    Raises
    ------
    DrawsFailed
        ``IGX-RES-008``: a null could not be drawn, so there is no p value.
    InputError
        ``IGX-SURV-001``, ``IGX-SURV-003``: follow-up that cannot be used; ``IGX-PRED-008``: a model that does not know
        survival.
    """
    target = _target(labels, event, features.values.index, models)
    design = _design(target, features, clinical, settings, seed=seed)
    issues = Issues()
    with TemporaryDirectory() as scratch, open_executor(workers=workers) as executor:
        shop = Workshop(Store(Path(scratch)), executor)
        trained = train_designs((design,), make_key("plain", 1, "", []), shop=shop, issues=issues)
        nulls = draw_nulls(trained, shop)
    for (analysis, model), failures in nulls.broken.items():
        raise DrawsFailed(f"null of {analysis}, {model}", failures)
    parts = [scores.assign(model=model) for (_, model), scores in trained.scores.items()]
    return Prediction(
        judge_predictions(trained, nulls, VerdictSettings()),
        to_frame(performance_rows(trained, design, nulls.results), PERFORMANCE_COLUMNS),
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(),
    )


def _target(labels: pd.Series, event: pd.Series | None, ids: pd.Index, models: Sequence[str]) -> Target:
    name = str(labels.name or "target")
    values = labels.astype("float64").reindex(ids)
    block = TrainBlock.read(
        {"name": "prediction", "target": name, "models": list(models)}, where="predict_target"
    )
    if event is not None:
        for model in models:
            check_survival(model, where="predict_target")
        times = survival_times(values, event)
        signed = pd.Series(sign_times(times.time, times.event), index=times.ids).reindex(ids)
        return Target(name, name, "survival", signed, "event", "censored", block)
    binary = bool(values.dropna().isin([0.0, 1.0]).all())
    return Target(name, name, "binary" if binary else "continuous", values, "1", "0", block)


def _design(
    target: Target,
    features: PatientTable,
    clinical: PatientTable | None,
    settings: PredictSettings | None,
    *,
    seed: int,
) -> Design:
    ids = features.values.index
    usable = features.unflagged()
    known = clinical.patients(ids) if clinical is not None else None
    volumes = features.where(role="volume").columns.index
    return make_design(
        target,
        images=usable.select(c for c in usable.columns.index if c not in volumes).values,
        clinical=known.where(role="clinical").values if known is not None else pd.DataFrame(index=ids),
        volume=lesion_volumes(features),
        sites=known.values.get("site") if known is not None else None,
        given_folds=None,
        options=TrainOptions(settings or PredictSettings(), seed),
        beside=_steps(settings or PredictSettings(), features, clinical),
    )


def _steps(settings: PredictSettings, features: PatientTable, clinical: PatientTable | None) -> StepTable:
    ids = features.values.index
    known = (
        clinical.patients(ids)
        if clinical is not None
        else PatientTable(pd.DataFrame(index=ids), describe([]))
    )
    wanted = settings.prepare.context
    return step_table(settings.prepare, context=choose_clinical(known, wanted, where="predict_target").values)
