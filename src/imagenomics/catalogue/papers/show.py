"""One paper, and a list of papers, as text to read in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.papers.load import address, authors
from imagenomics.catalogue.plain import terminal

WIDTH = 100


def list_text(entries: Iterable[Entry]) -> str:
    """Return two lines for each paper: key and facts, then the title."""
    lines = []
    for entry in entries:
        facts = [
            authors(entry),
            str(entry["year"]),
            ", ".join(entry["modality"]),
            ", ".join(entry["targets"][:4]),
        ]
        lines.append(f"{terminal(entry['key'])}  {terminal(' | '.join(f for f in facts if f))}")
        lines.append("    " + textwrap.shorten(terminal(entry["title"]), 130, placeholder=" ..."))
    return "\n".join(lines)


def paper_text(entry: Entry) -> str:
    """Return all that the catalogue knows of one paper."""
    learning = entry["learning"]
    parts = [
        terminal(entry["title"]),
        f"{terminal(authors(entry))}, {terminal(entry['journal'])}, {entry['year']}",
        address(entry),
        "",
        _wrapped(entry["summary"]),
        "",
        *_facts(entry),
        *_cohort(entry),
        *_numbers(entry),
        *([] if learning is None else ["method:", *(_field(k, str(v), "  ") for k, v in learning.items())]),
        *_links(entry),
        *_bullets(
            "what the founding lists say wrongly", [f"{r['kind']}: {r['note']}" for r in entry["repairs"]]
        ),
    ]
    return "\n".join(parts)


def _facts(entry: Entry) -> list[str]:
    fields = ("topic", "organ", "modality", "phenotype", "measured", "assay", "targets", "method")
    lines = []
    for field in fields:
        value = entry[field]
        text = ", ".join(value) if isinstance(value, list) else value
        if text:
            lines.append(_field(field, text))
    if entry["method"] and entry["methods_verified"] != entry["verified"]:
        lines.append(_field("methods from", entry["methods_verified"]))
    lines.append(_field("facts from", entry["verified"]))
    lines.append(_field("analysable", "yes" if entry["analysable"] else f"no: {entry['reason']}"))
    return lines


def _cohort(entry: Entry) -> list[str]:
    cohort = entry["cohort"]
    groups = ", ".join(f"{name} {size}" for name, size in cohort["groups"].items())
    size = "" if cohort["n"] is None else f"{cohort['n']} {cohort['unit']}"
    if cohort["patients"] is not None:
        size += f" of {cohort['patients']} patients"
    text = "; ".join(part for part in (size, groups, cohort["source"] or "") if part)
    lines = [_field("cohort", text)] if text else []
    return lines + ([_field("data sets", ", ".join(cohort["datasets"]))] if cohort["datasets"] else [])


def _numbers(entry: Entry) -> list[str]:
    rows = []
    for number in entry["numbers"]:
        facts = [number.get("value"), f"n = {number['n']}" if "n" in number else None]
        facts += [f"p {number['p']}" if "p" in number else None]
        text = f"{number['what']}: " + ", ".join(f for f in facts if f)
        source = number.get("verified", "abstract")
        rows.append(f"{text}{'' if source == 'abstract' else f' ({source})'}")
        if "note" in number:
            rows[-1] += f". {number['note']}"
    return _bullets("published numbers", rows)


def _links(entry: Entry) -> list[str]:
    links = entry["links"]
    unchecked = links.get("unchecked", [])
    shown = [
        f"{name} {links[name]}{' (not checked)' if name in unchecked else ''}"
        for name in ("pmid", "pmcid", "doi", "arxiv", "code")
        if links.get(name)
    ]
    return [_field("ids", ", ".join(shown))] if shown else []


def _bullets(title: str, rows: list[str]) -> list[str]:
    return [f"{title}:", *(_wrapped(f"- {row}", "  ", "    ") for row in rows)] if rows else []


def _field(name: str, text: str, indent: str = "") -> str:
    return _wrapped(f"{name}: {text}", indent, f"{indent}    ")


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        terminal(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False
    )
