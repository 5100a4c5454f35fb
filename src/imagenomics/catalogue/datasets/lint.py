"""Checks of data entries, and the index that search reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from imagenomics.catalogue.datasets.models import DatasetEntry
from imagenomics.catalogue.entries import (
    Problem,
    data_folder,
    entry_files,
    index_text,
    read_entry_file,
)
from imagenomics.catalogue.papers.lint import refuse, schema_problem
from imagenomics.errors import ImagenomicsError, nearest
from imagenomics.tables.write import write_text


def lint_datasets(folder: Path | None = None) -> tuple[list[DatasetEntry], list[Problem]]:
    """Check all data entries of a folder (default: the catalogue): schema, ids, overlaps, index."""
    home = folder or data_folder()
    entries: list[DatasetEntry] = []
    problems: list[Problem] = []
    for path in entry_files(home / "datasets"):
        try:
            entries.append(DatasetEntry.read(read_entry_file(path), where=str(path)))
        except ImagenomicsError as error:
            problems.append(schema_problem(path, error))
    problems += _doubles(entries) + _overlaps(entries)
    path = home / "datasets.json"
    if not problems and (not path.is_file() or path.read_text(encoding="utf-8") != index_of(entries)):
        remedy = "run `imagenomics datasets compile`"
        problems.append(
            Problem(str(path), "index", "the index is older than the entries", remedy, "IGX-CAT-008")
        )
    return entries, problems


def compile_datasets(*, folder: Path | None = None) -> Path:
    """Write the index file of the data sets and return its path (``IGX-CAT-004`` for wrong entries)."""
    home = folder or data_folder()
    entries, problems = lint_datasets(home)
    refuse([p for p in problems if p.kind != "index"], "datasets")
    path = home / "datasets.json"
    write_text(path, index_of(entries))
    return path


def index_of(entries: Iterable[DatasetEntry]) -> str:
    """Return the text of the index file."""
    rows = [e.model_dump(mode="json", exclude_defaults=True) for e in sorted(entries, key=lambda e: e.key)]
    return index_text("datasets", rows)


def _doubles(entries: list[DatasetEntry]) -> list[Problem]:
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries:
        marks = [("name", entry.name.casefold()), ("collection", entry.images.collection or "")]
        for mark in [*marks, *(("doi", doi.lower()) for doi in entry.dois)]:
            if mark[1]:
                seen[mark].append(entry.key)
    return [
        Problem(" and ".join(keys), "duplicate", f"the same {name}: {value}", "merge them", "IGX-CAT-005")
        for (name, value), keys in sorted(seen.items())
        if len(keys) > 1
    ]


def _overlaps(entries: list[DatasetEntry]) -> list[Problem]:
    known = {entry.key for entry in entries}
    problems = []
    for entry in entries:
        for overlap in entry.overlaps:
            if overlap.key not in known or overlap.key == entry.key:
                close = nearest(overlap.key, known - {entry.key})
                problems.append(
                    Problem(
                        entry.key,
                        "overlap",
                        f"no other data set is called '{overlap.key}'",
                        f"did you mean '{close}'?" if close else "name a key of the catalogue",
                        "IGX-CAT-004",
                    )
                )
    return problems
