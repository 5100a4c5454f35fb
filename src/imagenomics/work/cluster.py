"""The same ``map`` on several processes: a local Dask cluster, or one that already stands."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from imagenomics import __version__
from imagenomics.errors import InputError
from imagenomics.work.executor import Executor, Outcome, SerialExecutor
from imagenomics.work.failures import Failure, failure_of, worker_died
from imagenomics.work.progress import Progress
from imagenomics.work.threads import VARIABLES, limit_process, one_thread

R = TypeVar("R")
TASKS_PER_WORKER = 4
BUNDLE_SECONDS = 0.4  # of work in one task, where items are shorter
MOST_TOGETHER = 16


class ClusterExecutor:
    """Hands items to a Dask cluster as plain tasks, short ones several at a time."""

    def __init__(self, client: Any, *, workers: int, progress: Progress | None = None) -> None:
        self.client = client
        self.workers = workers
        self.progress = progress or Progress.automatic()

    def map(
        self,
        function: Callable[..., R],
        items: Mapping[str, Any],
        *,
        label: str,
        shared: Mapping[str, Any] | None = None,
        each: Callable[[str, R], None] | None = None,
    ) -> Outcome[R]:
        """See :meth:`Executor.map`; a worker's death costs its own item, which is tried once more, alone."""
        # A task, not scattered data: the scheduler can make it again when the workers that held it have died.
        sent = self.client.submit(_same, dict(shared or {}), pure=False)
        done: dict[str, R] = {}
        failed: dict[str, Failure] = {}
        with self.progress.bar(label, len(items)) as advance:

            def ended(name: str) -> None:
                if each is not None and name in done:
                    each(name, done[name])
                advance()

            sink = (done, failed, ended)
            for name in self._run(function, items, sent, self.workers * TASKS_PER_WORKER, sink):
                if self._run(function, {name: items[name]}, sent, 1, sink):
                    failed[name] = worker_died(name)
                    advance()
        results = {name: done[name] for name in items if name in done}
        return Outcome(results, [failed[name] for name in items if name in failed])

    def _run(
        self,
        function: Callable[..., R],
        items: Mapping[str, Any],
        shared: Any,
        window: int,
        sink: tuple[dict[str, R], dict[str, Failure], Callable[[str], None]],
    ) -> list[str]:
        """Do the items with at most ``window`` in flight; return those whose worker died."""
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        done, failed, ended = sink
        bundles = _Bundles(items, tasks=window)
        names: dict[str, list[str]] = {}
        orphans: list[str] = []
        stream = as_completed()

        def submit() -> None:
            chosen = bundles.next()
            if chosen:
                bundle = {name: items[name] for name in chosen}
                future = self.client.submit(_call, function, bundle, shared, pure=False)
                names[future.key] = chosen
                stream.add(future)

        for _ in range(min(window, len(items))):
            submit()
        for future in stream:
            own = names.pop(future.key)
            error = future.exception()
            if error is None:
                seconds, results, failures = future.result()
                bundles.took(seconds / len(own))
                done |= results
                failed |= failures
            elif isinstance(error, KilledWorker) or len(own) > 1:
                orphans += own
            else:
                failed[own[0]] = failure_of(own[0], error)
            future.release()
            submit()  # the workers have something to do while the results are looked at
            for name in own:
                if name in done or name in failed:
                    ended(name)
        return orphans


class _Bundles:
    """Puts short items together, so that handing them out costs little beside the work.

    How many go together follows from the time that earlier ones took; towards the end it is fewer, so that no worker
    waits long for another.
    """

    def __init__(self, items: Mapping[str, Any], *, tasks: int) -> None:
        self.waiting = list(items)[::-1]
        self.tasks = tasks
        self.seconds = float("inf")

    def took(self, seconds: float) -> None:
        """Learn how long an item takes: the longest of late counts, and is slowly forgotten."""
        known = 0.0 if self.seconds == float("inf") else 0.9 * self.seconds
        self.seconds = max(seconds, known)

    def next(self) -> list[str]:
        """Return the names of the next items; none at the end."""
        wanted = BUNDLE_SECONDS / max(self.seconds, 1e-3)
        size = int(max(1, min(wanted, MOST_TOGETHER, len(self.waiting) / self.tasks)))
        return [self.waiting.pop() for _ in range(min(size, len(self.waiting)))]


def _call(
    function: Callable[..., R], bundle: Mapping[str, Any], shared: Mapping[str, Any]
) -> tuple[float, dict[str, R], dict[str, Failure]]:
    """Do some items one after the other; return the seconds they took, their results and their failures."""
    start = time.perf_counter()
    results: dict[str, R] = {}
    failures: dict[str, Failure] = {}
    with one_thread():
        for name, item in bundle.items():
            try:
                results[name] = function(item, **shared)
            except Exception as error:  # noqa: BLE001 - law 6: one item fails, the others go on
                failures[name] = failure_of(name, error)
    return time.perf_counter() - start, results, failures


def _same(value: R) -> R:
    return value


def _version() -> str:
    return __version__


@contextmanager
def open_executor(
    *, workers: int = 1, scheduler: str | None = None, progress: Progress | None = None
) -> Iterator[Executor]:
    """Open the executor that the flags ask for and close what was started.

    Parameters
    ----------
    workers : int
        Processes on this machine; 1 starts nothing and works in this process.
    scheduler : str, optional
        Address of a Dask scheduler that already runs; its workers must have the same version of this package
        and see the same files.

    Raises
    ------
    InputError
        ``IGX-WORK-010``: fewer than one worker; ``IGX-WORK-011``: the scheduler cannot be reached;
        ``IGX-WORK-012``: its workers have another version of the package; ``IGX-WORK-013``: processes
        cannot be started on this machine.
    """
    if workers < 1:
        raise InputError(
            "IGX-WORK-010", f"{workers} workers cannot do anything", expected="--workers 1 or more"
        )
    if scheduler:
        with _connect(scheduler) as client:
            yield ClusterExecutor(
                client, workers=len(client.scheduler_info()["workers"]) or 1, progress=progress
            )
    elif workers == 1:
        yield SerialExecutor(progress=progress)
    else:
        with _local_client(workers) as client:
            yield ClusterExecutor(client, workers=workers, progress=progress)


@contextmanager
def _local_client(workers: int) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    options = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.nanny.pre-spawn-environ": dict(VARIABLES),
        "distributed.worker.memory.terminate": False,
        # Nobody looks at these measurements, and each wakes a thread that takes the interpreter from the work.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.system-monitor.interval": "10s",
        "distributed.admin.log-format": "%(message)s",
        "logging.distributed": "critical",
    }
    with dask.config.set(options), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                memory_limit=None,
                silence_logs=50,
            )
        except RuntimeError as error:
            raise InputError(
                "IGX-WORK-013",
                f"{workers} worker processes could not be started ({error})",
                expected="a script whose own work stands under  if __name__ == '__main__':",
                remedy="workers import the script that starts them: guard it so, or use workers=1",
            ) from error
        with cluster, Client(cluster) as client:
            client.run(limit_process)
            yield client


@contextmanager
def _connect(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout="10s")
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            "IGX-WORK-011",
            f"no Dask scheduler answers at '{address}' ({error})",
            remedy="check the address and that the scheduler runs, or leave --scheduler out",
        ) from error
    with client:
        client.register_worker_callbacks(limit_process)  # also for workers that come later
        versions = set(client.run(_version).values())
        if versions - {__version__}:
            raise InputError(
                "IGX-WORK-012",
                f"the workers have imagenomics {', '.join(sorted(versions))}, this process {__version__}",
                remedy="install the same version on both sides",
            )
        yield client
