"""One task for each phenotype, and their blocks side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from imagenomics.associate.differential.phenotypes import scaled
from imagenomics.associate.outcome import Block
from imagenomics.associate.sides import Side
from imagenomics.errors import InternalError
from imagenomics.work.executor import Executor

R = TypeVar("R")


def each_phenotype(
    function: Callable[..., R],
    phenotypes: Side,
    places: npt.NDArray[np.intp],
    *,
    task: Any,
    executor: Executor,
    analysis: str,
) -> list[R]:
    """Return ``function((values, kind), task=task)`` for each phenotype, continuous ones in standard deviations.

    Raises
    ------
    InternalError
        ``IGX-DIFF-013``: the work on a phenotype failed.
    """
    kinds = [str(phenotypes.kinds[place]) for place in places]
    items = {
        f"{place:06d} {phenotypes.names[place]}": (scaled(phenotypes.values[:, place], kind), kind)
        for place, kind in zip(places, kinds, strict=True)
    }
    outcome = executor.map(function, items, label=f"phenotypes of {analysis}", shared={"task": task})
    if outcome.failures:
        first = outcome.failures[0]
        raise InternalError(
            "IGX-DIFF-013",
            f"{len(outcome.failures)} of {len(items)} phenotypes could not be tested: {first.error}",
            where=analysis,
            remedy=first.remedy or "please report it",
        )
    return [outcome.results[name] for name in items]


def beside(blocks: Sequence[Block]) -> Block:
    """Return blocks of one test on the same targets as one, their features side by side."""
    names = [f.name for f in fields(Block) if isinstance(getattr(blocks[0], f.name), np.ndarray)]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(b, name) for b in blocks], axis=1) for name in names
    }
    return replace(blocks[0], **arrays)
