"""Questions to the data catalogue: words, facets, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from imagenomics.catalogue.datasets.load import load_datasets
from imagenomics.catalogue.datasets.vocabulary import ASSAYS, MODALITIES
from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.papers.vocabulary import SHORT_FORMS
from imagenomics.catalogue.words import folded, score, split_words
from imagenomics.errors import InputError, unknown_name

FACETS = ("organ", "kind", "modality", "assay", "images", "molecules", "licence", "patients")
_WEIGHTS = {"name": 4, "facets": 3, "rest": 1}


def search_datasets(
    words: str | Iterable[str] = (),
    *,
    where: Mapping[str, str] | None = None,
    datasets: Mapping[str, Entry] | None = None,
) -> list[Entry]:
    """Find the data sets that hold all words and all facet values, best first.

    Parameters
    ----------
    words : str or iterable of str
    where : mapping, optional
        Facet -> value; ``images`` and ``molecules`` stand for their access (``open``), ``patients`` for the smallest
        number of them.
    datasets : mapping, optional
        Key -> entry; without it the catalogue.

    Raises
    ------
    InputError
        ``IGX-CAT-013``: an unknown facet, or a value that no data set has.
    """
    table = load_datasets() if datasets is None else datasets
    tests = [_facet_test(facet, value, table) for facet, value in (where or {}).items()]
    asked = split_words(words)
    found = []
    for entry in table.values():
        if all(test(entry) for test in tests):
            reached = score(asked, _texts(entry), _WEIGHTS, short_forms=SHORT_FORMS) if asked else 1
            if reached:
                found.append((-reached, -(entry["counts"]["total"] or 0), entry["key"], entry))
    return [entry for *_, entry in sorted(found, key=lambda f: f[:3])]


def facet_values(facet: str, datasets: Mapping[str, Entry]) -> dict[str, int]:
    """Return the values of a facet, each with its number of data sets."""
    counts: dict[str, int] = {}
    for entry in datasets.values():
        for value in _values(entry, facet):
            counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))


def _texts(entry: Entry) -> dict[str, str]:
    names = [f"{m} {MODALITIES.get(m, '')}" for m in entry["modality"]]
    names += [f"{a} {ASSAYS.get(a, '')}" for a in entry["assay"]]
    molecules = entry["molecules"]
    rest = [entry["summary"], entry["ids"]["note"], entry["images"]["place"], molecules["place"]]
    rest += [molecules["gdc_project"], molecules["cbioportal"], *molecules["geo"], *entry["licence"]]
    rest += [entry["images"]["collection"]]
    groups = {
        "name": [entry["name"], entry["topic"], entry["key"]],
        "facets": [*names, *entry["organ"], entry["kind"]],
        "rest": [text for text in rest if text],
    }
    return {name: folded(" ".join(texts)) for name, texts in groups.items()}


def _values(entry: Entry, facet: str) -> list[str]:
    if facet in ("images", "molecules"):
        return [entry[facet]["access"]]
    if facet == "patients":
        return [str(entry["counts"]["total"])]
    value = entry[facet]
    return list(value) if isinstance(value, list) else [value]


def _facet_test(facet: str, value: str, table: Mapping[str, Entry]) -> Callable[[Entry], bool]:
    if facet not in FACETS:
        raise unknown_name("IGX-CAT-013", "facet", facet, FACETS)
    if facet == "patients":
        if not value.isdigit():
            raise InputError(
                "IGX-CAT-013",
                f"'{value}' is not a number of patients",
                expected="such as --where patients=100",
            )
        return lambda entry: (entry["counts"]["total"] or 0) >= int(value)
    wanted = value.casefold()

    def test(entry: Entry) -> bool:
        return any(
            v.casefold() == wanted or v.casefold().startswith(f"{wanted}-") for v in _values(entry, facet)
        )

    if not any(test(entry) for entry in table.values()):
        raise unknown_name("IGX-CAT-013", facet, value, facet_values(facet, table))
    return test
