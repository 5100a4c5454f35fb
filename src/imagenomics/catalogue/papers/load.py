"""The papers of the catalogue by key, with their defaults, from the index."""

from __future__ import annotations

from typing import Any

from imagenomics.catalogue.entries import Entry, read_index
from imagenomics.errors import unknown_name

# Defaults of papers/models.py that the index leaves out; a test holds the two together.
DEFAULTS: Entry = {
    "and_others": True,
    "kind": "study",
    "organ": [],
    "modality": [],
    "phenotype": [],
    "measured": None,
    "assay": [],
    "targets": [],
    "method": [],
    "methods_verified": "abstract",
    "cohort": {},
    "numbers": [],
    "learning": None,
    "read_from": [],
    "reason": None,
    "repairs": [],
}
COHORT: Entry = {
    "n": None,
    "unit": "patients",
    "patients": None,
    "groups": {},
    "source": None,
    "datasets": [],
    "verified": "abstract",
}


def load_papers() -> dict[str, Entry]:
    """Return all papers by key.

    Returns
    -------
    dict
        Key -> entry with all fields of :class:`imagenomics.catalogue.papers.models.PaperEntry`.

    Raises
    ------
    FileProblem
        ``IGX-CAT-008``: the index is absent or broken.
    """
    return {key: _whole(entry) for key, entry in read_index("papers").items()}


def load_paper(key: str) -> Entry:
    """Return one paper.

    Raises
    ------
    InputError
        ``IGX-CAT-001``: no paper has this key.
    """
    papers = load_papers()
    if key not in papers:
        raise unknown_name("IGX-CAT-001", "paper", key, papers)
    return papers[key]


def _whole(entry: Entry) -> Entry:
    whole: dict[str, Any] = {**DEFAULTS, **entry}
    whole["cohort"] = {**COHORT, **whole["cohort"]}
    return whole


def address(entry: Entry) -> str:
    """Return the best address of a paper: PubMed, PubMed Central, DOI, arXiv, publisher."""
    links = entry["links"]
    if links.get("pmid"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{links['pmid']}/"
    if links.get("pmcid"):
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{links['pmcid']}/"
    if links.get("doi"):
        return f"https://doi.org/{links['doi']}"
    if links.get("arxiv"):
        return f"https://arxiv.org/abs/{links['arxiv']}"
    return str(links["url"])


def authors(entry: Entry) -> str:
    """Return the authors as lists name them: surname, and whether more follow."""
    names = [surname(name) for name in entry["authors"]]
    if entry["and_others"] or len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def surname(name: str) -> str:
    """Return the surname of 'De Ruysscher D': all but the initials at the end."""
    words = name.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1].isupper() else name
