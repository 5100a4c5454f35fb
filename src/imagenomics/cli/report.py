"""``imagenomics report``: the page, from a run folder or at the end of a study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.cli.options import AsJson, Changes, Data, Out, RetryFailed, Scheduler, Seed, Workers
from imagenomics.cli.stages import do_stage


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

    sys.stdout.write(f"page: {write_report(study)}\n")
    return 0
