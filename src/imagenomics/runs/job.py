"""The main job: link, extract, associate, enrich, train, nulls, report, each as far as the caller wants."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from imagenomics.errors import InputError, StorageProblem, unknown_name
from imagenomics.report.page import write_report
from imagenomics.runs.agreement import FILES as AGREEMENT_FILES
from imagenomics.runs.agreement import compare_readers
from imagenomics.runs.associate import FILES as ASSOCIATE_FILES
from imagenomics.runs.associate import associate
from imagenomics.runs.cards import write_cards
from imagenomics.runs.enrich import FILES as ENRICH_FILES
from imagenomics.runs.enrich import enrich
from imagenomics.runs.extract import extract
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.judge import judge
from imagenomics.runs.kernels import compile_kernels
from imagenomics.runs.link import link
from imagenomics.runs.names import check_names
from imagenomics.runs.plan import Plan
from imagenomics.runs.record import recorded_origin, write_record
from imagenomics.runs.store import Store
from imagenomics.runs.summary import Summary, summarise
from imagenomics.runs.train import Trained, train
from imagenomics.runs.units import Workshop
from imagenomics.work.cluster import open_executor
from imagenomics.work.progress import Progress

STAGES = ("link", "extract", "associate", "enrich", "train", "nulls", "report")
# What each stage writes last: files that must not outlive a change of the plan.
OUTPUTS = {
    "extract": (
        "features.parquet",
        "features.columns.parquet",
        "stability.csv",
        "panels/index.json",
        "histories.csv",
        "quality.csv",
        "quality_summary.csv",
        *AGREEMENT_FILES,
    ),
    "associate": ASSOCIATE_FILES,
    "enrich": ENRICH_FILES,
    "train": ("predictions.parquet",),
    "nulls": ("verdicts.json", "performance.parquet", "curves.parquet"),
    "report": ("report.html",),
}


@dataclass(frozen=True)
class JobOptions:
    """How a job is done; nothing here changes its results.

    Parameters
    ----------
    out : Path
        Run folder.
    workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler to use instead.
    retry_failed : bool
        Try units again that failed before.
    progress : Progress, optional
        Where progress goes; default: stderr when it is a terminal.
    """

    out: Path
    workers: int = 1
    scheduler: str | None = None
    retry_failed: bool = False
    progress: Progress | None = None


@dataclass
class Clock:
    """Seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as the stage ``name``."""
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 2)


def run_plan(plan: Plan, root: Path, options: JobOptions, *, last: str = "report") -> Summary:
    """Run a study up to the stage ``last``; what was done before is taken from the run folder's store.

    Parameters
    ----------
    plan : Plan
        The study.
    root : Path
        Folder at which its relative paths start.
    options : JobOptions
        Run folder, workers, retries.
    last : str
        One of ``STAGES``.

    Returns
    -------
    Summary
        Verdicts, counts and the path of the page.

    Raises
    ------
    InputError
        ``IGX-RUN-050``: unknown stage; ``IGX-RUN-051``: another process writes to this run folder.
    """
    if last not in STAGES:
        raise unknown_name("IGX-RUN-050", "stage", last, STAGES)
    wanted = STAGES[: STAGES.index(last) + 1]
    progress = options.progress or Progress.automatic()
    folder = RunFolder(options.out)
    with (
        _only_writer(options.out),
        open_executor(workers=options.workers, scheduler=options.scheduler, progress=progress) as executor,
    ):
        shop = Workshop(Store(options.out / "store"), executor, options.retry_failed)
        return _stages(plan, root, folder, shop=shop, wanted=wanted)


def _stages(plan: Plan, root: Path, folder: RunFolder, *, shop: Workshop, wanted: tuple[str, ...]) -> Summary:
    issues, clock = Issues(), Clock()
    associations, trained, failed_share = None, Trained.nothing(), 0.0
    try:
        with clock.stage("link"):
            linked = link(plan, root, folder, issues=issues, executor=shop.executor)
            check_names(plan, linked)
            made_of = {"plan": plan.canonical(), "link": linked.key}
            _drop_stale(folder, made_of, after="link")
        with clock.stage("kernels"):
            compile_kernels(plan, wanted, shop.executor)
        if "extract" in wanted:
            with clock.stage("extract"):
                extracted = extract(plan, linked, folder, shop=shop, issues=issues)
                failed_share = extracted.failed_share
                made_of["extract"] = extracted.key
                _drop_stale(folder, made_of, after="extract")
                compare_readers(plan, linked, extracted, folder=folder, shop=shop)
        if "associate" in wanted:
            with clock.stage("associate"):
                associations = associate(plan, linked, extracted, folder=folder, shop=shop, issues=issues)
        if "enrich" in wanted:
            with clock.stage("enrich"):
                enrich(plan, linked, extracted, folder=folder, shop=shop, issues=issues)
        if "train" in wanted:
            with clock.stage("train"):
                trained = train(plan, linked, extracted, folder=folder, shop=shop, issues=issues)
                write_cards(plan, trained, extracted, folder=folder, shop=shop, issues=issues)
        if "nulls" in wanted:
            with clock.stage("nulls"):
                judge(plan, linked, associations, trained=trained, folder=folder, shop=shop, issues=issues)
    finally:
        issues.write(folder)
    write_record(plan, linked, folder, seconds=clock.seconds, workers=shop.executor.workers, made_of=made_of)
    page = write_report(folder.path) if "report" in wanted else None
    summary = replace(summarise(folder.path, page=page), too_many_failures=failed_share > plan.max_failed)
    return summary if "nulls" in wanted else replace(summary, verdicts=[])


def _drop_stale(folder: RunFolder, made_of: dict[str, str], *, after: str) -> None:
    """Remove what later stages made of another plan, other tables or other images: no page may mix them."""
    recorded = recorded_origin(folder)
    if all(recorded.get(part) == key for part, key in made_of.items()):
        return
    later = STAGES[STAGES.index(after) + 1 :]
    folder.remove("record.json", *(file for stage in later for file in OUTPUTS[stage]))


@contextmanager
def _only_writer(path: Path) -> Iterator[None]:
    """Hold the run folder's lock; two runs in one folder would mix their files."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = open(path / ".lock", "w")  # noqa: SIM115 - held for the whole run
    except OSError as error:
        raise StorageProblem(
            "IGX-TAB-020",
            f"the run folder cannot be made ({error.strerror or error})",
            where=str(path),
            remedy="choose another --out",
        ) from error
    with handle:
        if not _lock(handle.fileno()):
            raise InputError(
                "IGX-RUN-051",
                "another process is writing to this run folder",
                where=str(path),
                remedy="wait until it has ended, or choose another --out",
            )
        for unfinished in path.rglob(".*.part"):  # left by a run that was killed while it wrote
            unfinished.unlink(missing_ok=True)
        yield


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
