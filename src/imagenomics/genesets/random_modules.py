"""Modules among random groups of genes: an eigengene has to follow a feature more than those of its kind do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.design import complete_rows, make_design
from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.settings import AssociateSettings
from imagenomics.associate.sides import read_side
from imagenomics.genesets.enrich import SetTables, stop_at_failures
from imagenomics.genesets.gene_panel import make_panel
from imagenomics.genesets.lineup import (
    COMPARED,
    LEAST_GENES,
    LEAST_PATIENTS,
    OURS,
    Lineup,
    compare_with_random,
)
from imagenomics.genesets.modules import Modules
from imagenomics.genesets.random_sets import RandomSets, draw_random_sets, expression_levels
from imagenomics.genesets.settings import ModuleSettings
from imagenomics.genesets.verdict import Null, q_above, stand_against
from imagenomics.prepare.eigengenes import GeneStandard, eigengenes
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import Executor, SerialExecutor

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
NUMBERS = ("genes", *COMPARED[:5], "effective", "correlation", "correlation_random")
METAGENE = "a metagene weighs every gene: there is no random group of genes to hold it against"
RANDOM_GROUPS = "not shown to beat random groups of genes of the same size and correlation"
FEW = "too few patients or genes for random groups to be drawn"


@dataclass(frozen=True)
class _Genes:
    """What random groups are drawn from.

    Parameters
    ----------
    names : tuple of str, (p,)
    ids : Index, (n,)
        Patients with expression.
    standard : array, (n, p)
        z scores, as eigengenes take them.
    units : array, (m, G)
        Usable genes given the covariates, of unit length, in the patients who have these.
    usable : int array, (G,)
        Their places among all genes.
    levels : int array, (G,)
    """

    names: tuple[str, ...]
    ids: pd.Index
    standard: FloatArray
    units: FloatArray
    usable: IntArray
    levels: IntArray


def compare_modules(
    tables: SetTables,
    found: Modules,
    mapped: pd.DataFrame,
    *,
    settings: ModuleSettings,
    tests: AssociateSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Hold every association of a module that q calls significant against eigengenes of random groups of genes.

    The groups have as many genes as the module, as correlated given the covariates, as highly expressed, and come from
    outside of it as long as there are twice as many genes there. Their eigengenes are made and tested as the module's
    is. Where genes that correlate as much are not to be had, the squared correlations of the groups are raised to what
    as tight a group would have shown (Spearman and Brown's formula), so that a module does not win by being measured
    better. Where the groups say few different things, as where there are few other modules, p is no less than what a t
    prediction from so few says.

    Parameters
    ----------
    tables : SetTables
    found : Modules
    mapped : DataFrame
        Of :func:`imagenomics.genesets.radiogenomic_map.map_scores`.
    settings : ModuleSettings
    tests : AssociateSettings
        Those of the map; its ``alpha`` holds for q and for p against random groups.
    analysis : str
    seed : int
    executor : Executor, optional
        Takes the modules one by one; results do not depend on it.

    Returns
    -------
    DataFrame
        ``mapped`` with ``NUMBERS`` and ``verdict``; ``reason`` says why a tested pair is no finding. ``z`` and
        ``p_random_sets`` are missing where q is above ``alpha``. Metagenes weigh every gene, so that no random group
        is like them: they are `not testable`.

    Source
    ------
    Venet, Dumont & Detours 2011, PLoS Computational Biology 7:e1002240; Langfelder & Horvath 2007, BMC Systems Biology
    1:54 (eigengenes).
    """
    names = dict.fromkeys(NUMBERS, np.nan)
    table = mapped.assign(**names, why_not="", reason=mapped["reason"].astype(str))
    passing = table[table["q"] <= tests.alpha]
    coexpression = settings.method == "coexpression"
    if len(passing) and coexpression:
        genes = _read_genes(tables, tests.min_patients)
        own = {f"{analysis}.{m}": list(part["gene"]) for m, part in found.genes.groupby("module")}
        targets = passing["target"].astype(str)
        items = {
            module: (
                module,
                own[module],
                sorted(passing.loc[targets == module, "feature"].astype(str).unique()),
            )
            for module in targets.unique()
        }
        shared = {
            "tables": tables,
            "genes": genes,
            "tests": tests.model_copy(update={"permutations": 0, "keep_p": 1.0}),
            "count": settings.random_sets,
            "stream": (seed, analysis),
        }
        outcome = (executor or SerialExecutor()).map(
            _one, items, label=f"random groups of {analysis}", shared=shared
        )
        stop_at_failures(outcome.failures, analysis)
        _fill(table, passing, outcome.results)
    answers = list(_answers(table, tests.alpha, coexpression))
    table["verdict"], table["reason"] = zip(*answers, strict=True) if answers else ((), ())
    return table.drop(columns="why_not")


def _fill(table: pd.DataFrame, passing: pd.DataFrame, results: dict[str, pd.DataFrame]) -> None:
    columns = [*NUMBERS, "why_not"]
    for module, rows in passing.groupby(passing["target"].astype(str)):
        compared = results[str(module)].reindex(rows["feature"].astype(str))
        for column in columns:
            table.loc[rows.index, column] = compared[column].to_numpy()


