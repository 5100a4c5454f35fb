"""Gathering the maps of many patients, one file at a time, into the matrix patient x voxel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from imagenomics.errors import ImagenomicsError, InputError, StorageProblem
from imagenomics.features.brain.voxels import (
    MANIFEST,
    SCHEMA_VERSION,
    VALUES,
    VoxelMatrix,
    mask_digest,
    open_voxels,
)
from imagenomics.images.files.content import read_numbers
from imagenomics.images.files.header import read_header
from imagenomics.images.geometry import check_geometry
from imagenomics.images.volume import Mask, Volume
from imagenomics.tables.write import write_json
from imagenomics.work.failures import failure_of

BLOCK = 4096
Failure = tuple[str, str, str, str, str]


def write_voxels(
    files: Mapping[str, Path], mask: Mask, folder: Path, *, block: int = BLOCK, min_covered: float = 0.5
) -> VoxelMatrix:
    """Gather the maps of many patients inside one mask.

    Parameters
    ----------
    files : mapping of str to Path
        Map by patient; all in one space (MNI, a study template), NIfTI or NRRD.
    mask : Mask
        Every voxel that is not 0. Make it beforehand (an atlas, a template): a mask of 'voxels with grey matter in
        these patients' is learned from them.
    folder : Path
        Where the matrix is written; 4 bytes for each patient and voxel.
    block : int
        Voxels in a block.
    min_covered : float
        A map with a smaller share of its voxels inside the mask different from 0 is a failure: it lies elsewhere.

    Returns
    -------
    VoxelMatrix
        With the maps that cannot be used as ``failures``; rows are sorted by patient.

    Raises
    ------
    InputError
        ``IGX-FEAT-144``: no voxel in the mask, a block below 1, or no map that can be used.
    StorageProblem
        ``IGX-TAB-020``: the disk is full or the folder cannot be written to.

    Assumes
    -------
    Values outside the mask may be NaN, as SPM writes them; inside they are a failure (``IGX-FEAT-145``). Maps on
    another grid than the mask's are failures (``IGX-IMG-020``, ``-021``), never resampled.

    Source
    ------
    Ashburner and Friston 2000, NeuroImage 11:805 (VBM).
    """
    places = np.flatnonzero(mask.array)
    if not places.size or block < 1 or not files:
        raise InputError(
            "IGX-FEAT-144",
            f"{places.size} voxels in the mask, {len(files)} maps, blocks of {block}",
            where=mask.source,
            expected="a mask with voxels, at least one map, blocks of at least one voxel",
        )
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)  # half a matrix must not look like a whole one
        covered, failures = _write(
            files, mask, folder / VALUES, places=places, block=block, min_covered=min_covered
        )
    except OSError as error:
        if isinstance(error, ImagenomicsError):
            raise
        raise StorageProblem(
            "IGX-TAB-020",
            f"the matrix cannot be written ({error.strerror or error})",
            where=str(folder),
            remedy=f"free {4 * len(files) * places.size / 1e9:.1f} GB, or choose another folder",
        ) from error
    if not covered:
        raise InputError(
            "IGX-FEAT-144", f"none of {len(files)} maps can be used: {failures[0][2]}", where=failures[0][1]
        )
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "slots": sorted(files),
        "covered": covered,
        "failures": failures,
        "mask": mask_digest(mask),
        "voxels": int(places.size),
        "block": block,
    }
    write_json(folder / MANIFEST, manifest)
    return open_voxels(folder, mask)


def _write(
    files: Mapping[str, Path], mask: Mask, path: Path, *, places: np.ndarray, block: int, min_covered: float
) -> tuple[dict[str, float], list[Failure]]:
    """Write the file of values; return the covered share by patient, and the maps that failed."""
    covered: dict[str, float] = {}
    failures: list[Failure] = []
    names = sorted(files)
    with open(path, "wb") as file:
        file.truncate(4 * len(names) * places.size)
        for slot, patient in enumerate(names):
            try:
                values, covered[patient] = _values(Path(files[patient]), mask, places, min_covered)
            except (ImagenomicsError, OSError) as error:
                why = failure_of(patient, error)
                failures.append((patient, str(files[patient]), why.error, why.code, why.remedy))
                continue
            for start in range(0, places.size, block):
                part = values[start : start + block]
                file.seek(4 * (start * len(names) + slot * part.size))
                file.write(part.tobytes())
        file.flush()
        os.fsync(file.fileno())
    return covered, failures


def _values(path: Path, mask: Mask, places: np.ndarray, min_covered: float) -> tuple[np.ndarray, float]:
    """Return the values (v,) of one map inside the mask as float32, and the share that is not 0."""
    header = read_header(path)
    grid, layout = header.grid, header.layout
    numbers = read_numbers(layout).astype(np.float64) * layout.slope + layout.intercept
    volume = Volume(numbers, grid.spacing_mm, grid.origin_mm, grid.direction, source=str(path))
    check_geometry(volume, mask)
    inside = numbers.ravel()[places]
    bad = int((~np.isfinite(inside)).sum())
    covered = float((inside != 0).mean())
    if bad or covered < min_covered:
        raise InputError(
            "IGX-FEAT-145",
            f"{bad} voxels inside the mask hold no number"
            if bad
            else f"only {covered:.1%} of the voxels inside the mask are not 0",
            where=str(path),
            expected="numbers inside the mask" if bad else f"at least min_covered = {min_covered:.0%}",
            remedy="check the normalisation of this patient, or use a smaller mask",
        )
    return inside.astype("<f4"), covered
