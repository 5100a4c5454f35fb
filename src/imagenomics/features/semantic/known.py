"""The dictionaries that come with the package, by name, and those that a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from imagenomics.errors import unknown_name
from imagenomics.features.semantic.dictionary import Dictionary
from imagenomics.tables.read_toml import Complaint, read_toml

# A new dictionary is a new module with a constant DICTIONARY, and an entry here.
DICTIONARIES: Mapping[str, str] = {
    "vasari": "imagenomics.features.semantic.vasari",
    "bi-rads-mr": "imagenomics.features.semantic.breast",
    "lung-ct": "imagenomics.features.semantic.lung",
    "liver-ct": "imagenomics.features.semantic.liver",
    "kidney-ct": "imagenomics.features.semantic.kidney",
}


OWN = Complaint(
    "the data dictionary",
    ("IGX-FEAT-048", "correct the path: it starts at --data or the study file"),
    (
        "IGX-FEAT-048",
        "write name, title, source and [[items]] as docs/how-to/semantic.md shows; text needs quotes",
    ),
)


def dictionary(name: str) -> Dictionary:
    """Return the dictionary of this name (``IGX-FEAT-040`` where there is none)."""
    if name not in DICTIONARIES:
        raise unknown_name("IGX-FEAT-040", "dictionary", name, DICTIONARIES)
    found: Dictionary = import_module(DICTIONARIES[name]).DICTIONARY
    return found


def is_dictionary_file(name: str) -> bool:
    """Tell whether a dictionary is named by its file."""
    return name.lower().endswith(".toml")


def read_dictionary(path: Path) -> Dictionary:
    """Return the dictionary of a TOML file, written as the fields of :class:`Dictionary`.

    Raises
    ------
    FileProblem, InputError
        ``IGX-FEAT-048``: the file cannot be read, or is not TOML; ``IGX-SET-001``: an unknown key or a wrong value.
    """
    tree = read_toml(path, OWN)
    return Dictionary.read(tree, where=str(path))
