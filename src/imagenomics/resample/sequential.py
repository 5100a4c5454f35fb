"""Sequential permutation p values (Besag and Clifford): drawing stops when the answer is clear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.resample.settings import NullSettings
from imagenomics.work.executor import Executor
from imagenomics.work.failures import Failure, failure_of

# Two statistics closer than this are equal: the same AUC may be summed in another order.
TIE = 1e-9
MOST_BLOCKS = 16  # of a job for each worker that it has for itself, in one wave
MOST_TOGETHER = 4  # jobs in one wave for each worker: their tables travel to the workers together


class DrawsFailed(ImagenomicsError):
    """A null draw that is needed could not be done: no p value, and no statement about the target either.

    Parameters
    ----------
    label : str
        What was drawn.
    failures : list of Failure
        The first draw that failed.
    """

    def __init__(self, label: str, failures: list[Failure]) -> None:
        self.label = label
        self.failures = failures
        first = failures[0]
        super().__init__(
            "IGX-RES-008",
            f"a null draw could not be done: {first.error}",
            where=f"{first.item} [{first.code}]",
            expected="every draw, because those that fail may be the extreme ones",
            remedy=first.remedy or "run the draw alone to see the error",
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes without losing a part."""
        return type(self), (self.label, self.failures)


@dataclass
class SequentialP:
    """Take null statistics in the order of their draws and say when to stop.

    A draw counts as an exceedance when it is at least the observed statistic, less the tie tolerance of
    1e-9 times max(1, abs(observed)). At the h-th exceedance, on draw l, drawing stops with p = h / l; at
    the last allowed draw B with g exceedances p = (g + 1) / (B + 1). Both are valid p values.

    Parameters
    ----------
    observed : float
        The tested statistic; larger is stronger.
    maximum : int
        B, most draws.
    exceedances : int
        h.

    Source
    ------
    Besag & Clifford 1991, Biometrika 78:301.
    """

    observed: float
    maximum: int
    exceedances: int = 10
    draws: list[float] = field(default_factory=list)
    above: int = 0

    @property
    def done(self) -> bool:
        """Whether no further draw is needed."""
        return self.above >= self.exceedances or len(self.draws) >= self.maximum

    def add(self, statistic: float) -> None:
        """Take the next draw; draws after the end are ignored. A draw that is NaN counts as an exceedance."""
        if self.done:
            return
        self.draws.append(float(statistic))
        slack = TIE * max(1.0, abs(self.observed))
        # Written so that NaN, a draw on which the statistic was undefined, never makes p smaller.
        self.above += not statistic < self.observed - slack

    @property
    def p(self) -> float:
        """The p value of the draws so far; NaN before the first."""
        if not self.draws:
            return float("nan")
        if self.above >= self.exceedances:
            return self.above / len(self.draws)
        return (self.above + 1) / (len(self.draws) + 1)

    @property
    def result(self) -> NullResult:
        """The p value with its draws."""
        return NullResult(self.observed, self.p, np.array(self.draws), self.above, self.maximum)


@dataclass(frozen=True)
class NullResult:
    """A permutation p value with the draws it was computed from, in the order of their numbers."""

    observed: float
    p: float
    draws: npt.NDArray[np.float64]
    exceedances: int
    maximum: int

    @property
    def spread(self) -> float:
        """Standard deviation of the draws; NaN for fewer than two."""
        known = self.draws[~np.isnan(self.draws)]
        return float(known.std(ddof=1)) if known.size > 1 else float("nan")

    @property
    def centre(self) -> float:
        """Mean of the draws."""
        known = self.draws[~np.isnan(self.draws)]
        return float(known.mean()) if known.size else float("nan")


@dataclass(frozen=True)
class NullJob:
    """A null to be drawn: the tested statistic, when to stop, and the further arguments of a draw."""

    observed: float
    settings: NullSettings
    arguments: Mapping[str, Any] = field(default_factory=dict)


