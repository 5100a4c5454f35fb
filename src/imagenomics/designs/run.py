"""Running designs: one paper after the other, each a unit of the store, so that a killed run goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagenomics.designs.columns import columns_of
from imagenomics.designs.load import load_design
from imagenomics.designs.models import Design, Finding
from imagenomics.designs.outcome import look
from imagenomics.designs.power import Power, draw_power
from imagenomics.designs.rules import TODAY
from imagenomics.designs.trial import SCALES, Trial, measured, run_trial, tables_of
from imagenomics.runs.store import Store, Unit
from imagenomics.runs.units import Workshop
from imagenomics.work.cluster import open_executor
from imagenomics.work.failures import Failure
from imagenomics.work.progress import Progress

STAGE = "design"
VERSION = 1


def run_designs(
    keys: tuple[str, ...],
    out: Path,
    *,
    workers: int = 1,
    retry_failed: bool = False,
    keep: bool = False,
    progress: Progress | None = None,
) -> tuple[dict[str, dict[str, Any]], dict[str, Failure]]:
    """Run the designs of papers; what was run before is taken from the store in ``out``.

    Parameters
    ----------
    keys : tuple of str
        Papers that have a design.
    out : Path
        Receives ``<key>/<scale>/run`` with the page of every run, and the store.
    workers : int
        Processes; results do not depend on it.
    retry_failed : bool
        Try papers again that failed before.
    keep : bool
        Keep the simulated pictures.
    progress : Progress, optional

    Returns
    -------
    results : dict of str to dict
        What :func:`run_design` returns, by paper; each finding with ``size``: whether the size of the planted effect
        is ``printed``, ``derived`` or ``assumed``.
    failures : dict of str to Failure
        Papers whose design did not run, and why.
    """
    shown = progress or Progress.automatic()
    designs = {key: load_design(key) for key in keys}
    units = {
        key: Unit(STAGE, VERSION, design.canonical(), data=(design, out / key, keep))
        for key, design in designs.items()
    }
    with open_executor(workers=workers, scheduler=None, progress=shown) as executor:
        shop = Workshop(Store(out / "store"), executor, retry_failed)
        done = shop.do(units, _one, label="designs")
    results = {key: payload["result"] for key, payload in done.payloads.items()}
    for key, result in results.items():
        for row, finding in zip(result["findings"], designs[key].findings, strict=True):
            row["size"] = designs[key].size_known(finding)
    return results, done.failures


def _one(unit: Unit) -> dict[str, Any]:
    design, folder, keep = unit.data
    return {"result": run_design(design, folder, keep=keep)}


def run_design(design: Design, folder: Path, *, keep: bool = True) -> dict[str, Any]:
    """Run one design on three simulated cohorts, and draw its power.

    Parameters
    ----------
    design : Design
    folder : Path
        Emptied first; receives the cohorts and their run folders.
    keep : bool
        Keep the simulated pictures and the stores of the runs, and write the pages of all three.

    Returns
    -------
    dict
        ``paper, n, known, findings, analyses, phenotypes, differs, seconds``; see docs/reference/designs.md.
    """
    start = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    trials = {scale: run_trial(design, scale, folder, page=keep or scale == "published") for scale in SCALES}
    follow = measured(design, trials)
    power = draw_power(design, trials["published"], follow)
    result = {
        "paper": design.paper,
        "n": design.patients.n,
        "known": design.patients.known,
        "question": design.question,
        "differs": design.differs,
        "findings": _findings(design, trials, power),
        "analyses": {
            name: {"paper": paper.document(), "today": today.document()}
            for name, (paper, today) in power.analyses.items()
        },
        "phenotypes": {name: m._asdict() for name, m in follow.items()},
        "draws": design.draws,
    }
    if not keep:
        _remove_pictures(folder)
    return {**result, "seconds": round(time.monotonic() - start, 1)}


def _findings(design: Design, trials: Mapping[str, Trial], power: Power) -> list[dict[str, Any]]:
    tables = {scale: tables_of(trial.run) for scale, trial in trials.items()}
    columns = columns_of(design)
    rows = []
    for finding, drawn in zip(design.findings, power.findings, strict=True):
        row: dict[str, Any] = finding.model_dump()
        for name, suffix, by in (("paper", "", finding.by), ("today", TODAY, "q")):
            analysis = finding.analysis + (suffix if _has_twin(design, finding) else "")
            seen = {
                scale: look(
                    finding, tables[scale], design=design, columns=columns, analysis=analysis, by=by
                ).document()
                for scale in SCALES
            }
            row[name] = seen
        if drawn is not None:
            row["power"] = {
                name: {scale: share.document() for scale, share in shares.items()}
                for name, shares in zip(("paper", "today"), drawn, strict=True)
            }
        rows.append(row)
    return rows


def _has_twin(design: Design, finding: Finding) -> bool:
    """Tell whether the analysis of a finding has a twin under today's rules; a prediction keeps them itself."""
    return any(b["name"] == finding.analysis for s, bs in design.study.items() if s != "train" for b in bs)


def _remove_pictures(folder: Path) -> None:
    for scale in SCALES:
        shutil.rmtree(folder / scale / "run" / "store", ignore_errors=True)
        shutil.rmtree(folder / scale / "cohort" / "images", ignore_errors=True)
