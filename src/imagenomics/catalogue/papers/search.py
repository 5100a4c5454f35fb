"""Questions to the reading list: words, facets, or both. Nothing heavy is imported on this path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.papers.load import load_papers, surname
from imagenomics.catalogue.papers.vocabulary import KINDS, SECTIONS, SHORT_FORMS, VERIFIED, facet_words
from imagenomics.catalogue.words import folded, score, split_words
from imagenomics.errors import InputError, unknown_name

FACETS = (
    "section",
    "kind",
    "organ",
    "modality",
    "phenotype",
    "assay",
    "target",
    "method",
    "dataset",
    "verified",
    "journal",
    "author",
    "year",
    "analysable",
)
_FACET_WORDS = facet_words()
_WEIGHTS = {"title": 4, "targets": 4, "facets": 3, "topic": 3, "names": 2, "rest": 1}


@dataclass(frozen=True)
class Hit:
    """A paper that answers, and how well: the higher the score the better."""

    key: str
    score: int
    entry: Entry


def search_papers(
    words: str | Iterable[str] = (),
    *,
    where: Mapping[str, str] | None = None,
    papers: Mapping[str, Entry] | None = None,
) -> list[Hit]:
    """Find the papers that hold all words and all facet values.

    Parameters
    ----------
    words : str or iterable of str
        Such as ``"MGMT diffusion MRI"``. A word is found at the beginning of a word, and also under the other names
        of a facet value (``diffusion`` finds ``MRI-DWI``).
    where : mapping, optional
        Facet -> value: ``{"modality": "MRI", "year": "2012-2015"}``; ``MRI`` holds all its sequences.
    papers : mapping, optional
        Key -> entry; without it the catalogue.

    Returns
    -------
    list of Hit
        Best first; equal ones by year, newest first.

    Raises
    ------
    InputError
        ``IGX-CAT-002``: an unknown facet, or a value that no paper has.
    """
    table = load_papers() if papers is None else papers
    tests = [_facet_test(facet, value, table) for facet, value in (where or {}).items()]
    chosen = [entry for entry in table.values() if all(test(entry) for test in tests)]
    asked = split_words(words)
    hits = []
    for entry in chosen:
        reached = _score(asked, _texts(entry)) if asked else 1
        if reached:
            hits.append(Hit(entry["key"], reached, entry))
    return sorted(hits, key=lambda h: (-h.score, -h.entry["year"], h.key))


def unknown_words(words: str | Iterable[str], papers: Mapping[str, Entry] | None = None) -> dict[str, str]:
    """Return the words that no paper holds, each with the nearest word that one does ('' where none is near)."""
    from imagenomics.errors import nearest

    table = load_papers() if papers is None else papers
    texts = [_texts(entry) for entry in table.values()]
    vocabulary = {word for groups in texts for text in groups.values() for word in text.split()}
    missing = [word for word in split_words(words) if not any(_score([word], groups) for groups in texts)]
    return {word: nearest(word, vocabulary) or "" for word in missing}


def facet_values(facet: str, papers: Mapping[str, Entry]) -> dict[str, int]:
    """Return the values of a facet among ``papers``, each with its number of papers."""
    counts: dict[str, int] = {}
    for entry in papers.values():
        for value in dict.fromkeys(_values(entry, facet)):
            counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))


def _texts(entry: Entry) -> dict[str, str]:
    """All words of an entry in groups of one weight."""
    aliases = [
        f"{value} {known.get(value, '')}"
        for facet, known in _FACET_WORDS.items()
        for value in _values(entry, facet)
    ]
    cohort = entry["cohort"]
    groups = {
        "title": [entry["title"]],
        "targets": entry["targets"],
        "facets": [*aliases, *entry["organ"]],
        "topic": [entry["topic"]],
        "names": [*entry["authors"], entry["journal"], str(entry["year"]), entry["key"], entry["kind"]],
        "rest": [
            entry["summary"],
            entry["measured"] or "",
            cohort["source"] or "",
            *cohort["datasets"],
            *(number["what"] for number in entry["numbers"]),
            *(str(text) for text in (entry["learning"] or {}).values()),
        ],
    }
    return {name: folded(" ".join(texts)) for name, texts in groups.items()}


def _score(asked: list[str], texts: Mapping[str, str]) -> int:
    return score(asked, texts, _WEIGHTS, short_forms=SHORT_FORMS)


def _values(entry: Entry, facet: str) -> list[str]:
    if facet == "target":
        return list(entry["targets"])
    if facet == "dataset":
        return list(entry["cohort"]["datasets"])
    if facet == "author":
        return [surname(name) for name in entry["authors"]]
    value = entry[facet]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _facet_test(facet: str, value: str, table: Mapping[str, Entry]) -> Callable[[Entry], bool]:
    """Return the test whether an entry has a facet value; families such as MRI hold MRI-DWI."""
    if facet not in FACETS:
        raise unknown_name("IGX-CAT-002", "facet", facet, FACETS)
    if facet == "year":
        first, last = _years(value)
        return lambda entry: first <= entry["year"] <= last
    wanted = value.casefold()

    def test(entry: Entry) -> bool:
        values = [v.casefold() for v in _values(entry, facet)]
        return any(v == wanted or v.startswith(f"{wanted}-") for v in values)

    if not any(test(entry) for entry in table.values()):
        fixed = {"section": SECTIONS, "kind": KINDS, "verified": VERIFIED, "analysable": ("yes", "no")}
        known = {*facet_values(facet, table), *_FACET_WORDS.get(facet, {}), *fixed.get(facet, ())}
        if value not in known:
            raise unknown_name("IGX-CAT-002", facet, value, known)
    return test


def _years(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})?(-)?(\d{4})?", text.strip())
    if found is None or not (found[1] or found[3]):
        raise InputError(
            "IGX-CAT-002",
            f"'{text}' is not a year or a range of years",
            expected="2014, 2012-2015, 2012- or -2015",
        )
    first = int(found[1]) if found[1] else 0
    last = int(found[3]) if found[3] else (9999 if found[2] else first)
    return first, last
