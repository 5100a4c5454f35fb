"""Reading a study file: TOML in, one checked plan out."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagenomics.errors import FileProblem, InputError, unknown_name
from imagenomics.runs.plan import Plan
from imagenomics.tables.read_toml import Complaint, read_toml

STUDY_FILE = Complaint(
    "the study file",
    ("IGX-STUDY-001", "check the path; `imagenomics init FOLDER` writes a first study file"),
    ("IGX-STUDY-002", "text needs quotes; a list is [1, 2]; a section is [patients] or [[images]]"),
)


@dataclass(frozen=True)
class Study:
    """A plan, the folder its relative paths start at, and the file it came from."""

    plan: Plan
    root: Path
    path: Path | None = None


def load_study(path: Path | str, *, data: Path | str | None = None, overrides: Iterable[str] = ()) -> Study:
    """Read a study file.

    Parameters
    ----------
    path : path
        A TOML file.
    data : path, optional
        Folder at which relative paths start; without it they start at the study file's folder.
    overrides : iterable of str
        Changes such as ``images.t1post.path=crops/{patient}.nii.gz`` or ``seed=7``.

    Raises
    ------
    FileProblem
        ``IGX-STUDY-001`` the file is absent or unreadable; ``IGX-STUDY-005`` the data folder is absent.
    InputError
        ``IGX-STUDY-002`` it is not TOML; ``IGX-STUDY-003`` a change cannot be applied; ``IGX-SET-001`` an unknown
        key or a wrong value.
    """
    file = Path(path)
    tree = read_toml(file, STUDY_FILE)
    for change in overrides:
        tree = apply_override(tree, change)
    root = Path(data) if data is not None else file.resolve().parent
    if not root.is_dir():
        raise FileProblem(
            "IGX-STUDY-005",
            "the data folder does not exist",
            where=str(root),
            remedy="give the folder that holds the study's files with --data",
        )
    return Study(Plan.read(tree, where=str(file)), root.resolve(), file.resolve())


def apply_override(tree: dict[str, Any], change: str) -> dict[str, Any]:
    """Return the study tree with one ``a.b.c=value`` applied; the value is TOML, or else plain text."""
    path, equals, text = change.partition("=")
    steps = path.strip().split(".")
    if not equals or not all(steps):
        raise InputError(
            "IGX-STUDY-003",
            f"'{change}' is not a change",
            where="--set",
            expected="KEY=VALUE, e.g. images.t1post.path=crops/{patient}.nii.gz",
        )
    changed = copy.deepcopy(tree)
    node: Any = changed
    for step in steps[:-1]:
        node = _descend(node, step, change)
    if not isinstance(node, dict):
        raise InputError(
            "IGX-STUDY-003",
            f"'{change}' stops at a list of named blocks",
            where="--set",
            expected="the block's name next, e.g. images.t1post.path",
        )
    node[steps[-1]] = _value(text)
    return changed


def _descend(node: Any, step: str, change: str) -> Any:
    if isinstance(node, list):
        names = [str(block.get("name")) for block in node]
        if step not in names:
            raise unknown_name("IGX-STUDY-003", "block", step, names, where=f"--set {change}")
        return node[names.index(step)]
    if not isinstance(node, dict):
        raise InputError("IGX-STUDY-003", f"'{step}' in '{change}' is not a section", where="--set")
    return node.setdefault(step, {})


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
