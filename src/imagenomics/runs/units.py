"""Doing many units through the executor and the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from imagenomics.errors import StorageProblem
from imagenomics.runs.payload import Payload
from imagenomics.runs.store import Store, Unit
from imagenomics.work.executor import Executor
from imagenomics.work.failures import Failure, failure_of

STARTS_BEFORE_FAILURE = 2

Compute = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class UnitResults:
    """Payloads by unit name, failures by unit name, and the key of each."""

    payloads: dict[str, Payload]
    failures: dict[str, Failure]
    keys: dict[str, str]


def stop_if_fatal(failures: Iterable[Failure]) -> None:
    """Raise what makes going on pointless: results that cannot be kept."""
    for failure in failures:
        if failure.fatal:
            raise StorageProblem(failure.code, failure.error, where=failure.where, remedy=failure.remedy)


@dataclass(frozen=True)
class Workshop:
    """Where units are done: the store, the executor, and whether failures are tried again."""

    store: Store
    executor: Executor
    retry_failed: bool = False

    def do(
        self,
        units: Mapping[str, Unit],
        compute: Compute,
        *,
        label: str,
        shared: Mapping[str, Any] | None = None,
    ) -> UnitResults:
        """Do each unit once, ever; return what each left behind.

        Parameters
        ----------
        units : mapping of str to Unit
            Units by name (a patient, a block).
        compute : callable
            ``compute(unit, **shared) -> payload``; a function of a module.
        label : str
            What is being done, for the progress bar.
        shared : mapping, optional
            Keyword arguments of ``compute`` that are the same for all units; the units' keys must cover them.

        Raises
        ------
        StorageProblem
            ``IGX-TAB-020`` when results cannot be written: that is no fault of a patient, so the run stops; what
            was done before is kept.
        """
        stages = {unit.stage for unit in units.values()}
        known = {
            "compute": compute,
            "store": self.store,
            "retry": self.retry_failed,
            "shared": dict(shared or {}),
        }
        loaded: dict[str, Payload] = {}

        def load(name: str, result: tuple[str, Failure | None]) -> None:
            payload = None if result[1] is not None else self.store.load(units[name].stage, result[0])
            if payload is not None:
                loaded[name] = payload

        try:
            outcome = self.executor.map(_do_unit, units, label=label, shared=known, each=load)
        except KeyboardInterrupt:
            for stage in stages:
                self.store.forgive(stage)
            raise
        failures = {failure.item: failure for failure in outcome.failures}
        keys: dict[str, str] = {}
        for name, (key, failure) in outcome.results.items():
            keys[name] = key
            if failure is not None:
                failures[name] = replace(failure, item=name)
        stop_if_fatal(failures.values())
        payloads = {name: loaded[name] for name in units if name in loaded}
        return UnitResults(payloads, failures, keys)

    def once(self, unit: Unit, compute: Callable[[], Mapping[str, Any]]) -> Payload:
        """Return what a unit left behind, computing it here where it was not done; an error is the caller's."""
        key = unit.key()
        kept = self.store.load(unit.stage, key)
        if kept is not None:
            return kept
        self.store.save(unit.stage, key, compute())
        return self.store.load(unit.stage, key) or {}


def _do_unit(
    unit: Unit, *, compute: Compute, store: Store, retry: bool, shared: Mapping[str, Any]
) -> tuple[str, Failure | None]:
    """Do one unit in whatever process; return its key and its failure, if it failed."""
    key = unit.key()
    if store.has(unit.stage, key):
        return key, None
    if retry:
        store.forget_failure(unit.stage, key)
    elif (known := store.failure(unit.stage, key)) is not None:
        return key, known
    if store.mark(unit.stage, key) >= STARTS_BEFORE_FAILURE:
        crash = _crashed()
        store.save_failure(unit.stage, key, crash)
        return key, crash
    try:
        payload = compute(unit, **shared)
    except Exception as error:  # noqa: BLE001 - law 6: the unit fails, the others go on
        failure = failure_of("", error)
        store.save_failure(unit.stage, key, failure)
        return key, failure
    except BaseException:
        store.unmark(unit.stage, key)
        raise
    store.save(unit.stage, key, payload)
    return key, None


def _crashed() -> Failure:
    return Failure(
        "",
        "IGX-RUN-002",
        "this unit was started twice and never ended: the process died each time",
        "",
        "look at its input file and at the memory; then run again with --retry-failed",
    )
