"""Blocks of draws on an executor: the same numbers for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from imagenomics.errors import InternalError
from imagenomics.work.executor import Executor

R = TypeVar("R")


def draw_blocks(
    function: Callable[..., R],
    draws: int,
    *,
    block: int = 25,
    shared: Mapping[str, Any],
    label: str,
    executor: Executor,
) -> list[R]:
    """Call ``function((first, last), **shared)`` for every ``block`` draws, and return their results in order.

    Raises
    ------
    InternalError
        ``IGX-ASSOC-009``: a block could not be done.
    """
    items = {f"draws {i:05d}": (i, min(i + block, draws)) for i in range(0, draws, block)}
    outcome = executor.map(function, items, label=label, shared=shared)
    if outcome.failures:
        first = outcome.failures[0]
        raise InternalError(
            "IGX-ASSOC-009",
            f"{len(outcome.failures)} of {len(items)} blocks of draws failed: {first.error}",
            where=label,
            remedy=first.remedy or "please report it",
        )
    return [outcome.results[name] for name in items]
