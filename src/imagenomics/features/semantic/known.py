"""The dictionaries that come with the package, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from imagenomics.errors import unknown_name
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
