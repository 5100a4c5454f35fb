"""Imaging phenotypes as the models of expression take them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    NO_DF,
    OK,
    SMALL_GROUP,
)
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.sides import Side

FloatArray = npt.NDArray[np.float64]
NOTHING = 1e-8  # length left, relative, below which covariates explain a phenotype
PER = {"continuous": "per SD", "ordinal": "per level", "binary": "between groups"}


def effect_name(kind: str, *, log2: bool) -> str:
    """Return what an effect is called: fold changes where expression is on a log2 scale."""
    return f"{'log2 fold change' if log2 else 'difference'} {PER[kind]}"


def scored(phenotypes: Side, transform: str) -> Side:
    """Return the phenotypes with continuous ones as normal scores, unless nothing is to be done."""
    places = np.flatnonzero((phenotypes.kinds == "continuous") & phenotypes.allowed)
    if transform == "none" or not places.size:
        return phenotypes
    values = phenotypes.values.copy()
    values[:, places] = normal_scores(values[:, places])
    return Side(phenotypes.names, phenotypes.kinds, values, phenotypes.allowed)


def scaled(column: FloatArray, kind: str) -> FloatArray:
    """Return a continuous phenotype in standard deviations; others as they are."""
    known = column[~np.isnan(column)]
    sd = float(known.std(ddof=1)) if known.size > 1 else 0.0
    return column / sd if kind == "continuous" and sd > 0 else column


def testable(x: FloatArray, kind: str, *, least: int) -> bool:
    """Tell whether both groups of a binary phenotype have ``least`` patients."""
    return kind != "binary" or min(int((x == 1).sum()), int((x == 0).sum())) >= least


testable.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def refusal_of(x: FloatArray, basis: FloatArray, kind: str, *, least: tuple[int, int]) -> int:
    """Return the code of a phenotype, without missing values, that no gene can be tested along, or ``OK``.

    Parameters
    ----------
    x : array, (n,)
    basis : array, (n, C)
        Orthogonal columns of one length that span intercept and covariates.
    kind : str
    least : tuple of int
        Fewest patients, and fewest in a group.
    """
    if x.size < least[0]:
        return FEW
    if not np.ptp(x) > 0:
        return FEATURE_CONSTANT
    if x.size - basis.shape[1] - 1 < 1:
        return NO_DF
    if not testable(x, kind, least=least[1]):
        return SMALL_GROUP
    left = x - basis @ (basis.T @ x) / np.square(basis[:, 0]).sum()
    return OK if np.linalg.norm(left) > NOTHING * np.linalg.norm(x - x.mean()) else FEATURE_EXPLAINED


def residuals(x: FloatArray, basis: FloatArray) -> FloatArray:
    """Return what the covariates leave of a phenotype, NaN where it is missing."""
    known = ~np.isnan(x)
    out = np.full(x.size, np.nan)
    if known.any():
        weights, *_ = np.linalg.lstsq(basis[known], x[known], rcond=None)
        out[known] = x[known] - basis[known] @ weights
    return out
