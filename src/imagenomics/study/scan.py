"""What lies in a folder: tables with their ids, and image files whose names hold those ids."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.source import id_column, read_source
from imagenomics.errors import ImagenomicsError

IMAGE_ENDINGS = (".nii.gz", ".nii", ".nrrd", ".nhdr")
TABLE_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
MASK_WORDS = re.compile(r"mask|seg|label|roi(?=[._])|contour", re.IGNORECASE)
MOST_TABLES = 40
MOST_FILES = 200_000


@dataclass(frozen=True)
class FoundTable:
    """A table, its id column and its ids as written."""

    path: str
    frame: pd.DataFrame
    id: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class FoundSeries:
    """Image files of one kind: a path with ``{patient}``, and how many patients have it."""

    template: str
    patients: int

    @property
    def is_mask(self) -> bool:
        """Tell whether the file name speaks of a mask."""
        return MASK_WORDS.search(Path(self.template).name.replace("{patient}", "")) is not None


@dataclass(frozen=True)
class Scan:
    """Everything that was found, and the table that fits the pictures best."""

    tables: tuple[FoundTable, ...]
    series: tuple[FoundSeries, ...]
    patients: FoundTable | None


def scan_folder(folder: Path) -> Scan:
    """Look through a folder: names and tables only, no image is read."""
    files = _files(folder)
    images = [f for f in files if f.lower().endswith(IMAGE_ENDINGS)]
    tables = [t for f in files if f.lower().endswith(TABLE_ENDINGS) for t in _table(folder, f)][:MOST_TABLES]
    names = " ".join(images)
    fitting = [
        (sum(i in names for i in t.ids), t.frame.shape[1], t) for t in tables if len(set(t.ids)) == len(t.ids)
    ]
    best = max(fitting, key=lambda row: row[:2], default=None)
    patients = best[2] if best is not None and (best[0] or not images) else None
    ids = patients.ids if patients is not None and best is not None and best[0] else _ids_from_names(images)
    return Scan(tuple(tables), _series(images, ids), patients)


def _files(folder: Path) -> list[str]:
    found: list[str] = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        place = Path(base).relative_to(folder)
        found += [(place / name).as_posix() for name in sorted(names) if not name.startswith(".")]
        if len(found) > MOST_FILES:
            break
    return found


def _table(folder: Path, name: str) -> list[FoundTable]:
    """Return the table, or nothing where the file is no table with ids."""
    try:
        frame = read_source(folder / name)
        ids, column, _ = id_column(frame, None, where=name)
    except ImagenomicsError:
        return []
    return [FoundTable(name, frame, column, tuple(i for i in ids if i))]


def _ids_from_names(images: Sequence[str]) -> tuple[str, ...]:
    """Without a fitting table the id is what stands before the last '_' of a file name."""
    stems = [Path(_stem(f)).name for f in images]
    counts = Counter(s.rpartition("_")[0] for s in stems if "_" in s)
    return tuple(sorted(counts)) or tuple(sorted(set(stems)))


def _stem(name: str) -> str:
    for ending in IMAGE_ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def _series(images: Sequence[str], ids: Sequence[str]) -> tuple[FoundSeries, ...]:
    longest_first = sorted(set(ids), key=lambda i: (-len(i), i))
    groups: dict[str, set[str]] = defaultdict(set)
    for name in images:
        owner = next((i for i in longest_first if i and i in name), None)
        if owner is not None:
            groups[name.replace(owner, "{patient}")].add(owner)
    found = [FoundSeries(template, len(owners)) for template, owners in groups.items()]
    return tuple(sorted(found, key=lambda s: (-s.patients, s.template)))
