"""SAM: slopes over standard errors with a constant added, and what permuted patients give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import OK, SMALL_GROUP
from imagenomics.associate.differential.fudge import Fudge, fudge_factor
from imagenomics.associate.differential.phenotypes import residuals, testable
from imagenomics.associate.differential.sam_deltas import Called, call_genes
from imagenomics.associate.differential.slopes import Slopes, fit_slopes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TIE = 1e-9  # relative: statistics as equal as this count as equal


class Sam(NamedTuple):
    """One phenotype against all genes, (G,) each, NaN where a gene was not tested.

    Parameters
    ----------
    slopes : Slopes
    d, error, p : arrays
        ``p`` is the share of all genes' permuted d that are as large.
    code : int array
    largest : array, (B,)
        Largest permuted d of each draw.
    fudge : Fudge
    called : Called, optional
        Of the genes with a d, in their order; None where there is none.
    """

    slopes: Slopes
    d: FloatArray
    error: FloatArray
    p: FloatArray
    code: npt.NDArray[np.int8]
    largest: FloatArray
    fudge: Fudge
    called: Called | None


@dataclass(frozen=True)
class SamTask:
    """What all phenotypes of a call share.

    Parameters
    ----------
    genes : array, (N, G)
    basis : array, (N, C)
        Orthonormal columns that span intercept and covariates.
    orders : int array, (B, N)
        Row of the phenotype that is set beside each row of the genes, one line for each draw.
    patients, group : int
        Fewest patients, and fewest in a group.
    """

    genes: FloatArray
    basis: FloatArray
    orders: IntArray
    patients: int
    group: int


def sam_phenotype(item: tuple[FloatArray, str], *, task: SamTask) -> Sam:
    """Test one phenotype, ``(values, kind)``, against all genes.

    The residuals of the phenotype given the covariates are permuted (Freedman & Lane 1983); without covariates these
    are whole patients. The constant is that of the data as they are.

    Source
    ------
    Tusher, Tibshirani & Chu 2001, Proceedings of the National Academy of Sciences 98:5116.
    """
    x, kind = item
    slopes = fit_slopes(task.genes, task.basis, x, least=task.patients)
    code = slopes.code.copy()
    if not testable(x, kind, least=task.group):
        code[code == OK] = SMALL_GROUP
    good = code == OK
    error = np.where(good, slopes.unscaled * np.sqrt(slopes.variance), np.nan)
    fudge = fudge_factor(slopes.effect[good], error[good])
    d = np.where(good, slopes.effect, np.nan) / (error + fudge.value)
    p, largest = np.full(d.size, np.nan), np.zeros(len(task.orders))
    called = None
    if good.any():
        draws = _draws(residuals(x, task.basis), task, good, fudge.value)
        largest = np.abs(draws).max(axis=1)
        p[good] = pooled_p(np.abs(d[good]), np.abs(draws).reshape(-1))
        called = call_genes(d[good], draws)
    return Sam(slopes, d, error, p, code, largest, fudge, called)


def _draws(left: FloatArray, task: SamTask, good: npt.NDArray[np.bool_], constant: float) -> FloatArray:
    genes = task.genes[:, good]
    draws = np.zeros((len(task.orders), genes.shape[1]))
    for row, order in zip(draws, task.orders, strict=True):
        slopes = fit_slopes(genes, task.basis, left[order], least=task.patients)
        found = slopes.effect / (slopes.unscaled * np.sqrt(slopes.variance) + constant)
        row[:] = np.nan_to_num(found, nan=0.0)
    return draws


def pooled_p(observed: FloatArray, drawn: FloatArray) -> FloatArray:
    """Return (count + 1) / (number + 1), counting drawn statistics of all genes that are no smaller."""
    ranked = np.sort(drawn)
    reached = drawn.size - np.searchsorted(ranked, observed * (1 - TIE), side="left")
    return np.asarray((reached + 1.0) / (drawn.size + 1.0))
