"""Negative binomial tests: every phenotype against the counts of all genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import NO_MAXIMUM, OK, TARGET_CONSTANT
from imagenomics.associate.design import orthonormal
from imagenomics.associate.differential.count_models import LN2, fit_counts, wald_errors
from imagenomics.associate.differential.dispersions import shrink_dispersions
from imagenomics.associate.differential.phenotypes import effect_name, refusal_of
from imagenomics.associate.outcome import Block, whole
from imagenomics.stats.tails import log_two_sided_t, p_and_log10

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CountTask:
    """What all phenotypes of a call share.

    Parameters
    ----------
    counts : array, (N, G)
    factors : array, (N,)
        Size factors of all patients.
    basis : array, (N, C)
        Orthonormal columns that span intercept and covariates.
    patients, group : int
        Fewest patients, and fewest in a group.
    confidence : float
    """

    counts: FloatArray
    factors: FloatArray
    basis: FloatArray
    patients: int
    group: int
    confidence: float


def count_phenotype(item: tuple[FloatArray, str], *, task: CountTask) -> Block:
    """Test one phenotype, ``(values, kind)``, against the counts of all genes: a block of (G, 1).

    The statistic is Wald's, held against a t distribution with the residual degrees of freedom: among few patients the
    normal distribution gives p values that are too small.

    Source
    ------
    Love, Huber & Anders 2014, Genome Biology 15:550.
    """
    x, kind = item
    known = ~np.isnan(x)
    counts, factors, x = task.counts[known], task.factors[known], x[known]
    basis = orthonormal(task.basis[known])
    left = x - basis @ (basis.T @ x)
    df = x.size - basis.shape[1] - 1
    code = np.full(counts.shape[1], OK, dtype=np.int8)
    code[~(counts > 0).any(axis=0) | ~(np.ptp(counts, axis=0) > 0 if x.size else False)] = TARGET_CONSTANT
    whole_code = refusal_of(x, basis, kind, least=(task.patients, task.group))
    if whole_code != OK:
        code[:] = whole_code
    effect, error = (np.full(code.size, np.nan) for _ in range(2))
    good = np.flatnonzero(code == OK)
    if good.size:
        # columns of mean square 1: coefficients are logs of changes of a usual size
        scale = float(np.linalg.norm(left)) / np.sqrt(x.size)
        design = np.column_stack([basis * np.sqrt(x.size), left / scale])
        found = _fit(counts[:, good], design, factors)
        code[good[~found[2]]] = NO_MAXIMUM
        effect[good], error[good] = found[0] / scale / LN2, found[1] / scale / LN2
        effect[code != OK] = error[code != OK] = np.nan
    return _block(effect, error, code, df=df, n=x.size, name=effect_name(kind, log2=True), task=task)


def _fit(
    counts: FloatArray, design: FloatArray, factors: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    dispersion = shrink_dispersions(counts, design, factors).final
    fit = fit_counts(counts, design, np.log(factors), dispersion)
    return fit.beta[:, -1], wald_errors(fit, design, dispersion), fit.done


def _block(
    effect: FloatArray,
    error: FloatArray,
    code: npt.NDArray[np.int8],
    *,
    df: int,
    n: int,
    name: str,
    task: CountTask,
) -> Block:
    shape = (code.size, 1)
    effect, error = effect.reshape(shape), error.reshape(shape)
    statistic = effect / error
    degrees = np.where(np.isnan(statistic), np.nan, max(df, 1))
    p, neg = p_and_log10(log_two_sided_t(statistic, degrees))
    step = error * special.stdtrit(degrees, 0.5 + task.confidence / 2)
    return Block(
        test="negative binomial Wald",
        effect_name=name,
        n=np.full(shape, n, dtype=np.int32),
        code=code.reshape(shape),
        effect=effect,
        ci_low=effect - step,
        ci_high=effect + step,
        statistic=statistic,
        p=p,
        neg_log10_p=neg,
        se=error,
        df=degrees.astype(np.float32),
        df_factor=whole(shape, 1.0),
        note="no permutation p: counts are modelled, not linear",
    )