def _answers(table: pd.DataFrame, alpha: float, coexpression: bool) -> Iterator[tuple[str, str]]:
    columns = ("q", "p_random_sets", "why_not", "reason")
    for q, p, why, reason in zip(*(table[c] for c in columns), strict=True):
        against = Null(p, RANDOM_GROUPS, why) if coexpression else Null(np.nan, missing=METAGENE)
        nulls = Null(q, "" if reason else q_above(alpha)), against
        yield stand_against(nulls, alpha=alpha, reason=reason)


def _read_genes(tables: SetTables, min_patients: int) -> _Genes:
    expression = tables.expression
    there = expression.values.notna().any(axis=1)
    ids = expression.values.index[there]
    values = expression.values[there].to_numpy(dtype=np.float64)
    names = tuple(str(g) or str(c) for c, g in expression.columns["feature"].items())
    keep, adjust = np.ones(len(ids), dtype=np.bool_), None
    if tables.covariates is not None and len(tables.covariates.columns):
        side = read_side(tables.covariates, ids, what="covariates")
        keep = complete_rows(side)
        adjust = side.rows(keep)
    design = make_design(adjust, int(keep.sum())).basis
    least = min(min_patients, max(int(keep.sum()), 1))
    panel, usable = make_panel(normal_scores(values[keep]), names, design, min_patients=least)
    return _Genes(
        names,
        ids,
        GeneStandard.of(values).apply(values),
        panel.units,
        np.flatnonzero(usable),
        expression_levels(values[keep][:, usable]) if usable.any() else np.zeros(0, dtype=np.int64),
    )


def _one(
    item: tuple[str, list[str], list[str]],
    *,
    tables: SetTables,
    genes: _Genes,
    tests: AssociateSettings,
    count: int,
    stream: tuple[int, str],
) -> pd.DataFrame:
    """Return how one module does among its random groups, by feature (``NUMBERS`` and ``why_not``)."""
    module, members, features = item
    at = {name: k for k, name in enumerate(genes.names)}
    places = np.array(sorted(at[g] for g in members), dtype=np.int64)
    inside = np.flatnonzero(np.isin(genes.usable, places))
    columns = [*NUMBERS, "why_not"]
    if len(genes.units) < LEAST_PATIENTS or inside.size < LEAST_GENES:
        return pd.DataFrame({"why_not": FEW}, index=features).reindex(columns=columns)
    drawn = draw_random_sets(
        inside, genes.units, genes.levels, count=count, measure="mean", stream=(*stream, module)
    )
    lineup = _line_up(drawn, places, genes, size=inside.size)
    rows = test_pairs(
        tables.phenotypes.select(features),
        lineup.scores,
        covariates=tables.covariates,
        settings=tests,
        analysis=stream[1],
        seed=stream[0],
    )
    found = compare_with_random(rows, lineup, side="target")
    return found.assign(
        genes=len(places),
        effective=lineup.effective,
        correlation=lineup.wanted,
        correlation_random=lineup.reached,
    ).reindex(features, columns=columns)


def _line_up(drawn: RandomSets, places: IntArray, genes: _Genes, *, size: int) -> Lineup:
    groups = [genes.usable[drawn.index.set(r)] for r in range(len(drawn.reached))]
    columns = [OURS, *(f"random {r + 1}" for r in range(len(groups)))]
    frame = pd.DataFrame(eigengenes(genes.standard, [places, *groups]), index=genes.ids, columns=columns)
    gain = np.maximum(_reliability(drawn.wanted, size) / _reliability(drawn.reached, size), 1.0)
    return Lineup(
        PatientTable(frame, describe(columns, role="molecule", feature=columns)),
        len(places),
        drawn.wanted,
        float(drawn.reached.mean()),
        min(drawn.effective, _distinct(drawn, genes.units)),
        pd.Series(gain, index=columns[1:]),
    )


def _distinct(drawn: RandomSets, units: FloatArray) -> float:
    """Return how many groups differ in what they say, beyond what all of them have in common.

    Groups without common genes may still be of one module, and then they are one group twice: R^2 over the sum of the
    squared positive correlations of their mean genes given the covariates, less the mean of all groups.
    """
    count = len(drawn.reached)
    means = np.stack([units[:, drawn.index.set(r)].mean(axis=1) for r in range(count)], axis=1)
    means /= np.maximum(np.linalg.norm(means, axis=0), 1e-12)
    own = means - means.mean(axis=1, keepdims=True)
    own /= np.maximum(np.linalg.norm(own, axis=0), 1e-12)
    return float(count**2 / (np.maximum(own.T @ own, 0.0) ** 2).sum())


def _reliability(correlation: FloatArray | float, size: int) -> FloatArray:
    """Return which share of the variance of a mean of so many genes is what they have in common (Spearman-Brown)."""
    r = np.maximum(np.asarray(correlation, dtype=np.float64), 1.0 / size)
    return np.asarray(size * r / (1.0 + (size - 1.0) * r))
