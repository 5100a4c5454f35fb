"""Further measurements of the images: one unit for each phenotype of each patient."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from imagenomics.features.phenotypes.measure import measure_phenotype
from imagenomics.features.phenotypes.settings import ControlMeasure
from imagenomics.images.find import CaseFiles
from imagenomics.images.load import load_case
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked
from imagenomics.runs.measure import STAGE as EXTRACT
from imagenomics.runs.measure import input_files, note_problems
from imagenomics.runs.plan import ImageBlock, PhenotypeBlock, Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.runs.wide import phenotype_descriptions, widen
from imagenomics.tables.patient_table import PatientTable

STAGE = "phenotype"
VERSION = 1


@dataclass(frozen=True)
class PhenotypeCase:
    """What one unit needs: the files of one image of one patient, and what is measured in it."""

    patient: str
    files: CaseFiles
    image: ImageBlock
    block: PhenotypeBlock


@dataclass(frozen=True)
class Phenotypes:
    """One table for each phenotype, the images ('image/patient') in which one failed, and the keys of the others."""

    tables: list[PatientTable]
    failed_images: set[str]
    keys: list[str]


def measure_phenotypes(plan: Plan, linked: Linked, *, shop: Workshop, issues: Issues) -> Phenotypes:
    """Measure every phenotype of every patient who has its image."""
    cases = {
        f"{block.name}/{patient}": PhenotypeCase(patient, files, plan.image_of(block), block)
        for block in plan.phenotypes
        for patient, files in linked.files[block.image].cases.items()
    }
    if not cases:
        return Phenotypes([], set(), [])
    units = {name: _unit(case) for name, case in cases.items()}
    results = shop.do(units, measure_one, label="measuring phenotypes")
    failed = set()
    for name, failure in results.failures.items():
        case = cases[name]
        failed.add(f"{case.image.name}/{case.patient}")
        issues.fail(case.patient, EXTRACT, failure, file=str(case.files.image))
    for name, payload in results.payloads.items():
        note_problems(payload["about"], issues, name=cases[name].block.name, patient=cases[name].patient)
    tables = []
    for block in plan.phenotypes:
        values = {
            case.patient: results.payloads[name]["values"]
            for name, case in cases.items()
            if case.block is block and name in results.payloads
        }
        described = phenotype_descriptions(block, plan.image_of(block))
        tables.append(widen(block.name, described, values, patients=linked.patients, issues=issues))
    keys = sorted(f"{name}:{results.keys[name]}" for name in results.payloads)
    return Phenotypes(tables, failed, keys)


def _unit(case: PhenotypeCase) -> Unit:
    image = case.image
    measure = case.block.measure
    settings = f"{image.digest_of_values()} {image.max_voxels} {measure.canonical()}"
    if isinstance(measure, ControlMeasure):
        settings += f" {case.patient}"  # two patients with the same file draw differently
    return Unit(STAGE, VERSION, settings, input_files(case.files), data=case)


def measure_one(unit: Unit) -> dict[str, Any]:
    """Read one image of one patient and measure one phenotype in it.

    Returns
    -------
    dict
        ``values`` (long: region, family, feature, value, unit, flags, status, reason) and ``about`` (problems of
        single regions, warnings).
    """
    case: PhenotypeCase = unit.data
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category=UserWarning)
        volume, regions = load_case(case.files.image, case.files.mask, case.image, others=case.files.others)
        values, problems = measure_phenotype(
            volume.array,
            regions,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            measure=case.block.measure,
            patient=case.patient,
        )
    return {
        "values": values,
        "about": {"problems": problems, "warnings": sorted({str(w.message) for w in caught})},
    }
