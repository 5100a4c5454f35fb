"""Further measurements of the images: one unit for each phenotype of each patient."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked
from imagenomics.runs.measure import STAGE as EXTRACT
from imagenomics.runs.measure import note_problems
from imagenomics.runs.phenotype_case import (
    PhenotypeCase,
    find_phenotype_cases,
    measure_in,
    phenotype_unit,
)
from imagenomics.runs.plan import Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.runs.wide import phenotype_descriptions, widen
from imagenomics.tables.patient_table import PatientTable


@dataclass(frozen=True)
class Phenotypes:
    """One table for each phenotype, the images ('image/patient') in which one failed, and the keys of the others."""

    tables: list[PatientTable]
    failed_images: set[str]
    keys: list[str]


def measure_phenotypes(plan: Plan, linked: Linked, *, shop: Workshop, issues: Issues) -> Phenotypes:
    """Measure every phenotype of every patient who has its images."""
    found = find_phenotype_cases(plan, linked)
    for missing in found.without_other:
        issues.warn(EXTRACT, "IGX-RUN-092", missing.text, patient=missing.patient, remedy=missing.remedy)
    units = {name: phenotype_unit(case) for name, case in found.cases.items()}
    results = shop.do(units, measure_one, label="measuring phenotypes") if units else None
    failed, payloads = set(), {} if results is None else results.payloads
    for name, failure in [] if results is None else results.failures.items():
        case = found.cases[name]
        failed.add(f"{case.image.name}/{case.patient}")
        issues.fail(case.patient, EXTRACT, failure, file=str(case.files.image))
    for name, payload in payloads.items():
        case = found.cases[name]
        note_problems(payload["about"], issues, name=case.block.name, patient=case.patient)
    tables = []
    for block in plan.phenotypes:
        values = {
            case.patient: payloads[name]["values"]
            for name, case in found.cases.items()
            if case.block is block and name in payloads
        }
        described = phenotype_descriptions(block, plan.image_of(block), linked.root)
        tables.append(widen(block.name, described, values, patients=linked.patients, issues=issues))
    keys = sorted(f"{name}:{results.keys[name]}" for name in payloads) if results is not None else []
    return Phenotypes(tables, failed, keys)


def measure_one(unit: Unit) -> dict[str, Any]:
    """Read the images of one patient and measure one phenotype in them.

    Returns
    -------
    dict
        ``values`` (long: region, family, feature, value, unit, flags, status, reason) and ``about`` (problems of
        single regions, warnings).
    """
    case: PhenotypeCase = unit.data
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category=UserWarning)
        values, problems = measure_in(case)
    return {
        "values": values,
        "about": {"problems": problems, "warnings": sorted({str(w.message) for w in caught})},
    }
