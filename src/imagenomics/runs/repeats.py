"""Features measured again on perturbed copies: one unit for each image, beside the measurement proper."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.each_region import Problem, each_region
from imagenomics.features.extract import extract_region
from imagenomics.features.perturbation.around import part_around
from imagenomics.features.perturbation.chain import Perturbation, PerturbSettings, perturbations
from imagenomics.features.settings import FeatureSettings
from imagenomics.images.load import load_case
from imagenomics.images.volume import Volume
from imagenomics.runs.folder import Issues
from imagenomics.runs.measure import STAGE as EXTRACT
from imagenomics.runs.measure import Case, case_unit, note_problems
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.repetitions import FIRST, SEPARATOR, repetition_descriptions
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.runs.wide import column_descriptions, widen
from imagenomics.tables.patient_table import PatientTable

STAGE = "repeat"
VERSION = 1
NOT_REPEATED = ("diagnostics",)  # families that describe how a region was made ready, not the patient


@dataclass(frozen=True)
class RepeatCase:
    """What one unit needs: the case, and how its copies differ from it."""

    case: Case
    repeats: PerturbSettings
    seed: int


@dataclass(frozen=True)
class Repeats:
    """One table of repetitions for each image that has some, the images in which none could be measured, and keys."""

    tables: list[PatientTable]
    failed_images: set[str]
    keys: list[str]


def measure_repeats(
    plan: Plan, cases: Mapping[str, Case], *, shop: Workshop, issues: Issues, patients: tuple[str, ...]
) -> Repeats:
    """Measure the perturbed copies of every image whose block asks for them.

    Parameters
    ----------
    plan : Plan
    cases : mapping of str to Case
        Every image of every patient by the name of its unit.
    shop : Workshop
        Does the units; the measurement proper is not done again.
    issues : Issues
        Receives failures and warnings.
    patients : tuple of str
        Rows of the tables.
    """
    asked = {block.name: block for block in plan.images if block.repeats is not None}
    again = {
        name: RepeatCase(case, asked[case.image.name].repeats or PerturbSettings(), plan.seed)
        for name, case in cases.items()
        if case.image.name in asked
    }
    if not again:
        return Repeats([], set(), [])
    units = {name: repeat_unit(case) for name, case in again.items()}
    results = shop.do(units, measure_copies, label="measuring perturbed copies")
    for name, failure in results.failures.items():
        case = cases[name]
        issues.fail(case.patient, EXTRACT, failure, file=str(case.files.image))
    for name, payload in results.payloads.items():
        case = cases[name]
        note_problems(payload["about"], issues, name=case.image.name, patient=case.patient)
    tables = []
    for block in asked.values():
        settings = repeated_features(plan.features_of(block))
        values = {
            again[name].case.patient: payload["values"]
            for name, payload in results.payloads.items()
            if again[name].case.image.name == block.name
        }
        described = planned_repeats(block, plan)
        tables.append(
            widen(block.name, described, values, accept=settings.accept, patients=patients, issues=issues)
        )
    keys = sorted(f"{name}:{results.keys[name]}" for name in results.payloads)
    return Repeats(tables, set(results.failures), keys)


def planned_repeats(block: ImageBlock, plan: Plan) -> pd.DataFrame:
    """Describe the columns of the repetitions of a block, before anything is measured."""
    assert block.repeats is not None
    own = column_descriptions(block, repeated_features(plan.features_of(block)))
    made = f"{block.repeats.digest()}-{plan.seed}"
    parts = [repetition_descriptions(own, FIRST + i, made=made) for i in range(block.repeats.copies)]
    return pd.concat(parts)


def repeated_features(settings: FeatureSettings) -> FeatureSettings:
    """Return the features of which repetitions are measured."""
    families = tuple(f for f in settings.families if f not in NOT_REPEATED)
    return settings.model_copy(update={"families": families})


def repeat_unit(again: RepeatCase) -> Unit:
    """Return the unit of the copies of one image: its key is that of the image with all that is drawn."""
    own = case_unit(again.case)
    # Two patients with the same file draw differently.
    settings = f"{own.settings} {again.repeats.canonical()} {again.seed} {again.case.patient}"
    return replace(own, stage=STAGE, version=VERSION, settings=settings, data=again)


def measure_copies(unit: Unit) -> dict[str, Any]:
    """Read one image of one patient and measure its perturbed copies.

    Returns
    -------
    dict
        ``values`` (as of :func:`imagenomics.runs.measure.measure_case`, features named ``<feature>@<k>``) and
        ``about`` (problems of single copies and regions, warnings).

    Raises
    ------
    InputError
        That of the first copy, where no copy can be measured.
    """
    again: RepeatCase = unit.data
    case = again.case
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    errors: list[InputError] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category=UserWarning)
        volume, regions = load_case(case.files.image, case.files.mask, case.image, others=case.files.others)
        copies = perturbations(again.repeats, patient=case.patient, seed=again.seed)
        for k, copy in enumerate(copies, FIRST):
            try:
                rows, wrong = _measure_copy(copy, volume, regions, repeated_features(case.features))
            except InputError as error:
                errors.append(error)
                wrong = [Problem(region="all", code=error.code, error=error.what, remedy=error.remedy or "")]
            else:
                frames.append(rows.assign(feature=rows["feature"] + f"{SEPARATOR}{k}"))
            problems += [{**p, "region": f"{p['region']} of {copy.name}"} for p in wrong]
    if not frames:
        raise errors[0]
    said = sorted({str(w.message) for w in caught})
    return {
        "values": pd.concat(frames, ignore_index=True),
        "about": {"problems": problems, "warnings": said},
    }


def _measure_copy(
    copy: Perturbation, volume: Volume, regions: Mapping[str, np.ndarray], settings: FeatureSettings
) -> tuple[pd.DataFrame, list[Problem]]:
    def measure(mask: np.ndarray) -> pd.DataFrame:
        box = part_around(mask)
        image, region = copy.apply(volume.array[box], mask[box], spacing_mm=volume.spacing_mm)
        return extract_region(
            image,
            region,
            spacing_mm=volume.spacing_mm,
            settings=settings,
            spacing_known=volume.spacing_known,
        )

    return each_region(regions, measure)
