"""The arguments that several verbs share, stated once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagenomics.cli.exit_codes import exit_code

if TYPE_CHECKING:
    from imagenomics.runs.summary import Summary

StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study file (TOML).", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Run folder; default: imagenomics-runs/<study file's name>.", show_default=False
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder at which the study's relative paths start.", show_default=False),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a setting, e.g. images.t1post.path=...; repeatable."
    ),
]
Workers = Annotated[int, typer.Option("--workers", help="Processes on this machine.", min=1)]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="A Dask scheduler that already runs.", show_default=False
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Overrides the study's seed.", show_default=False)]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Try units again that failed before.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    from imagenomics.tables.write import plain

    sys.stdout.write(json.dumps(plain(document), indent=1, ensure_ascii=False) + "\n")


def finish(summary: Summary, *, as_json: bool) -> int:
    """Print what was found and return the exit code (3: more failures than the study tolerates)."""
    if as_json:
        print_json(summary.document())
    else:
        sys.stdout.write(summary.text() + "\n")
    return exit_code(summary)
