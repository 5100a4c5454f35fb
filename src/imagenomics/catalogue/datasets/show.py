"""Data sets as text to read in a terminal, and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imagenomics.catalogue.entries import Entry
from imagenomics.catalogue.plain import markdown, markdown_address, terminal

HEAD = """# Cohorts that pair pictures with molecules

{count} public data sets, as of {date}. Made by `imagenomics datasets render` from the entries of the catalogue.
Patients of collections of the Imaging Data Commons were counted in its index ({release}); other numbers, and
where the molecules are, are from memory unless the entry says otherwise (`imagenomics datasets show KEY`).

| key | what | patients | radiology | slides | both | pictures | molecules | licence |
|---|---|---|---|---|---|---|---|---|
"""


def list_text(entries: Iterable[Entry]) -> str:
    """Return one line for each data set."""
    rows = [
        (
            entry["key"],
            size_text(entry),
            ",".join(entry["modality"]),
            f"{entry['images']['access']}/{entry['molecules']['access']}",
            entry["name"],
        )
        for entry in entries
    ]
    widths = [max((len(row[j]) for row in rows), default=0) for j in range(4)]
    return "\n".join(
        terminal("  ".join(c.ljust(w) for c, w in zip(row, [*widths, 0], strict=True)).rstrip())
        for row in rows
    )


def size_text(entry: Entry) -> str:
    """Return the number of patients, with '~' where it is rounded and '?' where it is not known."""
    counts = entry["counts"]
    if counts["total"] is None:
        return "?"
    return f"{'~' if counts['approximate'] else ''}{counts['total']}"


def dataset_text(entry: Entry) -> str:
    """Return all that the catalogue knows of one data set."""
    images, molecules, counts, ids = (entry[p] for p in ("images", "molecules", "counts", "ids"))
    lines = [entry["name"], entry["summary"], ""]
    fields = {
        "topic": entry["topic"],
        "organ": ", ".join(entry["organ"]),
        "kind": entry["kind"],
        "modality": ", ".join(entry["modality"]),
        "assay": ", ".join(entry["assay"]),
        "pictures": _place(images, {"Imaging Data Commons": images["collection"]}),
        "molecules": _place(
            molecules,
            {
                "GDC": molecules["gdc_project"],
                "cBioPortal": molecules["cbioportal"],
                "GEO": ", ".join(molecules["geo"]),
                "dbGaP (controlled)": molecules["dbgap"],
            },
        ),
        "ids": _ids(ids),
        "patients": _counts(counts),
        "licence": ", ".join(entry["licence"]) or "not known",
        "addresses": ", ".join([*(f"https://doi.org/{doi}" for doi in entry["dois"]), *entry["urls"]]),
    }
    lines += [f"{name}: {text}" for name, text in fields.items() if text]
    lines += [f"overlaps with {o['key']}: {o['note']}" for o in entry["overlaps"]]
    return "\n".join(terminal(line) for line in lines)


def page(datasets: Mapping[str, Entry], *, date: str) -> str:
    """Return the reference page of all data sets as Markdown."""
    release = next((e["counts"]["release"] for e in datasets.values() if e["counts"]["release"]), "none")
    rows = [_row(entry) for entry in sorted(datasets.values(), key=lambda e: e["name"].casefold())]
    notes = [
        f"- `{entry['key']}` and `{overlap['key']}`: {markdown(overlap['note'])}"
        for entry in datasets.values()
        for overlap in entry["overlaps"]
    ]
    head = HEAD.format(count=len(datasets), date=markdown(date), release=markdown(release))
    return "\n".join([head + "\n".join(rows), "", "## Who is in two of them", "", *notes, ""])


def _row(entry: Entry) -> str:
    counts = entry["counts"]
    numbers = ["" if counts[n] is None else str(counts[n]) for n in ("radiology", "slides", "both")]
    url = next((f"https://doi.org/{doi}" for doi in entry["dois"]), next(iter(entry["urls"]), ""))
    name = f"[{markdown(entry['name'])}]({markdown_address(url)})" if url else markdown(entry["name"])
    cells = [f"`{entry['key']}`", name, size_text(entry), *numbers]
    cells += [entry["images"]["access"], entry["molecules"]["access"], markdown(", ".join(entry["licence"]))]
    return f"| {' | '.join(cells)} |"


def _place(part: Entry, known: Mapping[str, str | None]) -> str:
    places = [f"{name} {value}" for name, value in known.items() if value]
    text = "; ".join([*places, *([part["place"]] if part["place"] else [])]) or "none"
    return f"{text} (access: {part['access']}; from {part['verified']})"


def _ids(ids: Entry) -> str:
    rule = ids["rule"].get("pattern") or ids["rule"].get("name", "exact")
    parts = [f"rule {rule}", f"such as {ids['example']}" if ids["example"] else "", ids["note"] or ""]
    return "; ".join(part for part in parts if part)


def _counts(counts: Entry) -> str:
    if counts["total"] is None:
        return "not known"
    parts = [f"{'about ' if counts['approximate'] else ''}{counts['total']} {counts['unit']}"]
    parts += [f"{counts[n]} with {n}" for n in ("radiology", "slides", "both") if counts[n] is not None]
    if counts["by_modality"]:
        parts.append(", ".join(f"{name} {n}" for name, n in counts["by_modality"].items()))
    return "; ".join([*parts, f"from {counts['release'] or counts['verified']}"])
