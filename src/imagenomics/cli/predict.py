"""``imagenomics predict``: a trained model on new patients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagenomics.cli.exit_codes import exit_code
from imagenomics.cli.options import (
    AsJson,
    Changes,
    Data,
    Out,
    RetryFailed,
    Scheduler,
    StudyFile,
    Workers,
    print_json,
)


def command(
    study: StudyFile,
    model: Annotated[
        Path,
        typer.Option(
            "--model",
            metavar="BUNDLE",
            help="A card, RUN/models/NAME.json or RUN/scores/NAME.json.",
            show_default=False,
        ),
    ],
    out: Out = None,
    data: Data = None,
    changes: Changes = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
) -> int:
    """Predict new patients: extract the pictures of STUDY and apply a trained model to them."""
    from imagenomics.associate.survival.score_card import ScoreCard
    from imagenomics.runs.apply import apply_card, read_card
    from imagenomics.runs.folder import read_patient_table
    from imagenomics.runs.job import JobOptions, run_plan
    from imagenomics.study.load import load_study
    from imagenomics.study.run import default_folder
    from imagenomics.tables.patient_table import join
    from imagenomics.tables.write import write_csv

    card = read_card(model)
    loaded = load_study(study, data=data, overrides=changes or [])
    folder = out or default_folder(study)
    options = JobOptions(folder, workers, scheduler, retry_failed)
    summary = run_plan(loaded.plan, loaded.root, options, last="extract")
    columns = read_patient_table(folder, "features")
    if isinstance(card, ScoreCard):
        columns = join([columns, *(read_patient_table(folder, name) for name in ("clinical", "molecules"))])
    table = apply_card(card, columns)
    path = folder / f"predicted-{model.stem}.csv"
    write_csv(path, table)
    if as_json:
        print_json(table.to_dict(orient="records"))
    else:
        unmeasured = int(table["score"].isna().sum())
        note = f", {unmeasured} of them without a score (nothing was measured)" if unmeasured else ""
        sys.stdout.write(f"{len(table)} patients{note}: {path}\n")
    return exit_code(summary)
