"""What is learned from the voxels of many patients: each patient's part is read once, what it teaches in the fold."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import ImagenomicsError, InputError, unknown_name
from imagenomics.features.bags import intensity_profile, voxel_bag
from imagenomics.images.find import CaseFiles
from imagenomics.images.geometry import compare_grids
from imagenomics.images.load import load_case
from imagenomics.images.volume import Volume
from imagenomics.prepare.learned import ComponentBlock, HabitatBlock, Learned
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked
from imagenomics.runs.measure import STAGE as EXTRACT
from imagenomics.runs.measure import input_files
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.store import Unit
from imagenomics.runs.units import Workshop
from imagenomics.tables.patient_table import PatientTable, describe

STAGE = "bag"
VERSION = 1
Images = tuple[tuple[ImageBlock, CaseFiles | None], ...]


@dataclass(frozen=True)
class BagCase:
    """What one unit needs: the patient's files of each image of a block."""

    patient: str
    block: Learned
    images: Images


@dataclass(frozen=True)
class Bags:
    """By block and patient the array that teaches, what all patients together taught, and the keys of the units."""

    arrays: dict[str, pd.Series]
    columns: list[PatientTable]
    failed_images: set[str]
    keys: list[str]


def gather_bags(plan: Plan, linked: Linked, *, shop: Workshop, issues: Issues) -> Bags:
    """Read the part of every patient in every learned block, and learn from the whole cohort for associations."""
    if not plan.learned:
        return Bags({}, [], set(), [])
    cases = {
        f"{block.name}/{patient}": BagCase(patient, block, _images(block, plan, linked, patient))
        for block in plan.learned
        for patient in linked.files[block.images[0]].cases
    }
    results = shop.do({n: _unit(c, plan.seed) for n, c in cases.items()}, read_bag, label="reading voxels")
    failed = set()
    for name, failure in results.failures.items():
        case = cases[name]
        failed.add(f"{case.block.images[0]}/{case.patient}")
        issues.fail(case.patient, EXTRACT, failure, file=str(_first(case).image))
    for name, payload in results.payloads.items():
        for text in payload["warnings"]:
            issues.warn(
                EXTRACT, "IGX-RUN-021", f"{cases[name].block.name}: {text}", patient=cases[name].patient
            )
    arrays = {
        block.name: _series(
            {
                case.patient: np.load(io.BytesIO(results.payloads[name]["bag"]))
                for name, case in cases.items()
                if case.block is block and name in results.payloads
            },
            linked.patients,
        )
        for block in plan.learned
    }
    columns = [_of_the_cohort(block, arrays[block.name], plan.seed, issues=issues) for block in plan.learned]
    return Bags(arrays, columns, failed, sorted(f"{n}:{results.keys[n]}" for n in results.payloads))


def learned_descriptions(block: Learned) -> pd.DataFrame:
    """Describe the columns of a learned block before any image is read."""
    return describe(
        [f"{block.name}.{name}" for name in block.names()],
        role="learned",
        source=block.name,
        family=block.kind,
        feature=block.names(),
        settings=block.digest(),
    )


def read_bag(unit: Unit) -> dict[str, Any]:
    """Read the images of one patient and return what they bring to a learned block."""
    case: BagCase = unit.data[0]
    seed: int = unit.data[1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", category=UserWarning)
        block, files = case.images[0]
        assert files is not None
        first, regions = load_case(files.image, files.mask, block, others=files.others)
        found = _bag(case, first, regions, seed)
    content = io.BytesIO()
    np.save(content, found)
    return {"bag": content.getvalue(), "warnings": sorted({str(w.message) for w in caught})}


def _bag(case: BagCase, first: Volume, regions: dict[str, np.ndarray], seed: int) -> np.ndarray:
    block = case.block
    if isinstance(block, HabitatBlock):
        others = [_same_grid(first, image, files) for image, files in case.images[1:]]
        region = _region(block.region, regions, block.name)
        return voxel_bag([first.array, *others], region, most=block.voxels, patient=case.patient, seed=seed)
    if isinstance(block, ComponentBlock):
        return first.array[_region(block.region, regions, block.name)][None, :]
    tissue = _region(block.tissue, regions, block.name)
    measured = {name: _region(name, regions, block.name) for name in block.regions}
    return intensity_profile(first.array, tissue, measured)


def _same_grid(first: Volume, block: ImageBlock, files: CaseFiles | None) -> np.ndarray | None:
    """Return another image of the patient; one that lies elsewhere would pair voxels of different places."""
    if files is None:
        return None
    volume, _ = load_case(files.image, files.mask, block, others=files.others)
    difference = compare_grids(first.grid, volume.grid)
    if not difference.same:
        raise InputError(
            "IGX-RUN-110",
            f"two images of one patient differ in {', '.join(difference.parts)}: corners lie "
            f"{difference.corner_error_mm:.2f} mm apart",
            where=f"{first.source} and {volume.source}",
            expected="images on one grid",
            remedy="register or resample them ('prepare' of [[images]])",
        )
    return volume.array


def _region(name: str, regions: dict[str, np.ndarray], where: str) -> np.ndarray:
    if name not in regions:
        raise unknown_name("IGX-RUN-111", "region", name, regions, where=f"[[learned]] {where}")
    return regions[name]


def _of_the_cohort(block: Learned, arrays: pd.Series, seed: int, *, issues: Issues) -> PatientTable:
    """Return what the whole cohort teaches: for associations, which are blind to no patient anyway."""
    described = learned_descriptions(block)
    values = np.full((len(arrays), len(described)), np.nan)
    try:
        values = block.estimator(seed=seed).fit(list(arrays)).transform(list(arrays))
    except ImagenomicsError as error:
        issues.warn(EXTRACT, error.code, f"{block.name}: {error.what}", remedy=error.remedy or "")
    return PatientTable(pd.DataFrame(values, index=arrays.index, columns=described.index), described)


def _series(found: dict[str, np.ndarray], patients: tuple[str, ...]) -> pd.Series:
    width = next((array.shape[1] for array in found.values()), 1)
    cells = np.empty(len(patients), dtype=object)
    for i, patient in enumerate(patients):
        cells[i] = found.get(patient, np.empty((0, width)))
    return pd.Series(cells, index=pd.Index(list(patients), name="patient", dtype=object))


def _images(block: Learned, plan: Plan, linked: Linked, patient: str) -> Images:
    named = {image.name: image for image in plan.images}
    return tuple((named[name], linked.files[name].cases.get(patient)) for name in block.images)


def _first(case: BagCase) -> CaseFiles:
    files = case.images[0][1]
    assert files is not None
    return files


def _unit(case: BagCase, seed: int) -> Unit:
    parts = [f"{image.digest_of_values()} {image.max_voxels}" for image, _ in case.images]
    inputs = {
        f"{image.name} {what}": path
        for image, files in case.images
        if files is not None
        for what, path in input_files(files).items()
    }
    text = f"{' '.join(parts)} {case.block.canonical()} {case.patient} {seed}"
    return Unit(STAGE, VERSION, text, inputs, data=(case, seed))
