"""``check``: what a study would do, how many patients remain, how long and how much memory; cheap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.features.cost import estimate_cost
from imagenomics.images.files.formats import is_dicom_source
from imagenomics.images.files.header import Header, read_header
from imagenomics.images.geometry import compare_grids
from imagenomics.images.grid import Grid
from imagenomics.images.load import read_case
from imagenomics.images.load_series import load_series, open_series
from imagenomics.images.preparation.settings import mask_waits, step_words, voxel_factor
from imagenomics.images.read import read_mask
from imagenomics.prepare.learned import Learned
from imagenomics.runs.agreement import foresee_agreement
from imagenomics.runs.check_columns import check_acquisition, check_deltas, check_repeats
from imagenomics.runs.check_phenotypes import check_phenotypes
from imagenomics.runs.check_sets import check_sets
from imagenomics.runs.check_targets import check_targets
from imagenomics.runs.extract import find_cases
from imagenomics.runs.families.declared import declared_families
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import Linked, join_sides
from imagenomics.runs.measure import Case
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.planned import measured_columns, planned_features
from imagenomics.runs.unit_cost import BYTES_PER_VOXEL, unit_seconds
from imagenomics.runs.wide import column_descriptions
from imagenomics.tables.patient_table import PatientTable

SAMPLED_MASKS = 5
BYTES_PER_CURVE_POINT = 60  # a signal as float64, its concentration, and what a fit holds beside them
START_BYTES = 400_000_000  # Python with the libraries of a worker


@dataclass(frozen=True)
class CheckReport:
    """What ``check`` found.

    Parameters
    ----------
    steps : list of dict
        The patient flow.
    images, phenotypes, deltas, molecules, derived, analyses : list of dict
        What each block would do or holds.
    problems : list of dict
        Files whose header shows already that they will fail: ``patient, file, code, error, remedy``.
    notes : list of str
        What a user should look at.
    seconds, memory_bytes : float, int
        Rough estimates for one worker, without the time of what is learned from several patients; memory is for
        each worker. Measurements of images lie within a factor of 3 of both (docs/reference/speed.md).
    """

    steps: list[dict[str, Any]]
    images: list[dict[str, Any]]
    phenotypes: list[dict[str, Any]]
    deltas: list[dict[str, Any]]
    molecules: list[dict[str, Any]]
    derived: list[dict[str, Any]]
    analyses: list[dict[str, Any]]
    problems: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory_bytes: int = 0


def check_study(plan: Plan, root: Path) -> CheckReport:
    """Say what a run would do; tables, image headers and a few masks are read (of DICOM masks with their series).

    Raises
    ------
    InputError, FileProblem
        What the link stage refuses, and names that an analysis does not find.
    """
    issues = Issues()
    linked = join_sides(plan, root, issues=issues)
    cases = find_cases(plan, linked)
    images, problems = [], []
    seconds, memory = 0.0, START_BYTES
    for block in plan.images:
        own = [case for case in cases.values() if case.image.name == block.name]
        row, found = _check_images(block, plan, own, root)
        row["missing"] = len(linked.patients) - len(own)
        row["acquisition"] = check_acquisition(block, linked)
        row |= check_repeats(block, plan, row)
        images.append(row)
        problems += found
        seconds += row["seconds"]
        memory = max(memory, START_BYTES + row["memory_bytes"])
    phenotypes, apart = check_phenotypes(plan, linked, images)
    memory = max([memory, *(START_BYTES + row["memory_bytes"] for row in phenotypes)])
    measured = measured_columns(plan, linked)
    deltas = [check_deltas(block, plan, linked, measured) for block in plan.deltas]
    features = planned_features(plan, linked)
    analyses = [
        *(foresee_agreement(block, linked, measured) for block in plan.agreement),
        *_check_tests(plan, linked, features),
        *check_sets(plan, linked, features),
        *check_targets(plan, linked, features),
    ]
    return CheckReport(
        steps=linked.flow.as_dict()["steps"],
        images=images,
        phenotypes=[*phenotypes, *(_check_learned(block, linked) for block in plan.learned)],
        deltas=deltas,
        molecules=[_check_molecules(block.name, block.kind, linked) for block in plan.molecules],
        derived=[{str(k): v for k, v in row.items()} for row in linked.derived.to_dict("records")],
        analyses=analyses,
        problems=[*problems, *apart],
        notes=[row.message for row in issues.warnings],
        seconds=seconds + sum(row["seconds"] for row in [*phenotypes, *analyses]),
        memory_bytes=memory,
    )


def _check_learned(block: Learned, linked: Linked) -> dict[str, Any]:
    return {
        "phenotypes": block.name,
        "image": ", ".join(block.images),
        "kind": f"{block.kind} (learned)",
        "found": len(linked.files[block.images[0]].cases),
        "features": len(block.names()),
    }


def _check_molecules(name: str, kind: str, linked: Linked) -> dict[str, Any]:
    inner = linked.inner.source(name)
    if inner is not None:
        row = {
            "molecules": name,
            "kind": kind,
            "columns": len(inner.columns),
            "patients": len(inner.patients),
        }
        return {**row, "unit": inner.unit, "units": len(inner)}
    own = linked.molecules.where(source=name).values
    n = int(own.notna().any(axis=1).sum())
    return {"molecules": name, "kind": kind, "columns": own.shape[1], "patients": n}


def _check_images(
    block: ImageBlock, plan: Plan, cases: Sequence[Case], root: Path
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    settings = plan.features_of(block)
    headers: dict[str, Header | Place] = {}
    problems = []
    for case in cases:
        try:
            headers[case.patient] = _headers_agree(case)
        except ImagenomicsError as error:
            file = _relative(error.where or str(case.files.image), root)
            problems.append(
                {
                    "patient": case.patient,
                    "file": file,
                    "code": error.code,
                    "error": error.what,
                    "remedy": error.remedy or "",
                }
            )
    finer = max((voxel_factor(block.prepare, h.grid.spacing_mm) for h in headers.values()), default=1.0)
    voxels = round(finer * _region_voxels([c for c in cases if c.patient in headers]))
    largest = round(max(finer, 1.0) * max((h.grid.n_voxels for h in headers.values()), default=0))
    second, memory = estimate_cost(voxels, settings, spacing_known=block.spacing != "unknown")
    spacings = Counter(tuple(round(s, 2) for s in h.grid.spacing_mm) for h in headers.values())
    row = {
        "image": block.name,
        "found": len(cases),
        "readable_headers": len(headers),
        "spacing_known": block.spacing != "unknown",
        "prepare": [step_words(step) for step in block.prepare],
        "normalise": block.normalise.method,
        "spacings_mm": [{"zyx": list(s), "n": n} for s, n in spacings.most_common(3)],
        "region_voxels_largest_sampled": voxels,
        "image_voxels_largest": largest,
        "features": len(column_descriptions(block, settings)),
        "seconds": len(headers) * (second + unit_seconds(largest)),
        "memory_bytes": memory + largest * BYTES_PER_VOXEL,
    }
    if block.form == "series":
        volumes = max((h.n_volumes for h in headers.values() if isinstance(h, Place)), default=1)
        curves = voxels * volumes * BYTES_PER_CURVE_POINT
        row |= {"volumes": volumes, "seconds": 0.0, "memory_bytes": curves + largest * BYTES_PER_VOXEL}
    return row, problems


def _relative(text: str, root: Path) -> str:
    try:
        return Path(text).relative_to(root).as_posix()
    except ValueError:
        return text


@dataclass(frozen=True)
class Place:
    """Where the voxels of a DICOM series or of a 4-D file lie, and how many volumes it has."""

    grid: Grid
    n_volumes: int = 1


def _headers_agree(case: Case) -> Header | Place:
    """Read the headers of image and mask; different grids are a problem unless a repair is declared."""
    spacing, most = case.image.spacing, case.image.max_voxels
    header: Header | Place
    if case.image.form == "series":
        series = open_series(case.files, case.image)
        header = Place(series.grid, series.n_frames)
    elif is_dicom_source(case.files.image):
        from imagenomics.images.dicom.load import dicom_grid

        return Place(dicom_grid(case.files.image, case.image)[0])
    else:
        header = read_header(case.files.image, spacing=spacing, max_voxels=most)
    mask = case.files.mask
    elsewhere = mask_waits(case.image.prepare)  # the mask lies on the image that this one is registered to
    if mask is None or case.image.geometry != "same" or is_dicom_source(mask) or elsewhere:
        return header
    difference = compare_grids(header.grid, read_header(mask, spacing=spacing, max_voxels=most).grid)
    if not difference.same:
        raise InputError(
            "IGX-IMG-020",
            f"image and mask differ in {', '.join(difference.parts)}; corners lie "
            f"{difference.corner_error_mm:.2f} mm apart",
            where=f"{case.files.image} and {mask}",
            remedy="declare a repair with `geometry`; a run shows both geometries",
        )
    return header


def _region_voxels(cases: Sequence[Case]) -> int:
    """Return the largest region among a few masks spread over the patients."""
    if not cases:
        return 0
    chosen = {int(i) for i in np.linspace(0, len(cases) - 1, SAMPLED_MASKS)}
    sizes = [0]
    for i in sorted(chosen):
        case = cases[i]
        try:
            sizes.append(_voxels_of(case))
        except ImagenomicsError:
            continue
    return max(sizes)


def _voxels_of(case: Case) -> int:
    """Return how many voxels the regions of a case have; a DICOM mask counts once its series is read."""
    image, mask = case.files.image, case.files.mask
    if mask is not None and not is_dicom_source(mask):
        return int((read_mask(mask, spacing=case.image.spacing).array > 0).sum())
    if mask is None:
        return _headers_agree(case).grid.n_voxels
    if case.image.form == "series":
        return max(int(region.sum()) for region in load_series(case.files, case.image)[1].values())
    regions = read_case(image, mask, case.image).regions.values()
    return max((int(region.sum()) for region in regions), default=0)


def _check_tests(plan: Plan, linked: Linked, features: PatientTable) -> list[dict[str, Any]]:
    return [
        {"analysis": block.name, **kind.foresee(block, linked, features, kind.where(block))}
        for kind, block in declared_families(plan)
    ]