def run_nulls(
    draw_function: Callable[..., float],
    jobs: Mapping[str, NullJob],
    *,
    executor: Executor,
    label: str = "null draws",
) -> dict[str, NullResult | DrawsFailed]:
    """Draw for each job until it is clear how often chance does as well.

    Blocks of draws of several jobs are handed to the executor in waves; the statistics of a job are then taken in
    the order of their numbers and what lies behind its end is thrown away. So p, the number of draws and their
    values are the same for any number of workers, any size of block and any company.

    Parameters
    ----------
    draw_function : callable
        ``draw_function(number, **arguments) -> float``: the statistic of one null draw, fully determined by
        the number of the draw (0, 1, ...). A function of a module.
    jobs : mapping of str to NullJob
        Jobs by unique name.
    executor : Executor
        Where the blocks are computed.
    label : str
        What the progress bar says.

    Returns
    -------
    dict
        For each job its result, or ``IGX-RES-008``, not raised, where a draw failed: a null distribution must
        not leave out draws.

    Raises
    ------
    InputError
        ``IGX-RES-014``: an observed statistic is not a number.
    """
    for name, job in jobs.items():
        _check_observed(name, job.observed)
    states = {n: SequentialP(j.observed, j.settings.maximum, j.settings.exceedances) for n, j in jobs.items()}
    failed: dict[str, DrawsFailed] = {}
    while waiting := [n for n, state in states.items() if not state.done and n not in failed]:
        together = waiting[: MOST_TOGETHER * executor.workers]
        wave: dict[str, _Block] = {}
        for name in together:
            wave |= _wave(
                name, len(states[name].draws), jobs[name].settings, share=executor.workers / len(together)
            )
        given = {"draw_function": draw_function, "arguments": {n: jobs[n].arguments for n in together}}
        outcome = executor.map(_block, wave, label=label, shared=given)
        lost = {failure.item: failure for failure in outcome.failures}
        for item, block in wave.items():
            state = states[block.job]
            if state.done or block.job in failed:
                continue  # what lies behind the end does not count, not even a failure
            drawn, failure = outcome.results.get(item, ([], lost.get(item)))
            for statistic in drawn:
                state.add(statistic)
            if failure is not None and not state.done:
                failed[block.job] = DrawsFailed(block.job, [failure])
    return {n: failed.get(n, state.result) for n, state in states.items()}


def _check_observed(name: str, observed: float) -> None:
    if not np.isfinite(observed):
        raise InputError(
            "IGX-RES-014",
            "the observed statistic is not a number, so nothing can be compared with it",
            where=name,
            remedy="look at the class counts: no fold may hold both classes",
        )


@dataclass(frozen=True)
class _Block:
    job: str
    first: int
    stop: int


def _wave(job: str, start: int, settings: NullSettings, *, share: float) -> dict[str, _Block]:
    """Return the next blocks of a job by name: few at first, because most null results end early.

    A wave is about as long as all draws before it, so that at most half of the work is thrown away, and has a
    block for each worker that the job has for itself.
    """
    done = -(-start // settings.block)
    count = max(1, ceil(share), min(done, ceil(share * MOST_BLOCKS)))
    stop = min(start + count * settings.block, settings.maximum)
    return {
        f"{job}, draws {first}-{min(first + settings.block, stop) - 1}": _Block(
            job, first, min(first + settings.block, stop)
        )
        for first in range(start, stop, settings.block)
    }


def _block(
    item: _Block, *, draw_function: Callable[..., float], arguments: Mapping[str, Mapping[str, Any]]
) -> tuple[list[float], Failure | None]:
    """Return the draws up to the first that failed: where the null ends does not depend on the size of blocks."""
    drawn: list[float] = []
    for number in range(item.first, item.stop):
        try:
            drawn.append(float(draw_function(number, **arguments[item.job])))
        except Exception as error:  # noqa: BLE001 - told where the draw is needed
            return drawn, failure_of(f"{item.job}, draw {number}", error)
    return drawn, None
