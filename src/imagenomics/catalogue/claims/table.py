"""All checked claims as text, for the terminal and for the documentation."""

from __future__ import annotations

from collections import Counter
from datetime import date

from imagenomics.catalogue.claims.check import Checked


def plain_text(checked: list[Checked]) -> str:
    """Return one line for each claim, its explanation below, and how many of each outcome."""
    lines = []
    for one in checked:
        lines.append(f"{one.outcome:17s} {one.claim.paper}: {one.claim.name} ({one.claim.source})")
        lines.append(f"{'':18s}{_printed(one)}{one.found}")
        if one.claim.explanation:
            lines.append(f"{'':18s}{one.claim.explanation}")
    return "\n".join([*lines, "", _sum(checked)]) + "\n"


def markdown(checked: list[Checked]) -> str:
    """Return the page of the documentation, with the date it was made."""
    head = [
        "# Published numbers, recomputed",
        "",
        f"Made by `imagenomics claims check --markdown` on {date.today().isoformat()}. {_sum(checked)}",
        "Numbers from memory are marked; they were not read in the paper.",
        "",
        "| paper | number | source | outcome | found | remark |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {c.claim.paper} | {c.claim.name} | {c.claim.source} | {c.outcome} | {_printed(c)}{c.found} "
        f"| {c.claim.explanation} |"
        for c in checked
    ]
    return "\n".join([*head, *rows]) + "\n"


def _printed(one: Checked) -> str:
    return f"printed p {one.claim.printed_p}; " if one.claim.printed_p else ""


def _sum(checked: list[Checked]) -> str:
    count = Counter(one.outcome for one in checked)
    papers = len({one.claim.paper for one in checked})
    shown = ", ".join(f"{count[name]} {name}" for name in ("agrees", "disagrees", "not reproducible"))
    return f"{len(checked)} numbers of {papers} papers: {shown} (from what was printed)."
