"""Which sets of genes go with which imaging phenotype, and whether more than random sets do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.design import complete_rows, make_design
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.sides import Side, check_table, read_side
from imagenomics.associate.strata import read_strata
from imagenomics.errors import InputError, InternalError, short_list
from imagenomics.genesets.frame import make_frame
from imagenomics.genesets.gene_panel import make_panel
from imagenomics.genesets.one_phenotype import Bench, test_phenotype
from imagenomics.genesets.random_sets import RandomSets, draw_random_sets, expression_levels
from imagenomics.genesets.set_index import SetIndex, locate_sets
from imagenomics.genesets.settings import EnrichSettings
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.failures import Failure

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SetTables:
    """The tables of a test of gene sets, all by patient.

    Parameters
    ----------
    phenotypes : PatientTable
        Imaging features; continuous, ordinal or binary.
    expression : PatientTable
        One continuous column for each gene; the ``feature`` of its description is the gene's name.
    covariates : PatientTable, optional
        What the tests adjust for.
    strata : Series, optional
        Groups (sites) within which patients are permuted.
    """

    phenotypes: PatientTable
    expression: PatientTable
    covariates: PatientTable | None = None
    strata: pd.Series | None = None


@dataclass(frozen=True)
class _Arrays:
    phenotypes: Side
    genes: Side
    names: tuple[str, ...]
    design: FloatArray
    strata: IntArray


def enrich_sets(
    tables: SetTables,
    sets: Mapping[str, Sequence[str]],
    *,
    settings: EnrichSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Test every set against every phenotype, and compare each with random sets of its kind.

    Parameters
    ----------
    tables : SetTables
    sets : mapping of str to sequence of str
        Genes by set; the names are those of the expression.
    settings : EnrichSettings
    analysis : str
        Name of the family; it also names the random streams.
    seed : int
    executor : Executor, optional
        Draws random sets (a block of sets each) and tests phenotypes; results do not depend on it.

    Returns
    -------
    DataFrame
        One row for every phenotype and set (``genesets.frame.COLUMNS``), none left out. ``p`` and ``q`` belong to
        the null of the method; ``p_permutation`` to the null of patients, which keeps the genes as correlated as they
        are; ``p_random_sets`` to the null of random sets of the same size, correlation and level of expression, whose
        middle 95% lie between ``random_low`` and ``random_high``. ``verdict`` asks all three.

    Raises
    ------
    InputError
        ``IGX-SETS-003`` to ``IGX-SETS-005``: sets and genes do not go together; ``IGX-SETS-009``: expression columns
        that are no numbers; ``IGX-SETS-010``: phenotypes without order; ``IGX-ASSOC-001`` to ``IGX-ASSOC-008``.

    Assumes
    -------
    Patients are independent and, given covariates and stratum, exchangeable.

    Source
    ------
    Goeman & Buehlmann 2007, Bioinformatics 23:980 (why two nulls); Venet, Dumont & Detours 2011, PLoS Computational
    Biology 7:e1002240 (why random sets).
    """
    worker = executor or SerialExecutor()
    arrays = _read(tables, analysis)
    index = locate_sets(sets, arrays.names, min_matched=settings.min_matched, where=analysis)
    random = _random_sets(arrays, index, settings, seed=seed, analysis=analysis, executor=worker)
    bench = Bench(
        arrays.genes.values,
        arrays.names,
        arrays.design,
        arrays.strata,
        index,
        random,
        settings,
        settings.draws(len(arrays.phenotypes.names) * len(random)),
        seed,
        analysis,
    )
    usable = {name: (name, arrays.phenotypes.values[:, j]) for j, name in enumerate(arrays.phenotypes.names)}
    outcome = worker.map(test_phenotype, usable, label=f"gene sets of {analysis}", shared={"bench": bench})
    stop_at_failures(outcome.failures, analysis)
    sizes = {name: len(set(members)) for name, members in sets.items()}
    rows = [
        row
        | {
            "size": sizes[row["set"]],
            "correlation": random[row["set"]].wanted if row["set"] in random else np.nan,
            "correlation_random": float(random[row["set"]].reached.mean())
            if row["set"] in random
            else np.nan,
        }
        for name in usable
        for row in outcome.results[name]
    ]
    return make_frame(rows, settings=settings, analysis=analysis)


