"""What is wrong with a list of papers, as far as it can be seen without a network: alone, and beside the catalogue."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from imagenomics.catalogue.entries import Entry, Problem
from imagenomics.catalogue.papers.load import load_papers, surname
from imagenomics.catalogue.papers.seed_list import Heading, ListItem, read_list
from imagenomics.catalogue.papers.vocabulary import SECTIONS
from imagenomics.catalogue.plain import hidden_characters, terminal
from imagenomics.errors import FileProblem, short_list

SPELLINGS = {
    "Cancer Genomic Atlas": "Cancer Genome Atlas",
    "secmentation": "segmentation",
    "radionomics": "radiomics",
    "feagure": "figure",
}
_SIMILAR = 0.9


def lint_list(path: Path, papers: Mapping[str, Entry] | None = None) -> list[Problem]:
    """Return the problems of a Markdown list of papers.

    Parameters
    ----------
    path : path
        The list; its items look like ``* Surname et al., [title](address), *journal*, year``.
    papers : mapping, optional
        What is known; without it the catalogue.

    Raises
    ------
    FileProblem
        ``IGX-CAT-011``: the file cannot be read as text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(
            "IGX-CAT-011",
            f"the list cannot be read ({error})",
            where=str(path),
            expected="a Markdown file in UTF-8",
            remedy="check the path, and save the file as UTF-8",
        ) from error
    items, headings = read_list(text)
    known = load_papers() if papers is None else papers
    found = [problem for item in items for problem in _of_item(item, known)]
    found += _repeated(items) + _order(items) + _headings(headings) + _spelling(text)
    return [
        Problem(f"{path.name}:{line}", kind, terminal(what), terminal(remedy), severe=severe)
        for line, kind, what, remedy, severe in sorted(found, key=lambda f: (f[0], f[1], f[2]))
    ]


Finding = tuple[int, str, str, str, bool]


def _of_item(item: ListItem, known: Mapping[str, Entry]) -> list[Finding]:
    if not item.title.strip() and not item.url:
        return [(item.line, "empty entry", "an item without authors, title and link", "take it out", True)]
    entry = match_entry(item, known)
    found = [*_form(item), *([] if entry is None else _beside(item, entry, known))]
    if not item.url:
        links = {} if entry is None else entry["links"]
        right = links.get("pmid") or links.get("pmcid") or links.get("doi") or "the PubMed address"
        found.append((item.line, "empty link", f"no address for '{_short(item)}'", f"add {right}", True))
    return found


def _form(item: ListItem) -> Iterable[Finding]:
    """Say what is wrong with an item whatever it is about."""
    line = item.line
    for name in ("title", "journal"):
        if "\n" in getattr(item, name):
            yield line, name, f"the {name} is broken over lines", "write it in one line", True
    if item.title != item.title.strip():
        yield line, "title", "blanks before or after the title", "take them out", False
    if item.title.rstrip().endswith("."):
        yield line, "title", "a full stop at the end of the title", "take it out", False
    if re.search(r"[A-Za-z]- [a-z]|  ", " ".join(item.title.split("\n"))):
        yield line, "title", f"a stray blank in '{_short(item)}'", "take it out", False
    if not re.fullmatch(r"(19|20)\d\d", item.year):
        yield line, "year", f"'{item.year}' is not a year", "write four digits", True
    if item.authors.rstrip(" ,").endswith("."):
        yield line, "author", f"a stray full stop behind '{item.authors}'", "take it out", False
    if "<!--" in item.raw:
        yield line, "comment", "an HTML comment is glued to the item", "give it a line of its own", False
    if hidden_characters(item.raw.replace("\n", " ")):
        marks = hidden_characters(item.raw.replace("\n", " "))
        yield line, "text", f"invisible or text-turning characters: {marks}", "take them out", True
    if re.search(r"\bGroup\.\s", item.title):
        group = item.title.split("Group.")[0] + "Group"
        yield (
            line,
            "title",
            f"a group of authors stands in the title: '{group}'",
            "move it to the authors",
            True,
        )
    if item.url and not item.ids():
        yield line, "link", f"no id in the address {item.url}", "link to PubMed or to the DOI", False
    elif item.ids().keys() & {"pmcid"} and "pmid" not in item.ids():
        yield line, "link", "leads to PubMed Central where others lead to PubMed", "link to PubMed", False
    elif "pubs." in item.url or "jto.org" in item.url:
        yield line, "link", "leads to the publisher where others lead to PubMed", "link to PubMed", False


def match_entry(item: ListItem, known: Mapping[str, Entry]) -> Entry | None:
    """Return the catalogue's entry for an item: by its title first, since ids may be wrong, then by id."""
    title = _letters(item.title)
    best, score = None, 0.0
    for entry in known.values():
        other = _letters(entry["title"])
        if title == other:
            return entry
        close = 1.0 if other and other in title else 0.0
        if not close and abs(len(title) - len(other)) < 40:
            match = difflib.SequenceMatcher(None, title, other)
            close = match.ratio() if match.real_quick_ratio() > _SIMILAR < match.quick_ratio() else 0.0
        best, score = (entry, close) if close > score else (best, score)
    if best is not None and score >= _SIMILAR:
        return best
    for name, value in item.ids().items():
        for entry in known.values():
            if str(entry["links"].get(name, "")).lower() == value.lower():
                return entry
    return None


