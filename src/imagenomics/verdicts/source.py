"""What features come from, as sentences call it."""

from __future__ import annotations

from collections.abc import Sequence


def feature_source(*, images: bool, tables: Sequence[str]) -> str:
    """Return ``images``, ``readings`` of people, or ``features`` of other tables.

    Parameters
    ----------
    images : bool
        Whether the study measures images.
    tables : sequence of str
        Kinds of its tables of features.
    """
    if images or not tables:
        return "images"
    return "readings" if set(tables) == {"readings"} else "features"
