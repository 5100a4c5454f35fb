"""The extract stage: every image of every patient becomes columns of one patient-keyed table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from imagenomics.runs.deltas import measure_deltas
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.learned import gather_bags
from imagenomics.runs.link import Linked
from imagenomics.runs.measure import STAGE, Case, case_unit, measure_case, note_problems
from imagenomics.runs.panels import safe_name
from imagenomics.runs.phenotypes import measure_phenotypes
from imagenomics.runs.plan import Plan
from imagenomics.runs.quality import quality_table, summary_table
from imagenomics.runs.repeats import measure_repeats
from imagenomics.runs.repetitions import as_repetition, retests, stability_report
from imagenomics.runs.store import make_key
from imagenomics.runs.units import UnitResults, Workshop
from imagenomics.runs.wide import column_descriptions, widen
from imagenomics.tables.patient_table import PatientTable, join


@dataclass(frozen=True)
class Extracted:
    """Image features by patient, the share of images that failed in any measurement, and the key of it all.

    ``bags`` hold, for each learned block, the array that each patient brings to it. ``read`` has, for each image, the
    key of its files, those of patients included whose features failed.
    """

    features: PatientTable
    failed_share: float
    key: str
    bags: dict[str, pd.Series] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)


def extract(plan: Plan, linked: Linked, folder: RunFolder, *, shop: Workshop, issues: Issues) -> Extracted:
    """Measure every image that was found; write features and panels.

    Parameters
    ----------
    plan : Plan
        Images, regions and features.
    linked : Linked
        The patients and their files.
    folder : RunFolder
        Receives ``features.parquet``, ``features.columns.parquet``, ``panels/``, ``histories.csv``, ``quality.csv``,
        ``quality_summary.csv`` and, where something is repeated, ``stability.csv``.
    shop : Workshop
        Does the units, one for each image of each patient.
    issues : Issues
        Receives failures and warnings.
    """
    cases = find_cases(plan, linked)
    results = shop.do(
        {name: case_unit(c) for name, c in cases.items()}, measure_case, label="measuring images"
    )
    _note(cases, results, issues)
    measured = _own_columns(plan, linked, cases, results, issues=issues)
    copies = measure_repeats(plan, cases, shop=shop, issues=issues, patients=linked.patients)
    further = measure_phenotypes(plan, linked, shop=shop, issues=issues)
    bags = gather_bags(plan, linked, shop=shop, issues=issues)
    features = join([*measured, *copies.tables, *further.tables, *bags.columns, linked.given])
    features = features.patients(linked.patients)
    if plan.deltas:
        features = join([features, measure_deltas(plan.deltas, features, linked.clinical, issues=issues)])
    folder.write_table("features", features)
    _write_stability(features, folder)
    _write_panels(folder, cases, results)
    _write_histories(folder, cases, results)
    _write_quality(folder, cases, results)
    upstream = sorted(f"{name}:{results.keys[name]}" for name in results.payloads)
    compared = [block.canonical() for block in plan.deltas]
    compared += [f"{name} repeats {other.name}" for name, (other, _) in retests(plan).items()]
    key = make_key(
        "extracted", 1, "", [linked.key, *upstream, *copies.keys, *further.keys, *bags.keys, *compared]
    )
    failed = {*results.failures, *copies.failed_images, *further.failed_images, *bags.failed_images}
    read = {block.name: _key_of_image(block.name, cases, results) for block in plan.images}
    return Extracted(features, len(failed) / max(len(cases), 1), key, bags.arrays, read)


def _key_of_image(image: str, cases: dict[str, Case], results: UnitResults) -> str:
    own = sorted(f"{name}:{key}" for name, key in results.keys.items() if cases[name].image.name == image)
    return make_key("read", 1, image, own)


def _own_columns(
    plan: Plan, linked: Linked, cases: dict[str, Case], results: UnitResults, *, issues: Issues
) -> list[PatientTable]:
    """Return one table for each image: of its own columns, or of repetitions of those of another one."""
    measured = []
    for block in plan.images:
        own = {
            case.patient: results.payloads[name]["values"]
            for name, case in cases.items()
            if case.image.name == block.name and name in results.payloads
        }
        settings = plan.features_of(block)
        described = column_descriptions(block, settings)
        table = widen(
            block.name, described, own, accept=settings.accept, patients=linked.patients, issues=issues
        )
        measured.append(as_repetition(table, block, plan) if block.name in retests(plan) else table)
    return measured


def find_cases(plan: Plan, linked: Linked) -> dict[str, Case]:
    """Return every image of every patient by the name of its unit."""
    return {
        f"{block.name}/{patient}": Case(patient, files, block, plan.features_of(block))
        for block in plan.images
        for patient, files in linked.files[block.name].cases.items()
    }


def _note(cases: dict[str, Case], results: UnitResults, issues: Issues) -> None:
    for name, failure in results.failures.items():
        issues.fail(cases[name].patient, STAGE, failure, file=str(cases[name].files.image))
    for name, payload in results.payloads.items():
        case = cases[name]
        note_problems(payload["about"], issues, name=case.image.name, patient=case.patient)


def _write_stability(features: PatientTable, folder: RunFolder) -> None:
    """Write how stable the repeated features are; a study without repetitions has no such table."""
    report = stability_report(features)
    if len(report):
        folder.write_csv("stability", report)
    else:
        folder.remove("stability.csv")


def _write_panels(folder: RunFolder, cases: dict[str, Case], results: UnitResults) -> None:
    """Write one picture for each image; pictures of an earlier run that are no longer wanted go away."""
    index = []
    for name in sorted(results.payloads, key=lambda n: (cases[n].patient, n)):
        case = cases[name]
        file = f"{safe_name(case.patient)}.{case.image.name}.png"
        folder.write_bytes(f"panels/{file}", results.payloads[name]["picture"], durable=False)
        about = results.payloads[name]["about"]["picture"]
        steps = results.payloads[name]["about"]["history"]
        index.append(
            {"patient": case.patient, "image": case.image.name, "file": file, **about, "history": steps}
        )
    folder.write_json("panels/index", {"panels": index}, indent=None)
    wanted = {row["file"] for row in index}
    for path in sorted(Path(folder.path / "panels").glob("*.png")):
        if path.name not in wanted:
            path.unlink()


def _write_histories(folder: RunFolder, cases: dict[str, Case], results: UnitResults) -> None:
    """Write what was done to each image, one row for each step, oldest first."""
    rows = [
        (cases[name].patient, cases[name].image.name, number, what)
        for name in sorted(results.payloads, key=lambda n: (cases[n].patient, n))
        for number, what in enumerate(results.payloads[name]["about"]["history"], 1)
    ]
    folder.write_csv("histories", pd.DataFrame(rows, columns=["patient", "image", "step", "what"]))


def _write_quality(folder: RunFolder, cases: dict[str, Case], results: UnitResults) -> None:
    """Write the quality figures of each image; results of versions that took none have no row."""
    measured = {
        (cases[name].patient, cases[name].image.name): payload["about"]["quality"]
        for name, payload in results.payloads.items()
        if "quality" in payload["about"]
    }
    quality = quality_table(measured)
    folder.write_csv("quality", quality)
    folder.write_csv("quality_summary", summary_table(quality))
