"""SAM of a family: every phenotype against all genes, in the table of associations and in SAM's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from imagenomics.associate.differential.by_phenotype import beside, each_phenotype
from imagenomics.associate.differential.checks import check_genes
from imagenomics.associate.differential.phenotypes import PER, effect_name, scored
from imagenomics.associate.differential.refusals import refuse_others
from imagenomics.associate.differential.sam import TIE, Sam, SamTask, sam_phenotype
from imagenomics.associate.differential.sam_deltas import NAMES
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.frame import Placed, make_frame, put_together
from imagenomics.associate.inputs import read_inputs
from imagenomics.associate.outcome import Block, Rules, whole
from imagenomics.associate.permute import permuted_orders
from imagenomics.associate.sides import Side, check_table
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor

GENE_COLUMNS = ("analysis", "feature", "target", "d", "expected", "s0", "s0_percentile", "pi0", "q_sam")
DELTA_COLUMNS = ("analysis", "feature", *NAMES)
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SamResult:
    """What SAM found.

    Parameters
    ----------
    associations : DataFrame
        Columns of every family. ``p`` is pooled over genes and draws, so that its Benjamini-Hochberg ``q`` is the mean
        number of permuted genes beyond a gene's d over the number of genes there, with all genes taken for null.
    genes : DataFrame
        ``GENE_COLUMNS``: one row per tested pair.
    deltas : DataFrame
        ``DELTA_COLUMNS``: 50 rows per phenotype, the plot of SAM as numbers.
    """

    associations: pd.DataFrame
    genes: pd.DataFrame
    deltas: pd.DataFrame


def test_sam(
    phenotypes: PatientTable,
    genes: PatientTable,
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    strata: pd.Series | None = None,  # noqa: PT028
    settings: DifferentialSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,  # noqa: PT028
) -> SamResult:
    """Test every gene along every phenotype by SAM: two classes, or a number.

    Parameters
    ----------
    phenotypes, genes, covariates, strata, settings, analysis, seed, executor
        As of :func:`~imagenomics.associate.differential.expression.test_expression`; ``method`` is 'sam'.

    Returns
    -------
    SamResult

    Raises
    ------
    InputError
        ``IGX-DIFF-001``, ``IGX-DIFF-002``; ``IGX-DIFF-010``: no patient can change place; ``IGX-ASSOC-001`` to
        ``IGX-ASSOC-008``.

    Assumes
    -------
    Under the null patients are exchangeable within strata, given the covariates.

    Source
    ------
    Tusher, Tibshirani & Chu 2001, Proceedings of the National Academy of Sciences 98:5116; with covariates d is the
    slope of a linear model over its standard error and the constant.
    """
    check_genes(check_table(genes, what="genes"), where=analysis, settings=settings)
    inputs = read_inputs(
        phenotypes, genes, covariates=covariates, strata=strata, names=("phenotypes", "genes")
    )
    groups = inputs.strata
    if groups.size and len(np.unique(groups)) == groups.size:
        raise InputError(
            "IGX-DIFF-010",
            "every patient is alone in a stratum: none can change place, and SAM has no p values",
            where=analysis,
            expected="strata of several patients",
            remedy="set within = 'nothing', or take method = 'moderated'",
        )
    f, g = scored(inputs.features, settings.transform), inputs.targets
    fit, usable = np.flatnonzero(np.isin(f.kinds, list(PER)) & f.allowed), np.flatnonzero(g.allowed)
    orders = permuted_orders(groups, range(settings.permutations), seed=seed, analysis=analysis)
    task = SamTask(
        g.values[:, usable], inputs.design.basis, orders, settings.min_patients, settings.min_group
    )
    found = each_phenotype(
        sam_phenotype,
        f,
        fit if usable.size else fit[:0],
        task=task,
        executor=executor or SerialExecutor(),
        analysis=analysis,
    )
    log2 = all(str(unit).startswith("log2") for unit in genes.columns["unit"])
    placed = [*_placed(f, fit, usable, found, settings, log2=log2), *refuse_others(f, g)]
    table = put_together(placed, (len(g.names), len(f.names)))
    labels = {"analysis": analysis, "unit": "patient"}
    labels["stratum"] = "" if strata is None else str(strata.name or "strata")
    frame = make_frame(
        table,
        (f, g),
        labels=labels,
        fdr=settings.fdr,
        rules=Rules(settings.min_patients, settings.min_group),
        p_maxt=_largest(table.numbers["statistic"], found),
        permutation="maxT",
    )
    names = [g.names[int(k)] for k in usable]
    return SamResult(frame, _genes(found, fit, f, names, analysis=analysis), _deltas(found, fit, f, analysis))


test_sam.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _placed(
    f: Side,
    fit: npt.NDArray[np.intp],
    usable: npt.NDArray[np.intp],
    found: Sequence[Sam],
    settings: DifferentialSettings,
    *,
    log2: bool,
) -> list[Placed]:
    placed = []
    for kind in PER:
        own = [k for k, place in enumerate(fit[: len(found)]) if f.kinds[place] == kind]
        if own:
            block = beside([_block(found[k], kind, settings, log2=log2) for k in own])
            placed.append(Placed(block, usable, fit[own], True))
    return placed


def _block(sam: Sam, kind: str, settings: DifferentialSettings, *, log2: bool) -> Block:
    slopes = sam.slopes
    shape = (sam.d.size, 1)
    effect = np.where(np.isnan(sam.d), np.nan, slopes.effect)
    df = np.where(np.isnan(sam.d), np.nan, slopes.df)
    step = sam.error * special.stdtrit(df, 0.5 + settings.confidence / 2)
    with np.errstate(divide="ignore"):
        neg = -np.log10(sam.p)
    return Block(
        test="SAM d",
        effect_name=effect_name(kind, log2=log2),
        n=slopes.n.reshape(shape),
        code=sam.code.reshape(shape),
        effect=effect.reshape(shape),
        ci_low=(effect - step).reshape(shape),
        ci_high=(effect + step).reshape(shape),
        statistic=sam.d.reshape(shape),
        p=sam.p.reshape(shape),
        neg_log10_p=neg.reshape(shape),
        se=sam.error.reshape(shape),
        df=df.astype(np.float32).reshape(shape),
        df_factor=whole(shape, 1.0),
    )


def _largest(d: FloatArray, found: Sequence[Sam]) -> FloatArray | None:
    """Return the share of draws whose largest d of the family is no smaller."""
    if not found:
        return None
    largest = np.sort(np.column_stack([sam.largest for sam in found]).max(axis=1))
    reached = largest.size - np.searchsorted(largest, np.abs(d) * (1 - TIE), side="left")
    return np.where(np.isnan(d), np.nan, (reached + 1.0) / (largest.size + 1.0))


def _genes(
    found: Sequence[Sam], places: npt.NDArray[np.intp], f: Side, names: Sequence[str], *, analysis: str
) -> pd.DataFrame:
    frames = []
    for sam, place in zip(found, places, strict=False):
        if sam.called is None:
            continue
        good = np.flatnonzero(~np.isnan(sam.d))
        columns = {
            "analysis": analysis,
            "feature": f.names[int(place)],
            "target": [names[int(k)] for k in good],
            "d": sam.d[good],
            "expected": sam.called.expected,
            "s0": sam.fudge.value,
            "s0_percentile": sam.fudge.percentile,
            "pi0": sam.called.pi0,
            "q_sam": sam.called.q,
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(GENE_COLUMNS))


def _deltas(found: Sequence[Sam], places: npt.NDArray[np.intp], f: Side, analysis: str) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"analysis": analysis, "feature": f.names[int(place)], **sam.called.deltas})
        for sam, place in zip(found, places, strict=False)
        if sam.called is not None
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(DELTA_COLUMNS))
