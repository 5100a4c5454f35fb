"""The reading list as Markdown, in the sections of the founding list: sorted, repaired, extended, dated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.papers.load import address, authors
from imagenomics.catalogue.papers.vocabulary import SECTIONS
from imagenomics.catalogue.plain import markdown, markdown_address

HEAD = """# Reading list of imaging genetics

{count} papers of imaging genomics, radiogenomics and imaging genetics, as of {date}. Made by
`imagenomics papers render` from the entries of the catalogue; a line is corrected by correcting its entry.
"From memory" means that nobody read the paper's abstract for the entry: check before you repeat it.
"""


def render_list(
    papers: Mapping[str, Entry], *, date: str, datasets: Mapping[str, Entry] | None = None
) -> str:
    """Return the list as Markdown.

    Parameters
    ----------
    papers : mapping
        Key -> entry.
    date : str
        Day of the list, as printed in its head.
    datasets : mapping, optional
        Key -> entry of the data catalogue, for the section on data.
    """
    parts = [HEAD.format(count=len(papers), date=markdown(date)), "## Paper list\n"]
    for section, title in SECTIONS.items():
        chosen = [entry for entry in papers.values() if entry["section"] == section]
        if chosen:
            parts += [f"### {title} ({len(chosen)})\n", *map(_line, _sorted(chosen)), ""]
    if datasets:
        parts += ["## Datasets\n", *_data_lines(datasets), ""]
    return "\n".join(parts)


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (-e["year"], authors(e).casefold(), e["title"].casefold()))


def _line(entry: Entry) -> str:
    link = f"[{markdown(entry['title'])}]({markdown_address(address(entry))})"
    head = f"* {markdown(authors(entry))}, {link}, *{markdown(entry['journal'])}*, {entry['year']}"
    return f"{head}\n  {markdown(entry['summary'])} {_facts(entry)}"


def _facts(entry: Entry) -> str:
    cohort = entry["cohort"]
    size = "" if cohort["n"] is None else f"n = {cohort['n']} {cohort['unit']}"
    facts = [", ".join(entry["modality"]), ", ".join(entry["targets"]), size]
    facts += ["from memory"] if entry["verified"] == "memory" else []
    facts += [] if entry["analysable"] else ["not analysable"]
    shown = "; ".join(markdown(fact) for fact in facts if fact)
    return f"({shown}; `{entry['key']}`)" if shown else f"(`{entry['key']}`)"


def _data_lines(datasets: Mapping[str, Entry]) -> list[str]:
    lines = []
    for entry in sorted(datasets.values(), key=lambda e: e["name"].casefold()):
        counts = entry["counts"]
        size = "" if counts["total"] is None else f"{counts['total']} {counts['unit']}"
        facts = [", ".join(entry["modality"]), size, f"pictures {entry['images']['access']}"]
        facts.append(f"molecules {entry['molecules']['access']}")
        shown = "; ".join(markdown(fact) for fact in facts if fact)
        name = markdown(entry["name"])
        url = next((f"https://doi.org/{doi}" for doi in entry["dois"]), next(iter(entry["urls"]), ""))
        link = f"[{name}]({markdown_address(url)})" if url else name
        lines.append(f"- {link} ({shown}; `{entry['key']}`)")
    return lines
