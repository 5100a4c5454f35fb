"""Maps of grey matter (VBM) or of local growth (TBM) of many patients as one matrix patient x voxel, in blocks.

The matrix lies in a file, block after block of voxels, so that a block of all patients is one piece of the file.
Writing holds one map in memory and reading one block, whatever the size of the cohort.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.grid import Grid
from imagenomics.images.volume import Mask, Volume

VALUES, MANIFEST = "values.f4", "voxels.json"
FAILURE_COLUMNS = ("patient", "file", "error", "code", "remedy")
SCHEMA_VERSION = "1"


@dataclass(frozen=True, eq=False)
class VoxelBlock:
    """Voxels ``start`` to ``stop`` of the mask, ``values`` (patients, stop - start) as float64."""

    start: int
    stop: int
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class VoxelMatrix:
    """A matrix patient x voxel in a folder.

    Parameters
    ----------
    folder : Path
        Where it lies.
    patients : tuple of str
        The rows, in order.
    places : ndarray of int (v,)
        Flat position of each column in the array (z, y, x).
    grid : Grid
        The grid of the mask, on which all maps lie.
    covered : Series
        By patient, the share of the mask's voxels that are not exactly 0 in the map.
    failures : DataFrame
        ``patient, file, error, code, remedy``: maps that are no rows.
    """

    folder: Path
    patients: tuple[str, ...]
    places: np.ndarray
    grid: Grid
    covered: pd.Series
    failures: pd.DataFrame
    block: int
    slots: tuple[int, ...]
    n_slots: int

    def blocks(self) -> Iterator[VoxelBlock]:
        """Yield all voxels, one block of fixed borders after the other, in the order of the array."""
        with open(self.folder / VALUES, "rb") as file:
            for start in range(0, self.places.size, self.block):
                stop = min(start + self.block, self.places.size)
                file.seek(4 * start * self.n_slots)
                raw = np.fromfile(file, dtype="<f4", count=(stop - start) * self.n_slots)
                if raw.size < (stop - start) * self.n_slots:
                    raise _broken("the file of values is too short", self.folder)
                values = raw.reshape(self.n_slots, stop - start)[list(self.slots)]
                yield VoxelBlock(start, stop, values.astype(np.float64))

    def picture(self, values: np.ndarray, *, step: str) -> Volume:
        """Return one number for each voxel (v,) as an image, 0 outside the mask.

        Raises
        ------
        InputError
            ``IGX-FEAT-120``: not one number for each voxel.
        """
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.shape != self.places.shape:
            raise InputError(
                "IGX-FEAT-120",
                f"{numbers.shape} numbers for {self.places.size} voxels",
                expected="one number for each voxel of the mask",
            )
        array = np.zeros(self.grid.n_voxels)
        array[self.places] = numbers
        grid = self.grid
        return Volume(
            array.reshape(grid.shape),
            grid.spacing_mm,
            grid.origin_mm,
            grid.direction,
            source=step,
            history=(step,),
        )


def open_voxels(folder: Path, mask: Mask) -> VoxelMatrix:
    """Open a matrix that :func:`imagenomics.features.brain.voxel_files.write_voxels` wrote.

    Raises
    ------
    FileProblem
        ``IGX-FEAT-146``: no finished matrix.
    InputError
        ``IGX-FEAT-147``: it was written with another mask.
    """
    folder = Path(folder)
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(f"no readable {MANIFEST} ({error})", folder) from error
    if found["mask"] != mask_digest(mask):
        raise InputError(
            "IGX-FEAT-147",
            "the matrix was written with another mask",
            where=f"{folder}; {mask.source}",
            expected="equal voxels on an equal grid",
            remedy="give the mask with which it was written, or write the matrix again",
        )
    covered = pd.Series(found["covered"], dtype=np.float64).rename_axis("patient")
    covered = covered.reindex(sorted(covered.index))
    return VoxelMatrix(
        folder,
        tuple(covered.index),
        np.flatnonzero(mask.array),
        mask.grid,
        covered,
        pd.DataFrame(found["failures"], columns=list(FAILURE_COLUMNS), dtype=object),
        found["block"],
        tuple(found["slots"].index(p) for p in covered.index),
        len(found["slots"]),
    )


def mask_digest(mask: Mask) -> str:
    """Return a hash of which voxels a mask holds and where they lie: equal masks, equal columns."""
    grid = mask.grid
    text = repr(
        (
            grid.shape,
            *(tuple(round(v, 4) for v in f) for f in (grid.spacing_mm, grid.origin_mm, grid.direction)),
        )
    )
    content = np.packbits(mask.array != 0).tobytes() + text.encode()
    return hashlib.sha256(content).hexdigest()


def _broken(what: str, folder: Path) -> FileProblem:
    return FileProblem(
        "IGX-FEAT-146",
        f"there is no finished voxel matrix: {what}",
        where=str(folder),
        expected=f"{MANIFEST} and {VALUES}",
        remedy="write the matrix again",
    )
