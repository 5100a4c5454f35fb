"""What ``check`` says of a phenotype: its columns, its patients, and pictures that lie on different grids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from imagenomics.errors import ImagenomicsError
from imagenomics.features.phenotypes.cost import estimate_phenotype
from imagenomics.images.files.formats import is_dicom_source
from imagenomics.images.files.header import read_header
from imagenomics.images.find import CaseFiles
from imagenomics.images.geometry import compare_grids
from imagenomics.images.grid import Grid
from imagenomics.images.load_series import open_series
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.link import Linked
from imagenomics.runs.phenotype_block import PhenotypeBlock
from imagenomics.runs.phenotype_case import PhenotypeCase, find_phenotype_cases
from imagenomics.runs.plan import Plan
from imagenomics.runs.unit_cost import BYTES_PER_VOXEL, unit_seconds
from imagenomics.runs.wide import phenotype_descriptions

Problem = dict[str, str]


def check_phenotypes(
    plan: Plan, linked: Linked, images: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return what each block would do, and the files whose headers show that a patient will fail.

    ``images`` are the rows of ``check`` on the images, whose largest region and image the estimates are for.
    """
    cases = list(find_phenotype_cases(plan, linked).cases.values())
    rows = []
    for block in plan.phenotypes:
        own = [case for case in cases if case.block is block]
        rows.append(_row(block, plan, linked, len(own)) | _cost(block, images, len(own)))
    return rows, [problem for case in cases for problem in _problems(case, linked.root)]


def _row(block: PhenotypeBlock, plan: Plan, linked: Linked, found: int) -> dict[str, Any]:
    return {
        "phenotypes": block.name,
        "image": block.image,
        "others": dict(block.others),
        "kind": block.measure.kind,
        "found": found,
        "features": len(phenotype_descriptions(block, plan.image_of(block), linked.root)),
    }


def _cost(block: PhenotypeBlock, images: Sequence[dict[str, Any]], found: int) -> dict[str, Any]:
    image = next(row for row in images if row["image"] == block.image)
    spacings, voxels = image["spacings_mm"], image["image_voxels_largest"]
    seconds, memory = estimate_phenotype(
        block.measure,
        n_voxels=image["region_voxels_largest_sampled"],
        image_voxels=voxels,
        spacing_mm=spacings[0]["zyx"] if spacings and image["spacing_known"] else (1.0, 1.0, 1.0),
        spacing_known=image["spacing_known"],
    )
    pictures = 1 + len(block.others)
    return {
        "seconds": found * (seconds + pictures * unit_seconds(voxels)),
        "memory_bytes": memory + pictures * voxels * BYTES_PER_VOXEL,
    }


def _problems(case: PhenotypeCase, root: Path) -> Iterator[Problem]:
    for key, path in case.support.items():
        if not path.is_file():
            text = f"the file '{key}' of the phenotypes '{case.block.name}' is not there"
            yield _problem(case, path, root, "IGX-RUN-090", text, f"make the file, or correct '{key}'")
    if case.block.geometry == "resample":
        return
    measured = _grid(case.files, case.image)
    further = [(o.files.image, "IGX-IMG-251", r, _grid(o.files, o.image)) for r, o in case.others.items()]
    atlas = case.support.get("atlas")
    if atlas is not None and atlas.is_file():
        further.append((atlas, "IGX-IMG-020", "atlas", _grid_of_file(atlas, case.image)))
    for path, code, name, grid in further:
        difference = None if measured is None or grid is None else compare_grids(measured, grid)
        if difference is not None and not difference.same:
            text = f"'{name}' does not lie on the grid of '{case.image.name}': {', '.join(difference.parts)} differ"
            remedy = 'resample them to one grid, or declare geometry = "resample" in the [[phenotypes]] block'
            yield _problem(case, path, root, code, text, remedy)


def _grid(files: CaseFiles, image: ImageSettings) -> Grid | None:
    """Return where the voxels lie; None for DICOM, and where the header cannot be read, which its own image says."""
    if is_dicom_source(files.image):
        return None
    if image.form == "volume":
        return _grid_of_file(files.image, image)
    try:
        return open_series(files, image).grid
    except ImagenomicsError:
        return None


def _grid_of_file(path: Path, image: ImageSettings) -> Grid | None:
    try:
        return read_header(path, spacing=image.spacing, max_voxels=image.max_voxels).grid
    except ImagenomicsError:
        return None


def _problem(case: PhenotypeCase, path: Path, root: Path, code: str, error: str, remedy: str) -> Problem:
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return {"patient": case.patient, "file": file, "code": code, "error": error, "remedy": remedy}
