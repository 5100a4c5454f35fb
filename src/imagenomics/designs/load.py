"""The designs that the package ships, and those of a contributor's file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from imagenomics.catalogue.papers.load import load_paper, load_papers
from imagenomics.designs.models import Design
from imagenomics.errors import InputError, unknown_name
from imagenomics.tables.read_toml import Complaint, read_toml

FOLDER = "data"
DESIGN_FILE = Complaint(
    "the design",
    ("IGX-DES-003", "check the path"),
    ("IGX-DES-004", "text needs quotes; a list is [1, 2]; a section is [patients] or [[molecules]]"),
)


@cache
def design_keys() -> tuple[str, ...]:
    """Return the keys of the papers that have a design, sorted."""
    folder = files("imagenomics.designs").joinpath(FOLDER)
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_design(key: str) -> Design:
    """Return the design of a paper.

    Raises
    ------
    InputError
        ``IGX-CAT-001``: no such paper; ``IGX-DES-001``: a paper without a design, and why.
    """
    if key not in design_keys():
        paper = load_paper(key)
        raise InputError(
            "IGX-DES-001",
            f"'{key}' has no design: {why_none(key)}",
            where=paper["title"],
            remedy="`imagenomics papers run --list` names the papers that have one",
        )
    return read_design(Path(str(files("imagenomics.designs").joinpath(FOLDER, f"{key}.toml"))))


def read_design(path: Path) -> Design:
    """Read a design from a TOML file whose paper is in the catalogue.

    Raises
    ------
    FileProblem, InputError
        ``IGX-DES-003``, ``IGX-DES-004``: a file that cannot be read; ``IGX-SET-001``: an unknown key or a wrong value;
        ``IGX-DES-005``: a paper that is not in the catalogue.
    """
    design = Design.read(read_toml(path, DESIGN_FILE), where=path.name)
    if design.paper not in load_papers():
        raise unknown_name("IGX-DES-005", "paper", design.paper, load_papers(), where=path.name)
    return design


def why_none(key: str) -> str:
    """Say why a paper has no design."""
    paper = load_paper(key)
    if not paper["analysable"]:
        return str(paper["reason"] or "it has no analysis of pictures and molecules")
    if paper["section"] == "machine-learning":
        return "it belongs to the machine-learning section, whose methods are not part of the package yet"
    return "nobody has written it yet"
