"""``imagenomics demo``: the main job on a made-up cohort with a known truth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.cli.options import AsJson, Seed, finish


def command(
    out: Annotated[Path, typer.Option("--out", help="Folder for the cohort and its run.")] = Path(
        "imagenomics-demo"
    ),
    patients: Annotated[
        int | None, typer.Option(help="Patients; the effects are sized for 120.", min=24)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; default: two where there are two.", min=1)
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> int:
    """Make a SYNTHETIC cohort with a planted truth, run the main job on it, and write its page."""
    from imagenomics.phantom.make import make_phantom
    from imagenomics.phantom.truth import N_PATIENTS, SEED
    from imagenomics.runs.job import JobOptions, run_plan
    from imagenomics.study.load import load_study
    from imagenomics.work.threads import available_cores

    number = N_PATIENTS if patients is None else patients
    sys.stderr.write(f"making {number} synthetic patients in {out / 'cohort'}\n")
    chosen = SEED if seed is None else seed
    study = load_study(make_phantom(out / "cohort", n_patients=number, seed=chosen))
    options = JobOptions(out / "run", workers or min(2, available_cores()))
    return finish(run_plan(study.plan, study.root, options), as_json=as_json)
