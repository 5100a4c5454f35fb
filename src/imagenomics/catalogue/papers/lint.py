"""Checks of entries before they join the list: form, words, ids, and whether the paper is there already."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from imagenomics.catalogue.entries import (
    Problem,
    data_folder,
    entry_files,
    index_text,
    read_entry_file,
)
from imagenomics.catalogue.papers.models import PaperEntry
from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.tables.write import write_text

IDS = ("pmid", "pmcid", "doi", "arxiv")


def lint_entries(paths: Iterable[Path] = ()) -> tuple[list[PaperEntry], list[Problem]]:
    """Check new entries against the schema and against the catalogue.

    Parameters
    ----------
    paths : iterable of path
        TOML files or folders of them; without any, the catalogue itself.

    Returns
    -------
    tuple
        The entries that fit the schema, and all problems.
    """
    own = data_folder() / "papers"
    chosen = [file for path in paths for file in (entry_files(path) if path.is_dir() else [path])]
    entries, problems = _read_all(chosen or entry_files(own))
    known = [] if not chosen else _read_all([f for f in entry_files(own) if f not in chosen])[0]
    problems += _doubles(entries, known)
    if not chosen:
        problems += _index_problems(entries)
    return entries, problems


def compile_papers(*, folder: Path | None = None) -> Path:
    """Write the index file of the catalogue's papers and return its path.

    Raises
    ------
    InputError
        ``IGX-CAT-004``: entries are wrong; the old index stays.
    """
    home = folder or data_folder()
    entries, problems = _read_all(entry_files(home / "papers"))
    problems += _doubles(entries, [])
    refuse(problems, "papers")
    path = home / "papers.json"
    write_text(path, index_of(entries))
    return path


def refuse(problems: list[Problem], kind: str) -> None:
    """Raise ``IGX-CAT-004`` where an index would be made of wrong entries."""
    if problems:
        raise InputError(
            "IGX-CAT-004",
            f"{len(problems)} problems; the first: {problems[0].what}",
            where=problems[0].where,
            remedy=f"run `imagenomics {kind} lint`, which lists them all; the old index was kept",
        )


def index_of(entries: Iterable[PaperEntry]) -> str:
    """Return the text of the index file."""
    rows = [e.model_dump(mode="json", exclude_defaults=True) for e in sorted(entries, key=lambda e: e.key)]
    return index_text("papers", rows)


def _read_all(paths: list[Path]) -> tuple[list[PaperEntry], list[Problem]]:
    entries, problems = [], []
    for path in paths:
        try:
            entries.append(PaperEntry.read(read_entry_file(path), where=str(path)))
        except ImagenomicsError as error:
            problems.append(schema_problem(path, error))
    return entries, problems


def schema_problem(path: Path, error: ImagenomicsError) -> Problem:
    """Return a broken entry as a problem, with the code of what is wrong with it."""
    if error.code == "IGX-CAT-003":
        return Problem(str(path), "unreadable", error.what, error.remedy or "", error.code)
    code, kind = "IGX-CAT-004", "schema"
    if re.search(r"is not an? (DOI|PubMed|http)|is an address", error.what):
        code, kind = "IGX-CAT-006", "identifier"
    elif "holds markup" in error.what or "holds invisible" in error.what:
        code, kind = "IGX-CAT-007", "text"
    return Problem(str(path), kind, error.what, error.remedy or "", code)


def _doubles(entries: list[PaperEntry], known: list[PaperEntry]) -> list[Problem]:
    """Two entries with one id, one key or one title are one paper, or one of the ids is wrong."""
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in [*known, *entries]:
        for name, value in _marks(entry):
            seen[name, value].append(entry.key)
    fresh = {entry.key for entry in entries}
    return [
        Problem(
            " and ".join(sorted(set(keys))),
            "duplicate",
            f"the same {name}: {value}",
            "merge the entries, or correct the one whose id is wrong",
            "IGX-CAT-005",
        )
        for (name, value), keys in sorted(seen.items())
        if len(keys) > 1 and fresh & set(keys)
    ]


def _marks(entry: PaperEntry) -> list[tuple[str, str]]:
    ids = [(name, getattr(entry.links, name)) for name in IDS]
    found = [(name, value.lower()) for name, value in ids if value]
    return [*found, ("key", entry.key), ("title", folded(entry.title))]


def folded(title: str) -> str:
    """Return a title as it is compared: letters and digits only."""
    return re.sub(r"[\W_]+", "", title.casefold())


def _index_problems(entries: list[PaperEntry]) -> list[Problem]:
    path = data_folder() / "papers.json"
    current = path.read_text(encoding="utf-8") if path.is_file() else ""
    if current == index_of(entries):
        return []
    return [
        Problem(
            str(path),
            "index",
            "the index is older than the entries",
            "run `imagenomics papers compile`",
            "IGX-CAT-008",
        )
    ]
