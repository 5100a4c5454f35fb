"""Sequential permutation p values (Besag and Clifford): drawing stops when the answer is clear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.resample.settings import NullSettings
from imagenomics.work.executor import Executor
from imagenomics.work.failures import Failure

# Two statistics closer than this are equal: the same AUC may be summed in another order.
TIE = 1e-9
MOST_BLOCKS = 8  # of one worker in one wave: an interrupted run loses no more than these


class DrawsFailed(ImagenomicsError):
    """Null draws that could not be done: no p value, and no statement about the target either.

    Parameters
    ----------
    label : str
        What was drawn.
    failures : list of Failure
        The blocks of draws that failed.
    """

    def __init__(self, label: str, failures: list[Failure]) -> None:
        self.label = label
        self.failures = failures
        first = failures[0]
        super().__init__(
            "IGX-RES-008",
            f"{len(failures)} blocks of null draws could not be done; the first: {first.error}",
            where=f"{label}, draws {first.item} [{first.code}]",
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


def run_sequential(
    draw_function: Callable[..., float],
    observed: float,
    *,
    executor: Executor,
    settings: NullSettings,
    shared: Mapping[str, Any] | None = None,
    label: str = "null draws",
) -> NullResult:
    """Draw until it is clear how often chance does as well.

    Blocks of draws are handed to the executor in waves, one block for each worker and a few more; their
    statistics are then taken in the order of their numbers and what lies behind the end is thrown away. So
    p, the number of draws and their values are the same for any number of workers and any size of block.

    Parameters
    ----------
    draw_function : callable
        ``draw_function(number, **shared) -> float``: the statistic of one null draw, fully determined by
        the number of the draw (0, 1, ...). A function of a module.
    observed : float
        The tested statistic.
    executor : Executor
        Where the blocks are computed.
    settings : NullSettings
        Most draws, exceedances at which to stop, draws in a block.
    shared : mapping, optional
        Further arguments of the draw function, the same for all draws.
    label : str
        What the progress bar says.

    Raises
    ------
    InputError
        ``IGX-RES-014``: the observed statistic is not a number.
    DrawsFailed
        ``IGX-RES-008``: a draw failed; a null distribution must not leave out draws.
    """
    if not np.isfinite(observed):
        raise InputError(
            "IGX-RES-014",
            "the observed statistic is not a number, so nothing can be compared with it",
            remedy="look at the class counts: no fold may hold both classes",
        )
    state = SequentialP(observed, settings.maximum, settings.exceedances)
    start = 0
    while not state.done:
        wave = _wave(start, settings, workers=executor.workers)
        given = {"draw_function": draw_function, "arguments": dict(shared or {})}
        outcome = executor.map(_block, wave, label=label, shared=given)
        if outcome.failures:
            raise DrawsFailed(label, outcome.failures)
        for name in wave:
            for statistic in outcome.results[name]:
                state.add(statistic)
        start = max(last for _, last in wave.values())
    return NullResult(observed, state.p, np.array(state.draws), state.above, settings.maximum)


def _wave(start: int, settings: NullSettings, *, workers: int) -> dict[str, tuple[int, int]]:
    """Return the next blocks by name: few at first, because most null results end early.

    A wave is about as long as all draws before it, so that at most half of the work is thrown away and few workers
    wait for the last block.
    """
    done = start // settings.block
    count = workers * max(1, min(done // workers, MOST_BLOCKS))
    blocks = {}
    for _ in range(count):
        last = min(start + settings.block, settings.maximum)
        if last > start:
            blocks[f"{start}-{last - 1}"] = (start, last)
        start = last
    return blocks


def _block(
    item: tuple[int, int], *, draw_function: Callable[..., float], arguments: Mapping[str, Any]
) -> list[float]:
    return [float(draw_function(number, **arguments)) for number in range(*item)]
