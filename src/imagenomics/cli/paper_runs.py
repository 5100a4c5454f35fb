"""``imagenomics papers run``: what it asks of the designs, and what it prints."""

from __future__ import annotations

import datetime
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from imagenomics.catalogue.papers.load import load_paper
from imagenomics.catalogue.plain import terminal
from imagenomics.cli.exit_codes import DONE, TOO_MANY_FAILURES
from imagenomics.cli.options import print_json
from imagenomics.designs.load import design_keys, load_design
from imagenomics.designs.own import read_mapping, run_own
from imagenomics.designs.page import paper_runs_page
from imagenomics.designs.run import run_designs
from imagenomics.designs.words import design_text, own_text
from imagenomics.errors import InputError
from imagenomics.tables.write import write_text

FOLDER = Path("imagenomics-runs/papers")


class How(NamedTuple):
    """How simulated designs are run."""

    out: Path | None
    workers: int
    retry_failed: bool
    keep: bool
    page: Path | None


class Own(NamedTuple):
    """A study of one's own, and the columns that stand for a design's variables."""

    study: Path
    data: Path | None
    mapping: tuple[str, ...]
    workers: int


def name_designs(as_json: bool) -> int:
    """Print the papers that have a design."""
    if as_json:
        print_json({key: load_paper(key)["title"] for key in design_keys()})
    else:
        lines = [f"{key:36s} {terminal(load_paper(key)['title'])}\n" for key in design_keys()]
        sys.stdout.write("".join(lines) + f"{len(lines)} designs\n")
    return DONE


def run_simulated(keys: list[str], all_papers: bool, how: How, as_json: bool) -> int:
    """Run designs on simulated cohorts and print, or write, what they say."""
    if all_papers == bool(keys):
        raise InputError(
            "IGX-CLI-002",
            "name papers or give --all, not both" if keys else "no paper is named",
            where="papers run",
            remedy="`imagenomics papers run --list` names the papers that have a design",
        )
    chosen = design_keys() if all_papers else tuple(dict.fromkeys(keys))
    for key in chosen:
        load_design(key)
    results, failures = run_designs(
        chosen, how.out or FOLDER, workers=how.workers, retry_failed=how.retry_failed, keep=how.keep
    )
    if how.page is not None:
        write_text(how.page, paper_runs_page(results, failures, date=datetime.date.today().isoformat()))
    if as_json:
        print_json({"results": results, "failures": {k: asdict(f) for k, f in failures.items()}})
    else:
        for key in results:
            sys.stdout.write(design_text(results[key], title=terminal(load_paper(key)["title"])) + "\n")
        for key, failure in failures.items():
            sys.stdout.write(f"{key} did not run: {failure.error} [{failure.code}]\n")
    return TOO_MANY_FAILURES if failures else DONE


def run_on_study(keys: list[str], own: Own, out: Path | None, as_json: bool) -> int:
    """Run the analysis of one paper on a study of one's own."""
    if len(keys) != 1:
        raise InputError(
            "IGX-CLI-002",
            f"--study takes one paper, not {len(keys)}",
            where="papers run",
            remedy="name one paper",
        )
    folder = out or FOLDER.parent / f"{own.study.stem}-{keys[0]}"
    found = run_own(
        load_design(keys[0]),
        own.study,
        read_mapping(own.mapping),
        out=folder,
        data=own.data,
        workers=own.workers,
    )
    if as_json:
        print_json(found)
    else:
        sys.stdout.write(own_text(found, title=terminal(load_paper(keys[0])["title"])))
    return DONE
