"""A study file, run from Python."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.runs.summary import Summary
from imagenomics.study.load import load_study


def run_study(
    path: Path | str,
    *,
    out: Path | str | None = None,
    data: Path | str | None = None,
    overrides: Iterable[str] = (),
    workers: int = 1,
    last: str = "report",
) -> Summary:
    """Run a study file: pictures and molecules in, one page out.

    Parameters
    ----------
    path : path
        The study file.
    out : path, optional
        Run folder; default ``imagenomics-runs/<study file's name>``. A killed run resumes.
    data : path, optional
        Folder at which relative paths start; default: the study file's folder.
    overrides : iterable of str
        Changes such as ``seed=7``.
    workers : int
        Processes; with more than one, a script keeps its own work under ``if __name__ == "__main__":``.
    last : str
        The stage to stop after: ``link``, ``extract``, ``associate``, ``enrich``, ``train``, ``nulls`` or ``report``.

    Raises
    ------
    InputError, FileProblem
        Those of :func:`imagenomics.study.load.load_study` and of the stages.
    """
    study = load_study(path, data=data, overrides=overrides)
    options = JobOptions(Path(out) if out is not None else default_folder(Path(path)), workers)
    return run_plan(study.plan, study.root, options, last=last)


def default_folder(study: Path) -> Path:
    """Return the run folder used when none is named."""
    return Path("imagenomics-runs") / study.stem
