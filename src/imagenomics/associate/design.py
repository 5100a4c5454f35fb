"""Covariates: complete patients, dummy columns, and an orthonormal basis of what they span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.sides import Side
from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
TOLERANCE = 1e-9  # length left, relative, below which a covariate repeats the others


@dataclass(frozen=True)
class Design:
    """What every model of a call adjusts for.

    Parameters
    ----------
    basis : array, (N, C)
        Orthonormal columns that span the intercept and the covariates.
    adjusted : bool
        Whether there is any covariate besides the intercept.
    covariates : Side, optional
        The covariates themselves.
    """

    basis: FloatArray
    adjusted: bool
    covariates: Side | None = None


def complete_rows(covariates: Side) -> npt.NDArray[np.bool_]:
    """Return which patients have a value in every covariate.

    Raises
    ------
    InputError
        ``IGX-ASSOC-005``: a covariate has values that its kind does not allow; ``IGX-ASSOC-006``: no patient
        has them all.
    """
    for name, allowed in zip(covariates.names, covariates.allowed, strict=True):
        if not allowed:
            raise InputError(
                "IGX-ASSOC-005",
                f"covariate '{name}' has infinite values, or is binary with other values than 0 and 1",
                remedy="correct the column or declare another kind",
            )
    complete = ~np.isnan(covariates.values).any(axis=1)
    if complete.size and not complete.any():
        counts = (~np.isnan(covariates.values)).sum(axis=0)
        shown = ", ".join(f"{n}: {c}" for n, c in zip(covariates.names, counts, strict=True))
        raise InputError(
            "IGX-ASSOC-006",
            "no patient has all covariates",
            where=f"patients with a value: {shown}",
            remedy="leave out the covariate that is mostly missing",
        )
    return np.asarray(complete, dtype=np.bool_)


def make_design(covariates: Side | None, patients: int) -> Design:
    """Return the basis of the intercept and of complete covariates.

    Parameters
    ----------
    covariates : Side or None
        Complete rows only. Categorical columns become one column per level but the first; ordinal columns
        count as their scores.
    patients : int
        Number of rows, N.
    """
    columns = [np.ones(patients)]
    if covariates is not None:
        for place, kind in enumerate(covariates.kinds):
            values = covariates.values[:, place]
            if kind == "categorical":
                columns += [(values == level).astype(np.float64) for level in np.unique(values)[1:]]
            else:
                columns.append(values)
    centred = [columns[0], *(column - column.mean() for column in columns[1:])]
    return Design(
        orthonormal(np.column_stack(centred)), adjusted=covariates is not None, covariates=covariates
    )


def orthonormal(columns: FloatArray) -> FloatArray:
    """Return orthonormal columns that span ``columns``, each in turn, leaving out what repeats the others."""
    kept: list[FloatArray] = []
    for column in columns.T:
        scale = np.abs(column).max(initial=0.0)
        left = column / scale if scale > 0 else np.zeros_like(column)
        before = np.linalg.norm(left)
        for _ in range(2):
            for basis in kept:
                left = left - (basis @ left) * basis
        after = np.linalg.norm(left)
        if before > 1e-12 and after > TOLERANCE * before:
            kept.append(left / after)
    return np.column_stack(kept) if kept else np.empty((columns.shape[0], 0))
