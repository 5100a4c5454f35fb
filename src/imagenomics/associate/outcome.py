"""What an engine finds for a rectangle of targets x features."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import LAST, SWAPPED, is_tested

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Rules(NamedTuple):
    """What a pair must have to be tested."""

    patients: int  # with both values
    group: int  # patients in its smallest group
    per_term: int = 1  # patients in the smaller group of the response for each term of a logistic model


@dataclass(frozen=True)
class Block:
    """Results of one test for targets x features, (T, F) each.

    Parameters
    ----------
    test, effect_name : str
        Names as the table carries them.
    n, code : int arrays
        Patients with both values; what became of the pair (``codes``).
    effect, ci_low, ci_high, statistic, p, neg_log10_p, se : arrays
        NaN where not known.
    df, df_factor : arrays
        Residual degrees of freedom (of chi-square: its degrees of freedom); those of the factor tested.
    note : str
        A sentence for the pairs that were tested.
    fallback : str
        Name of the test of the pairs of code ``FIRTH``.
    neg_log10_drawn : array, optional
        What draws are compared with, where it is not the p of the test itself.
    drawn : str
        A sentence on how draws are made, for the pairs that have a family-wise p.
    """

    test: str
    effect_name: str
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]
    effect: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    statistic: FloatArray
    p: FloatArray
    neg_log10_p: FloatArray
    se: FloatArray
    df: npt.NDArray[np.float32]
    df_factor: npt.NDArray[np.float32]
    note: str = ""
    fallback: str = ""
    neg_log10_drawn: FloatArray | None = None
    drawn: str = ""


class Observer(Protocol):
    """Tests all pairs of some features with some targets."""

    def observe(self) -> Block:
        """Return the results on the data as they are."""
        ...


@runtime_checkable
class Engine(Observer, Protocol):
    """An observer whose test can be repeated on permuted rows."""

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Return the smallest log p over all pairs for each draw.

        Parameters
        ----------
        orders : int array, (B, N)
            Row of the features that is set beside each row of the targets.
        """
        ...


@runtime_checkable
class StepwiseEngine(Engine, Protocol):
    """An engine that can say of each pair how it fares on permuted rows."""

    def log_p(self, order: IntArray) -> FloatArray:
        """Return the log p of all pairs in one draw, (T, F); 0 for pairs that cannot be tested in it."""
        ...


def unknown(shape: tuple[int, ...]) -> FloatArray:
    """Return NaN of any shape without taking memory."""
    return np.broadcast_to(np.float64(np.nan), shape)


def whole(shape: tuple[int, ...], value: float) -> npt.NDArray[np.float32]:
    """Return one number of any shape without taking memory."""
    return np.broadcast_to(np.float32(value), shape)


def refused(
    test: str, n: npt.NDArray[np.int32], code: npt.NDArray[np.int8], *, effect_name: str = ""
) -> Block:
    """Return a block in which no pair is tested."""
    nothing, none = unknown(n.shape), whole(n.shape, np.nan)
    return Block(
        test=test,
        effect_name=effect_name,
        n=n,
        code=code,
        effect=nothing,
        ci_low=nothing,
        ci_high=nothing,
        statistic=nothing,
        p=nothing,
        neg_log10_p=nothing,
        se=nothing,
        df=none,
        df_factor=none,
    )


def turned(block: Block) -> Block:
    """Return the block of an engine that held the features as rows and the targets as columns."""
    arrays = {
        field.name: getattr(block, field.name).T
        for field in fields(block)
        if isinstance(getattr(block, field.name), np.ndarray)
    }
    other = np.array([SWAPPED.get(code, code) for code in range(LAST + 1)], dtype=np.int8)
    return replace(block, **{**arrays, "code": other[arrays["code"]]})


def blank(values: FloatArray, code: npt.NDArray[np.int8]) -> FloatArray:
    """Return ``values`` with NaN where the pair was not tested."""
    good = is_tested(code)
    return values if good.all() else np.where(good, values, np.nan)


def common_counts(features: FloatArray, targets: FloatArray) -> npt.NDArray[np.int32]:
    """Return how many patients have both values, (T, F), of two sides (N, p) with NaN for missing."""
    f, t = ~np.isnan(features), ~np.isnan(targets)
    return np.asarray((t.T.astype(np.float64) @ f.astype(np.float64)).astype(np.int32))
