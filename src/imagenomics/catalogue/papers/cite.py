"""Papers for a reference manager: BibTeX and CSL-JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.papers.load import address, surname
from imagenomics.catalogue.plain import citation, tex
from imagenomics.errors import unknown_name

FORMATS = ("bibtex", "csl")
FIRST_ONLY = "The catalogue names the first author only."


def cite_papers(entries: Iterable[Entry], *, form: str = "bibtex") -> str:
    """Return citations of papers.

    Parameters
    ----------
    entries : iterable of dict
        As :func:`imagenomics.catalogue.papers.load.load_papers` returns them.
    form : str
        ``bibtex`` or ``csl``.

    Raises
    ------
    InputError
        ``IGX-CAT-009``: an unknown form.
    """
    if form not in FORMATS:
        raise unknown_name("IGX-CAT-009", "form of citations", form, FORMATS)
    if form == "csl":
        return json.dumps([_csl(entry) for entry in entries], indent=1, ensure_ascii=False) + "\n"
    return "\n".join(_bibtex(entry) for entry in entries)


def _bibtex(entry: Entry) -> str:
    links = entry["links"]
    names = [_bibtex_name(name) for name in entry["authors"]] + (["others"] if entry["and_others"] else [])
    fields = {
        "author": " and ".join(names),
        # Braces keep the capitals of gene symbols.
        "title": f"{{{tex(entry['title'])}}}",
        "journal": tex(entry["journal"]),
        "year": str(entry["year"]),
        "doi": tex(links.get("doi") or ""),
        "pmid": links.get("pmid") or "",
        "url": _address_for_tex(address(entry)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@article{{{tex_key(entry['key'])},", *lines, "}", ""])


def tex_key(key: str) -> str:
    """Return a key that BibTeX takes: nothing but letters, digits and simple signs."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-:.") else "-" for c in key)


def _bibtex_name(name: str) -> str:
    family = surname(name)
    initials = name.removeprefix(family).strip()
    return tex(f"{family}, {'. '.join(initials)}.") if initials else f"{{{tex(family)}}}"


def _address_for_tex(url: str) -> str:
    return "".join(
        c if c.isascii() and c.isprintable() and c not in "{}\\ " else f"%{ord(c):02X}" for c in url
    )


def _csl(entry: Entry) -> dict[str, Any]:
    links = entry["links"]
    item: dict[str, Any] = {
        "id": citation(entry["key"]),
        "type": "article-journal",
        "title": citation(entry["title"]),
        "container-title": citation(entry["journal"]),
        "author": [_csl_name(name) for name in entry["authors"]],
        "issued": {"date-parts": [[entry["year"]]]},
        "URL": citation(address(entry)),
    }
    for field, name in (("DOI", "doi"), ("PMID", "pmid"), ("PMCID", "pmcid")):
        if links.get(name):
            item[field] = citation(links[name])
    if entry["and_others"]:
        item["note"] = FIRST_ONLY
    return item


def _csl_name(name: str) -> dict[str, str]:
    family = surname(name)
    initials = name.removeprefix(family).strip()
    given = {"given": citation(f"{'. '.join(initials)}.")} if initials else {}
    return {"family": citation(family), **given}
