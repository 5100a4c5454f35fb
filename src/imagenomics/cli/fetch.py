"""``imagenomics fetch``: a public cohort onto this machine, with a study file that runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.exit_codes import DONE, TOO_MANY_FAILURES
from imagenomics.cli.options import AsJson, print_json

if TYPE_CHECKING:
    from imagenomics.catalogue.entries import Entry


_FIELD = {"cbioportal": "cbioportal", "gdc": "gdc_project"}


def command(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET", help="A key of `imagenomics datasets list`.", show_default=False),
    ],
    patients: Annotated[
        int | None, typer.Option("--patients", help="How many; default: all.", min=1, show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder; default: the data set's key.", show_default=False)
    ] = None,
    modality: Annotated[
        str | None,
        typer.Option(help="DICOM modality; default: the radiology of most patients.", show_default=False),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option("--series", metavar="PATTERN", help="Only series described so, e.g. '*t1*post*'."),
    ] = None,
    molecules: Annotated[str, typer.Option(help="cbioportal, gdc or none.")] = "cbioportal",
    images: Annotated[
        bool, typer.Option("--images/--no-images", help="Whether pictures are fetched.")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """Fetch open pictures and molecules of a public cohort, checked and resumable, and write its study file."""
    from imagenomics.archive.fetch import fetch_cohort
    from imagenomics.archive.order import Cohort, Options
    from imagenomics.catalogue.datasets.load import load_dataset
    from imagenomics.errors import unknown_name

    sources = ("cbioportal", "gdc", "none")
    if molecules not in sources:
        raise unknown_name("IGX-ARCH-033", "source of molecules", molecules, sources)
    entry = load_dataset(dataset)
    open_images = entry["images"]["access"] == "open"
    open_molecules = entry["molecules"]["access"] == "open"
    cohort = Cohort(
        key=entry["key"],
        name=entry["name"],
        rule=entry["ids"]["rule"],
        collection=entry["images"]["collection"] if open_images else None,
        gdc_project=entry["molecules"]["gdc_project"] if open_molecules else None,
        cbioportal=entry["molecules"]["cbioportal"] if open_molecules else None,
        licence=tuple(entry["licence"]),
    )
    options = Options(
        patients=patients,
        modality=modality,
        description=series,
        molecules=molecules,  # type: ignore[arg-type]
        images=images,
    )
    fetched = fetch_cohort(cohort, out or Path(dataset), options)
    note = _not_fetched(entry) if molecules != "none" and not getattr(cohort, _FIELD[molecules]) else ""
    document = {
        "study": str(fetched.study),
        "note": note,
        "patients": len(fetched.patients),
        "failed": fetched.failures.to_dict("records"),
    }
    if as_json:
        print_json(document)
    else:
        lines = [f"{len(fetched.patients)} patients", f"failed: {len(fetched.failures)}"]
        lines += [note] if note else []
        sys.stdout.write(
            "\n".join([*lines, f"study: {fetched.study}"]) + f"\nnext: imagenomics check {fetched.study}\n"
        )
    return TOO_MANY_FAILURES if len(fetched.failures) else DONE


def _not_fetched(entry: Entry) -> str:
    """Say where molecules are that no client here brings."""
    molecules = entry["molecules"]
    if molecules["access"] != "open":
        return f"molecules were not asked for: their access is '{molecules['access']}'"
    places = [*molecules["geo"], molecules["place"], molecules["gdc_project"], molecules["cbioportal"]]
    where = ", ".join(place for place in places if place) or "not known"
    return f"molecules were not fetched; they are at: {where}"
