"""Reading an awesome-list of papers: one item, its authors, title, address, journal and year, as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ITEM = re.compile(r"^\s{0,6}[*+-]\s+")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_SECTION = re.compile(r"^[*+-]\s+(?!\[)(?P<name>[^\[\]]+?)\s*$")
_PARTS = re.compile(
    r"^(?P<authors>.*?)(?:\s*et al\.)?\s*,?\s*\[(?P<title>.*?)\]\((?P<url>(?:[^\s()]|\([^\s()]*\))*)\)"
    r"\s*,?\s*(?:\*(?P<journal>[^*]*)\*|\*\*)?\s*,?\s*(?P<year>[\d-]*)\s*(?P<rest>.*)$",
    re.DOTALL,
)
_PUBMED = re.compile(r"(?:ncbi\.nlm\.nih\.gov/(?:pubmed|entrez)/|pubmed\.ncbi\.nlm\.nih\.gov/)(\d+)")
_PMC = re.compile(r"(PMC\d+)")
_ARXIV = re.compile(r"arxiv\.org/abs/(\d{4}\.\d{4,5})", re.IGNORECASE)
_DOI = re.compile(r"(10\.\d{4,9}/[^\s?#]+)")
_NATURE = re.compile(r"nature\.com/articles/([\w.-]+)")


@dataclass(frozen=True)
class ListItem:
    """One line of a list of papers.

    Parameters
    ----------
    line : int
        Where it begins, counted from 1.
    section : str
        Title of the section it stands under.
    raw : str
        The whole item, line ends included.
    authors, title, url, journal, year, rest : str
        As written; ``rest`` is what follows the year.
    """

    line: int
    section: str
    raw: str
    authors: str = ""
    title: str = ""
    url: str = ""
    journal: str = ""
    year: str = ""
    rest: str = ""

    def ids(self) -> dict[str, str]:
        """Return the ids that the address holds: pmid, pmcid, doi, arxiv."""
        found = {}
        for name, pattern in (("pmid", _PUBMED), ("pmcid", _PMC), ("arxiv", _ARXIV), ("doi", _DOI)):
            match = pattern.search(self.url)
            if match:
                found[name] = match[1]
        nature = _NATURE.search(self.url)
        if nature:
            found["doi"] = f"10.1038/{nature[1]}"
        return found


@dataclass(frozen=True)
class Heading:
    """A heading of a list."""

    line: int
    level: int
    text: str


def read_list(text: str) -> tuple[list[ListItem], list[Heading]]:
    """Return the items that hold a link, and the headings."""
    items: list[ListItem] = []
    headings: list[Heading] = []
    block: list[str] = []
    section, start = "", 0
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        heading = _HEADING.match(line)
        begins = bool(_ITEM.match(line))
        if block and (begins or heading or not line.strip()):
            items += _item(block, start, section)
            block = []
        if heading:
            headings.append(Heading(number, len(heading[1]), heading[2].strip()))
            section = heading[2].strip()
        elif begins:
            named = _SECTION.match(line.strip())
            if named and "](" not in line:
                section = named["name"].rstrip(".")
            else:
                block, start = [line], number
        elif block:
            block.append(line)
    return items, headings


def _item(block: list[str], start: int, section: str) -> list[ListItem]:
    raw = "\n".join(block)
    body = _ITEM.sub("", raw, count=1)
    parts = _PARTS.match(body)
    if parts is None or "](" not in raw:
        return []
    fields = {name: (value or "") for name, value in parts.groupdict().items()}
    return [ListItem(start, section, raw, **fields)]
