"""How cells are spelled: which words mean 'missing', and when two spellings are the same word."""

from __future__ import annotations

from collections.abc import Iterable

from imagenomics.tables.read import MISSING

# Words of real label tables (TCGA, TCIA, cBioPortal, registries) beside those that every table knows.
MISSING_PHRASES = frozenset(
    {
        "unknown",
        "not collected",
        "not recorded",
        "not recorded in database",
        "not assessed",
        "not applicable",
        "not evaluated",
        "not tested",
        "not done",
        "not available",
        "not reported",
        "not performed",
        "not provided",
        "not specified",
        "indeterminate",
        "missing",
        "discrepancy",
        "#n/a",
        "n.a.",
        "nd",
    }
)


def same_word(text: str) -> str:
    """Return the form under which spellings of one word are equal: case and spaces do not count.

    Signs do: 'HER2+' and 'HER2-' are different words.
    """
    return " ".join(text.split()).casefold()


def is_missing(text: str, *, further: Iterable[str] = ()) -> bool:
    """Tell whether a cell means 'missing' (TCGA writes such words in square brackets)."""
    word = same_word(text)
    bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    return bare in _KNOWN or word in {same_word(f) for f in further}


_KNOWN = frozenset(same_word(m) for m in MISSING) | MISSING_PHRASES