def _beside(item: ListItem, entry: Entry, known: Mapping[str, Entry]) -> Iterable[Finding]:
    """Say what is wrong with an item beside what the catalogue knows of the paper."""
    line, key = item.line, entry["key"]
    for name, value in item.ids().items():
        own = entry["links"].get(name)
        owner = next(
            (e["key"] for e in known.values() if e["links"].get(name) == value and e["key"] != key), None
        )
        if owner:
            yield (
                line,
                "wrong link",
                f"{name} {value} is {owner}, not {key}",
                f"{name} {own or 'unknown'}",
                True,
            )
        elif own and own.lower() != value.lower():
            yield line, "wrong link", f"{name} {value}, but {key} has {own}", f"link to {own}", True
    if _letters(item.title) != _letters(entry["title"]) and _letters(entry["title"]) not in _letters(
        item.title
    ):
        yield line, "title", f"'{_short(item)}' is not the title of {key}", entry["title"], True
    elif _letters(item.title) == _letters(entry["title"]) and _plain(item.title) != _plain(entry["title"]):
        change = _difference(_plain(item.title), _plain(entry["title"]))
        yield line, "title", f"the title differs in {change}", entry["title"], False
    year = item.year
    if re.fullmatch(r"\d{4}", year) and int(year) != entry["year"]:
        yield line, "year", f"{year}, but the issue of {key} is of {entry['year']}", str(entry["year"]), True
    if item.journal and _letters(item.journal) != _letters(entry["journal"]):
        yield (
            line,
            "journal",
            f"'{_one_line(item.journal)}' is not '{entry['journal']}'",
            entry["journal"],
            False,
        )
    named = _letters(re.split(r",| and ", item.authors)[0].replace("et al.", ""))
    if named and named != _letters(surname(entry["authors"][0])):
        right = surname(entry["authors"][0])
        yield line, "author", f"'{item.authors}' is not the surname of the first author", right, True
    yield from _place(item, entry)


def _place(item: ListItem, entry: Entry) -> Iterable[Finding]:
    line = item.line
    section = SECTIONS[entry["section"]]
    listed = "Machine Learning" in item.section
    if entry["kind"] in ("review", "report") and entry["section"] != "background":
        yield line, "kind", f"a {entry['kind']}, not a study", "say so, or move it to the background", False
    if entry["section"] == "background" and "Imaging Genomics" in item.section:
        yield line, "section", f"a {entry['kind']} among the studies", section, False
    if entry["section"] == "machine-learning" and "Convention" in item.section and not listed:
        yield line, "section", "a machine-learning paper among the conventional ones", section, False
    for repair in entry["repairs"]:
        if repair["kind"] in ("topic", "correction"):
            yield line, repair["kind"], repair["note"], "", repair["note"].startswith("Off topic")


def _repeated(items: list[ListItem]) -> list[Finding]:
    """One paper on two lines, and one id with two titles."""
    by_title: dict[str, list[ListItem]] = defaultdict(list)
    by_id: dict[str, dict[str, ListItem]] = defaultdict(dict)
    for item in items:
        title = _letters(item.title)
        if title:
            by_title[title].append(item)
            for name, value in item.ids().items():
                by_id[f"{name} {value}"].setdefault(title, item)
    found: list[Finding] = []
    for same in by_title.values():
        for item in same[1:]:
            what = f"'{_short(item)}' stands on line {same[0].line}, too"
            found.append((item.line, "duplicate", what, "keep one of them", True))
    for name, titles in by_id.items():
        if len(titles) > 1:
            first, *others = titles.values()
            for item in others:
                what = f"{name} is also the link of '{_short(first)}' on line {first.line}"
                found.append((item.line, "one id, two papers", what, "look both up", True))
    return found


def _order(items: list[ListItem]) -> list[Finding]:
    """Items of a section whose year does not fit between their neighbours, in one line for each section."""
    found: list[Finding] = []
    sections: dict[str, list[ListItem]] = defaultdict(list)
    for item in items:
        if re.fullmatch(r"(19|20)\d\d", item.year):
            sections[item.section].append(item)
    for section, rows in sections.items():
        rises = [b for a, b in pairwise(rows) if int(b.year) > int(a.year)]
        if rises:
            lines = short_list((item.line for item in rises), 40)
            what = f"'{section}' is not in order of years: it rises at lines {lines}"
            found.append((rises[0].line, "order", what, "sort by year, newest first", False))
    return found


def _headings(headings: list[Heading]) -> list[Finding]:
    seen: dict[str, Heading] = {}
    found: list[Finding] = []
    for heading in headings:
        text = _letters(re.sub(r"^\\?\[\d+\\?\]\s*", "", heading.text))
        if text in seen and heading.level == seen[text].level:
            what = f"the heading of line {seen[text].line} once more: '{heading.text[:60]}'"
            found.append((heading.line, "duplicate", what, "keep one of them", True))
        seen.setdefault(text, heading)
    return found


def _spelling(text: str) -> list[Finding]:
    return [
        (number, "spelling", f"'{wrong}'", right, False)
        for number, line in enumerate(text.splitlines(), start=1)
        for wrong, right in SPELLINGS.items()
        if wrong in line
    ]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _plain(text: str) -> str:
    return re.sub(r"[-‐-―]+", "-", re.sub(r"\s+", " ", text.casefold()).strip(" ."))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _short(item: ListItem) -> str:
    title = _one_line(item.title)
    return title if len(title) < 60 else f"{title[:57]}..."


def _difference(listed: str, right: str) -> str:
    """Return the first words in which two titles differ."""
    for a, b in zip(listed.split(), right.split(), strict=False):
        if a != b:
            return f"'{a}' for '{b}'"
    return "its length"