def _read(tables: SetTables, analysis: str) -> _Arrays:
    """Return the tables as arrays over the patients that all of them know, in the order of their ids."""
    phenotypes, expression = tables.phenotypes, tables.expression
    check_table(phenotypes, what="phenotypes")
    check_table(expression, what="expression")
    wrong = [c for c, kind in phenotypes.columns["kind"].items() if kind == "categorical"]
    if wrong:
        raise InputError(
            "IGX-SETS-010",
            f"{len(wrong)} phenotypes have categories without order: {short_list(wrong)}",
            where=analysis,
            expected="continuous, ordinal or binary phenotypes: genes are ranked along them",
            remedy="name the others in `features`",
        )
    odd = [c for c, kind in expression.columns["kind"].items() if kind != "continuous"]
    if odd or not len(expression.columns):
        raise InputError(
            "IGX-SETS-009",
            f"{len(odd)} columns of the expression are not continuous: {short_list(odd)}"
            if odd
            else "the expression has no column",
            where=analysis,
            expected="one continuous column for each gene",
            remedy="name a block of kind 'expression' as `molecules`",
        )
    ids = phenotypes.values.index.intersection(expression.values.index).sort_values()
    x, y = read_side(phenotypes, ids, what="phenotypes"), read_side(expression, ids, what="expression")
    adjust, groups = None, read_strata(tables.strata, ids)
    if tables.covariates is not None and len(tables.covariates.columns):
        adjust = read_side(check_table(tables.covariates, what="covariates"), ids, what="covariates")
    keep = np.asarray(~(np.isnan(y.values).all(axis=1) | np.isnan(x.values).all(axis=1)), dtype=np.bool_)
    if adjust is not None:
        keep = np.logical_and(keep, complete_rows(adjust))
        adjust = adjust.rows(keep)
    genes = y.rows(keep)
    values = np.where(np.isfinite(genes.values), genes.values, np.nan)
    names = tuple(str(g) or str(c) for c, g in expression.columns["feature"].items())
    clean = Side(genes.names, genes.kinds, values, genes.allowed)
    design = make_design(adjust, int(keep.sum())).basis
    return _Arrays(x.rows(keep), clean, names, design, groups[keep])


def _random_sets(
    arrays: _Arrays,
    index: SetIndex,
    settings: EnrichSettings,
    *,
    seed: int,
    analysis: str,
    executor: Executor,
) -> dict[str, RandomSets]:
    """Draw the random sets of every set that is large enough, a set a task."""
    values = arrays.genes.values
    if len(values) < settings.min_patients:
        return {}
    if settings.transform == "normal-scores":
        values = normal_scores(values)
    panel, usable = make_panel(values, arrays.names, arrays.design, min_patients=settings.min_patients)
    sets = index.among(usable)
    places = np.flatnonzero(usable)
    largest = min(settings.max_size, len(panel.genes) - 1)
    items = {
        name: (name, sets.set(k))
        for k, name in enumerate(sets.names)
        if settings.min_size <= sets.sizes[k] <= largest
    }
    shared = {
        "units": panel.units,
        "levels": expression_levels(arrays.genes.values[:, usable]),
        "settings": settings,
        "stream": (seed, analysis),
    }
    outcome = executor.map(_draw, items, label=f"random sets of {analysis}", shared=shared)
    stop_at_failures(outcome.failures, analysis)
    found = {}
    for name in items:
        drawn = outcome.results[name]
        back = SetIndex(drawn.index.names, places[drawn.index.members], drawn.index.starts)
        found[name] = replace(drawn, index=back)
    return found


def _draw(
    item: tuple[str, IntArray],
    *,
    units: FloatArray,
    levels: IntArray,
    settings: EnrichSettings,
    stream: tuple[int, str],
) -> RandomSets:
    squared = settings.method == "self-contained" and settings.statistic == "mean-square"
    return draw_random_sets(
        item[1],
        units,
        levels,
        count=settings.random_sets,
        measure="mean-square" if squared else "mean",
        stream=(*stream, item[0]),
    )


def stop_at_failures(failures: Sequence[Failure], analysis: str) -> None:
    """Raise the first failure: a family with holes has no q values (``IGX-SETS-008``)."""
    if failures:
        first = failures[0]
        raise InternalError(
            "IGX-SETS-008",
            f"{len(failures)} parts of the tests failed, the first: {first.error}",
            where=f"{analysis}: {first.item}",
            remedy=first.remedy or "please report it",
        )
