"""What the groups ``papers`` and ``datasets`` share: facets from the command line, problems, files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagenomics.cli.exit_codes import BAD_INPUT, DONE
from imagenomics.cli.options import print_json

if TYPE_CHECKING:
    from imagenomics.catalogue.entries import Problem

Words = Annotated[list[str] | None, typer.Argument(metavar="WORDS", help="All must be found.")]
Day = Annotated[
    str | None, typer.Option("--date", help="Day in the head; default: today.", show_default=False)
]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write here.", show_default=False)
]


def facets_of(where: list[str] | None) -> dict[str, str]:
    """Return ``--where`` as facet -> value (``IGX-CAT-002`` where it is not FACET=VALUE)."""
    from imagenomics.errors import InputError

    found = {}
    for text in where or []:
        facet, sign, value = text.partition("=")
        if not sign or not value.strip():
            raise InputError(
                "IGX-CAT-002",
                f"'{text}' is not FACET=VALUE",
                where="--where",
                expected="such as --where modality=MRI",
                remedy="`imagenomics papers facets modality` lists the values of a facet",
            )
        found[facet.strip()] = value.strip()
    return found


def day_of(date: str | None) -> str:
    """Return the day that stands in the head of a rendered page."""
    import datetime

    return date or datetime.date.today().isoformat()


def report_problems(problems: list[Problem], as_json: bool) -> int:
    """Print problems and return the exit code: 2 where one of them is severe."""
    severe = sum(problem.severe for problem in problems)
    if as_json:
        print_json([problem.document() for problem in problems])
    else:
        lines = [problem.text() for problem in problems]
        end = (
            f"{severe} problems, {len(problems) - severe} matters of style"
            if problems
            else "nothing is wrong"
        )
        sys.stdout.write("\n".join([*lines, end]) + "\n")
    return BAD_INPUT if severe else DONE


def write_out(text: str, out: Path | None) -> int:
    """Print a text, or write it whole to a file."""
    if out is None:
        sys.stdout.write(text)
    else:
        from imagenomics.tables.write import write_text

        write_text(out, text)
        sys.stdout.write(f"{out}\n")
    return DONE
