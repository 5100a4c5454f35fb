"""The one way to do many things: ``map(function, items) -> results, failures``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from imagenomics.work.failures import Failure, failure_of
from imagenomics.work.progress import Progress
from imagenomics.work.threads import one_thread

R = TypeVar("R")


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """Results by item name, in the order of the items, and the failures of the others."""

    results: dict[str, R] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


class Executor(Protocol):
    """Does items one by one or on many processes; the results are the same."""

    workers: int
    progress: Progress

    def map(
        self,
        function: Callable[..., R],
        items: Mapping[str, Any],
        *,
        label: str,
        shared: Mapping[str, Any] | None = None,
        each: Callable[[str, R], None] | None = None,
    ) -> Outcome[R]:
        """Call ``function(item, **shared)`` for each item.

        Parameters
        ----------
        function : callable
            A function of a module (it travels to other processes).
        items : mapping of str to object
            Item by unique name.
        label : str
            What is being done, for the progress bar.
        shared : mapping, optional
            Keyword arguments that are the same for all items; sent once to each worker.
        each : callable, optional
            ``each(name, result)`` is called in this process as soon as an item is done, in no fixed order, while
            workers go on with others; what it raises ends the call.

        Returns
        -------
        Outcome
            An exception of one item is a :class:`Failure` row; the others go on.
        """
        ...


class SerialExecutor:
    """Does the items in this process, in order, with one numeric thread."""

    workers = 1

    def __init__(self, *, progress: Progress | None = None) -> None:
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
        """See :meth:`Executor.map`."""
        results: dict[str, R] = {}
        failures: list[Failure] = []
        with one_thread(), self.progress.bar(label, len(items)) as advance:
            for name, item in items.items():
                try:
                    results[name] = function(item, **(shared or {}))
                except Exception as error:  # noqa: BLE001 - law 6: one item fails, the others go on
                    failures.append(failure_of(name, error))
                if each is not None and name in results:
                    each(name, results[name])
                advance()
        return Outcome(results, failures)
