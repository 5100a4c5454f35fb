"""The dictionaries that come with the package, by name, and those that a file holds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from imagenomics.errors import FileProblem, unknown_name
from imagenomics.features.semantic.dictionary import Dictionary

# A new dictionary is a new module with a constant DICTIONARY, and an entry here.
DICTIONARIES: Mapping[str, str] = {
    "vasari": "imagenomics.features.semantic.vasari",
    "bi-rads-mr": "imagenomics.features.semantic.breast",
    "lung-ct": "imagenomics.features.semantic.lung",
    "liver-ct": "imagenomics.features.semantic.liver",
    "kidney-ct": "imagenomics.features.semantic.kidney",
}


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
    FileProblem
        ``IGX-FEAT-048``: the file cannot be read, or is not TOML.
    InputError
        ``IGX-SET-001``: an unknown key or a wrong value.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileProblem(
            "IGX-FEAT-048",
            f"the data dictionary cannot be read ({error})",
            where=str(path),
            expected="a TOML file with name, title, source and [[items]]",
            remedy="correct the path (it starts at --data or the study file) or the file",
        ) from None
    return Dictionary.read(tree, where=str(path))
