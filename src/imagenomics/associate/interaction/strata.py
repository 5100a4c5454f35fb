"""Which strata can say something about a pair: enough patients, and enough of them in every group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.interaction.modifier import Coded
from imagenomics.associate.outcome import Rules
from imagenomics.associate.sides import Side

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def usable_strata(features: Side, targets: Side, modifier: Coded, rules: Rules) -> BoolArray:
    """Return which strata enter the test of each pair, (T, F, S).

    A stratum enters with ``rules.patients`` patients who have both values, in whom each column has ``rules.group``
    patients in every group of its own, or that many numbers beside the commonest one.
    """
    parts = []
    for k in range(len(modifier.levels)):
        rows = modifier.codes == k
        f, t = features.rows(rows), targets.rows(rows)
        n = _seen(t.values).T @ _seen(f.values)
        good = n >= rules.patients
        good &= _balanced(t, f, rules.group).T
        good &= _balanced(f, t, rules.group)
        parts.append(good)
    return np.stack(parts, axis=-1)


def _seen(values: FloatArray) -> FloatArray:
    return (~np.isnan(values)).astype(np.float64)


def _balanced(side: Side, other: Side, group: int) -> BoolArray:
    """Return whether groups of ``side`` are large enough among those who have ``other``, (other, side)."""
    seen = _seen(other.values).T
    good = np.empty((len(other.names), len(side.names)), dtype=np.bool_)
    categorical = side.kinds == "categorical"
    good[:, categorical] = _levels(side.values[:, categorical], seen, group)
    values = side.values[:, ~categorical]
    common = np.array([_commonest(column) for column in values.T])
    away = (~np.isnan(values) & (values != common)).astype(np.float64)
    enough = seen @ away >= group
    binary = side.kinds[~categorical] == "binary"
    enough &= ~binary | (seen @ (values == common).astype(np.float64) >= group)
    good[:, ~categorical] = enough
    return good


def _levels(values: FloatArray, seen: FloatArray, group: int) -> BoolArray:
    """Return whether two levels or more are there, each with enough patients."""
    top = int(np.nanmax(values, initial=0.0)) + 1
    counts = np.stack([seen @ (values == level).astype(np.float64) for level in range(top)])
    present = counts > 0
    smallest = np.where(present, counts, np.inf).min(axis=0)
    return np.asarray((present.sum(axis=0) > 1) & (smallest >= group))


def _commonest(column: FloatArray) -> float:
    known = column[~np.isnan(column)]
    if not known.size:
        return 0.0
    values, counts = np.unique(known, return_counts=True)
    return float(values[np.argmax(counts)])
