"""``imagenomics datasets ...``: public cohorts, searched, shown, counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.catalogue import Day, OutFile, Words, day_of, facets_of, report_problems, write_out
from imagenomics.cli.exit_codes import DONE
from imagenomics.cli.options import AsJson, print_json

if TYPE_CHECKING:
    from imagenomics.catalogue.entries import Entry

group = typer.Typer(
    help="Public cohorts: search, show, count who is in both pictures and slides.", no_args_is_help=True
)

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FACET=VALUE",
        help="Only data sets with this value; repeatable. Facets: organ, kind, modality, assay, images and molecules "
        "(their access), licence, patients (at least).",
        show_default=False,
    ),
]
Live = Annotated[
    bool, typer.Option("--live", help="Count in the installed index of the archive (extra 'archive').")
]


@group.command("search")
def search(
    words: Words = None,
    where: Where = None,
    as_json: AsJson = False,
) -> int:
    """Find cohorts by words, by facets, or both: `datasets search lung CT expression --where images=open`."""
    from imagenomics.catalogue.datasets.search import search_datasets
    from imagenomics.catalogue.datasets.show import list_text

    entries = search_datasets(words or (), where=facets_of(where))
    if as_json:
        print_json(entries)
    else:
        found = (
            f"{list_text(entries)}\n{len(entries)} data sets" if entries else "no data set has all of this"
        )
        sys.stdout.write(f"{found}\n")
    return DONE


@group.command("list")
def list_datasets(where: Where = None, as_json: AsJson = False) -> int:
    """List all cohorts, the largest first."""
    return search(None, where, as_json)


@group.command("show")
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `datasets search` prints it.")],
    live: Live = False,
    as_json: AsJson = False,
) -> int:
    """Print all that the catalogue knows of one cohort, and with --live what the archive holds of it."""
    from imagenomics.catalogue.datasets.load import load_dataset
    from imagenomics.catalogue.datasets.show import dataset_text

    entry = load_dataset(key)
    counted = _counted(entry) if live else []
    if as_json:
        print_json({**entry, **({"counted": counted} if live else {})})
        return DONE
    sys.stdout.write(dataset_text(entry) + "\n")
    for row in counted:
        size = f"{row['patients']} patients, {row['series']} series, {row['gigabytes']:.1f} GB"
        sys.stdout.write(f"in the index: {row['Modality']} {size}\n")
    return DONE


@group.command("overlap")
def overlap(
    key: Annotated[str, typer.Argument(metavar="KEY")],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="A second cohort.", show_default=False)
    ] = None,
    live: Live = False,
    as_json: AsJson = False,
) -> int:
    """Say how many patients have both of two kinds of pictures, or are in both of two cohorts."""
    from imagenomics.catalogue.datasets.load import load_dataset
    from imagenomics.catalogue.datasets.overlap import counted_overlap, shared_patients, stated_overlap

    entry = load_dataset(key)
    if other is None:
        rows, notes = counted_overlap(entry) if live else stated_overlap(entry), list(entry["overlaps"])
    else:
        second = load_dataset(other)
        rows = [shared_patients(entry, second)[0]] if live else []
        pairs = ((entry, other), (second, key))
        notes = [o for one, name in pairs for o in one["overlaps"] if o["key"] == name]
    if as_json:
        print_json({"rows": [row.document() for row in rows], "notes": notes})
        return DONE
    lines = [row.text() for row in rows] + [f"{note['key']}: {note['note']}" for note in notes]
    sys.stdout.write("\n".join(lines or ["nothing is known; --live counts in the installed index"]) + "\n")
    return DONE


@group.command("lint")
def lint(as_json: AsJson = False) -> int:
    """Check the entries of the data catalogue."""
    from imagenomics.catalogue.datasets.lint import lint_datasets

    return report_problems(lint_datasets()[1], as_json)


@group.command("compile")
def compile_index() -> int:
    """Make the index that search reads, in a checkout of the project; wrong entries leave the old one."""
    from imagenomics.catalogue.datasets.lint import compile_datasets

    sys.stdout.write(f"{compile_datasets()}\n")
    return DONE


@group.command("render")
def render(
    out: OutFile = None,
    date: Day = None,
) -> int:
    """Write the reference page of all cohorts as Markdown."""
    from imagenomics.catalogue.datasets.load import load_datasets
    from imagenomics.catalogue.datasets.show import page

    return write_out(page(load_datasets(), date=day_of(date)), out)


def _counted(entry: Entry) -> list[dict[str, object]]:
    from imagenomics.archive.idc import count_patients, read_index
    from imagenomics.catalogue.datasets.overlap import collection_of

    rows = count_patients(read_index([collection_of(entry)])).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
