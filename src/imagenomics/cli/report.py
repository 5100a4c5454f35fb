"""``imagenomics report``: the page, from a run folder or at the end of a study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.cli.options import (
    AsJson,
    Changes,
    Data,
    Out,
    RetryFailed,
    Scheduler,
    Seed,
    Workers,
    print_json,
)
from imagenomics.cli.stages import do_stage
from imagenomics.errors import InputError


def command(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY|RUN", help="A study file or a run folder.", show_default=False)
    ],
    out: Out = None,
    data: Data = None,
    changes: Changes = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    seed: Seed = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
) -> int:
    """Write the page again from a run folder; with a study file, do first what is missing."""
    if not study.is_dir():
        return do_stage(
            "report",
            study,
            out=out,
            data=data,
            changes=changes,
            workers=workers,
            scheduler=scheduler,
            seed=seed,
            retry_failed=retry_failed,
            as_json=as_json,
        )
    from imagenomics.report.page import write_report

    given = {"--out": out, "--data": data, "--set": changes, "--scheduler": scheduler, "--seed": seed}
    idle = [name for name, value in given.items() if value is not None]
    if idle or retry_failed:
        raise InputError(
            "IGX-CLI-001",
            f"{idle[0] if idle else '--retry-failed'} belongs to a study file; a run folder has its results already",
            where=f"report {study}",
            remedy="leave it out, or give the study file",
        )
    page = write_report(study)
    if as_json:
        print_json({"folder": str(study), "page": str(page)})
    else:
        sys.stdout.write(f"page: {page}\n")
    return 0
