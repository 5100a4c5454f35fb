"""The files of a folder, in a fixed order, with a row for what cannot be listed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from imagenomics.errors import FileProblem, InputError, nearest

MAX_FILES = 200_000


@dataclass(frozen=True)
class Problem:
    """One file or folder that did not become part of a series.

    Parameters
    ----------
    path : str
        File or folder.
    code : str
        Error code; '' for what is left out on purpose.
    problem, remedy : str
        What is wrong, and what to do.
    n_files : int
        How many files the row stands for.
    """

    path: str
    code: str
    problem: str
    remedy: str = ""
    n_files: int = 1


def list_files(folder: Path, *, max_files: int = MAX_FILES) -> tuple[list[Path], list[Problem]]:
    """Return all regular files below a folder, sorted, and the folders that cannot be listed.

    Raises
    ------
    FileProblem
        ``IGX-IMG-001``: no such folder.
    InputError
        ``IGX-IMG-119``: more than ``max_files`` files.
    """
    folder = Path(folder)
    if not folder.is_dir():
        near = (
            nearest(folder.name, [p.name for p in folder.parent.iterdir()])
            if folder.parent.is_dir()
            else None
        )
        raise FileProblem(
            "IGX-IMG-001",
            "folder not found",
            where=str(folder),
            remedy=f"did you mean '{near}'?" if near else "check the path",
        )
    problems: list[Problem] = []

    def note(error: OSError) -> None:
        what, remedy = "the folder cannot be listed", "ask for the right to read it"
        problems.append(Problem(str(error.filename), "IGX-IMG-120", what, remedy))

    found: list[Path] = []
    for place, folders, names in os.walk(
        folder, onerror=note
    ):  # links to folders are not followed: they may loop
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file():  # no pipes, no devices
                found.append(path)
        if len(found) > max_files:
            raise InputError(
                "IGX-IMG-119",
                f"the folder holds more than {max_files:,} files",
                where=str(folder),
                remedy="index its subfolders one by one, or raise max_files",
            )
    return found, problems
