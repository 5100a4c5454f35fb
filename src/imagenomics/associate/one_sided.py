"""Tests that look to one side: how likely so large an effect in the direction that was declared is by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from imagenomics.associate.outcome import Block
from imagenomics.stats.side import Side
from imagenomics.stats.tails import LN10

Direction = Side  # here 'side' means the features or the targets
FloatArray = npt.NDArray[np.float64]
LN2 = float(np.log(2.0))
RATIOS = tuple(
    f"{kind}{unit}" for kind in ("cumulative odds ratio", "rate ratio") for unit in ("", " per SD")
)
NEUTRAL = {
    "AUC": 0.5,
    "odds ratio": 1.0,
    **dict.fromkeys(RATIOS, 1.0),
}  # values that mean no effect, where it is not 0


def toward(values: FloatArray, direction: Direction) -> FloatArray:
    """Return how far statistics lie from 0 in a direction; without one, their size."""
    if direction == "two-sided":
        return np.abs(values)
    return values if direction == "greater" else -values


def log_p_toward(log_two_sided: FloatArray, size: FloatArray, direction: Direction) -> FloatArray:
    """Return the log p of symmetric statistics in a direction.

    Parameters
    ----------
    log_two_sided : array
        Their two-sided log p.
    size : array
        What :func:`toward` makes of the statistics, or anything else of the same sign.
    direction : {'two-sided', 'greater', 'less'}
    """
    if direction == "two-sided":
        return log_two_sided
    with np.errstate(invalid="ignore"):
        return np.where(size >= 0, log_two_sided - LN2, np.log1p(-0.5 * np.exp(log_two_sided)))


def named(test: str, direction: Direction) -> str:
    """Return the name of a test with its direction."""
    return test if direction == "two-sided" else f"{test} ({direction})"


def noted(note: str, direction: Direction) -> str:
    """Return a note with what a reader must know of a test in one direction."""
    said = "" if direction == "two-sided" else "p is one-sided, the interval two-sided"
    return "; ".join(part for part in (note, said) if part)


def look_to_one_side(block: Block, direction: Direction) -> Block:
    """Return the results of a symmetric test as those of its direction; two-sided ones as they are."""
    if direction == "two-sided":
        return block
    size = toward(block.effect - NEUTRAL.get(block.effect_name, 0.0), direction)
    log_p = log_p_toward(-LN10 * block.neg_log10_p, size, direction)
    return replace(
        block,
        test=named(block.test, direction),
        fallback=named(block.fallback, direction),
        p=np.exp(log_p),
        neg_log10_p=np.abs(log_p) / LN10,
        note=noted(block.note, direction),
    )
