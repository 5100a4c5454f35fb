"""``run`` and its stages: the same job, taken as far as the verb says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imagenomics.cli.options import (
    AsJson,
    Changes,
    Data,
    Out,
    RetryFailed,
    Scheduler,
    Seed,
    StudyFile,
    Workers,
    finish,
)

HELP = {
    "run": "Run a whole study: pictures and molecules in, one honest page out. Killed runs resume.",
    "link": "Join pictures and molecules of the same patients; say who was lost and why.",
    "associate": "Link, extract, and test features against molecules.",
    "enrich": "Everything up to gene sets and modules against features.",
    "train": "Link, extract, and cross-validate the declared predictions.",
    "nulls": "Everything up to the permutation nulls and the verdicts.",
}


def stage_command(verb: str) -> Callable[..., int]:
    """Return the command of ``verb``: the job up to that stage."""

    def command(
        study: StudyFile,
        out: Out = None,
        data: Data = None,
        changes: Changes = None,
        workers: Workers = 1,
        scheduler: Scheduler = None,
        seed: Seed = None,
        retry_failed: RetryFailed = False,
        as_json: AsJson = False,
    ) -> int:
        return do_stage(
            "report" if verb == "run" else verb,
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

    command.__doc__ = HELP[verb]
    return command


def do_stage(
    last: str,
    study: Path,
    *,
    out: Path | None,
    data: Path | None,
    changes: list[str] | None,
    workers: int,
    scheduler: str | None,
    seed: int | None,
    retry_failed: bool,
    as_json: bool,
) -> int:
    """Load the study, do it up to the stage ``last`` and print what was found."""
    from imagenomics.runs.job import JobOptions, run_plan
    from imagenomics.study.load import load_study
    from imagenomics.study.run import default_folder

    overrides = [*(changes or []), *([] if seed is None else [f"seed={seed}"])]
    loaded = load_study(study, data=data, overrides=overrides)
    options = JobOptions(out or default_folder(study), workers, scheduler, retry_failed)
    return finish(run_plan(loaded.plan, loaded.root, options, last=last), as_json=as_json)
