"""Which genes go along with an imaging phenotype: all genes against each phenotype, one family."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.codes import FEATURE_INVALID
from imagenomics.associate.differential.moderated import PER, ModeratedEngine
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.frame import Placed, make_frame, put_together
from imagenomics.associate.inputs import read_inputs
from imagenomics.associate.outcome import Rules, common_counts, refused
from imagenomics.associate.permute import family_p
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.sides import Side, check_table
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.threads import one_thread


def test_expression(
    phenotypes: PatientTable,
    genes: PatientTable,
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    strata: pd.Series | None = None,  # noqa: PT028
    settings: DifferentialSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,  # noqa: PT028
) -> pd.DataFrame:
    """Test every gene along every phenotype by linear models whose variances are shrunk across genes.

    Parameters
    ----------
    phenotypes : PatientTable
        F features: continuous (effect per standard deviation), ordinal (per level) or binary (between groups).
    genes : PatientTable
        G continuous columns, best on a log2 scale; not raw counts.
    covariates : PatientTable, optional
        What the models adjust for; every column of it.
    strata : Series, optional
        Stratum by patient (a site): permutations keep patients in theirs.
    settings : DifferentialSettings
    analysis : str
        Name of the family; it also names the random streams.
    seed : int
    executor : Executor, optional
        Does the permutations; results do not depend on it.

    Returns
    -------
    DataFrame
        G x F rows with the columns of :mod:`imagenomics.associate.frame`, the genes being the targets. The moderated
        variances belong to all genes of the call; ``p_maxt`` and ``q`` cover the family.

    Raises
    ------
    InputError
        ``IGX-DIFF-001``: raw counts; ``IGX-DIFF-002``: genes that are no continuous numbers; ``IGX-ASSOC-001`` to
        ``IGX-ASSOC-008``.

    Source
    ------
    Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3.
    """
    check_genes(check_table(genes, what="genes"), where=analysis)
    inputs = read_inputs(
        phenotypes, genes, covariates=covariates, strata=strata, names=("phenotypes", "genes")
    )
    f, g = inputs.features, inputs.targets
    log2 = all(str(unit).startswith("log2") for unit in genes.columns["unit"])
    with one_thread():
        placed, engines = _observe(_scored(f, settings), g, inputs.design.basis, settings, log2=log2)
        table = put_together(placed, (len(g.names), len(f.names)))
    p_maxt = family_p(
        table.numbers["neg_log10_p"],
        engines,
        inputs.strata,
        draws=settings.permutations,
        seed=seed,
        analysis=analysis,
        executor=executor or SerialExecutor(),
    )
    stratum = "" if strata is None else str(strata.name or "strata")
    return make_frame(
        table,
        (f, g),
        labels={"analysis": analysis, "stratum": stratum, "unit": "patient"},
        fdr=settings.fdr,
        rules=Rules(settings.min_patients, settings.min_group),
        p_maxt=p_maxt,
        permutation="minP",
    )


test_expression.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def check_genes(genes: PatientTable, *, where: str) -> None:
    """Refuse columns that linear models of expression cannot read (``IGX-DIFF-001``, ``IGX-DIFF-002``)."""
    if (genes.columns["unit"] == "counts").any():
        raise InputError(
            "IGX-DIFF-001",
            "these genes are raw counts, whose spread grows with their level",
            where=where,
            expected="expression on a log scale",
            remedy="set normalise = 'log-cpm' or 'tmm' in the [[molecules]] block",
        )
    wrong = genes.columns.index[genes.columns["kind"] != "continuous"]
    if len(wrong):
        raise InputError(
            "IGX-DIFF-002",
            f"{len(wrong)} columns are not continuous, e.g. {wrong[0]}",
            where=where,
            expected="expression",
            remedy="name a [[molecules]] block of kind 'expression'; test the others in [[associate]]",
        )


def _scored(phenotypes: Side, settings: DifferentialSettings) -> Side:
    places = np.flatnonzero((phenotypes.kinds == "continuous") & phenotypes.allowed)
    if settings.transform == "none" or not places.size:
        return phenotypes
    values = phenotypes.values.copy()
    values[:, places] = normal_scores(values[:, places])
    return Side(phenotypes.names, phenotypes.kinds, values, phenotypes.allowed)


def _observe(
    phenotypes: Side,
    genes: Side,
    basis: npt.NDArray[np.float64],
    settings: DifferentialSettings,
    *,
    log2: bool,
) -> tuple[list[Placed], list[ModeratedEngine]]:
    """Test the phenotypes kind by kind; unordered categories and impossible values are refused."""
    placed: list[Placed] = []
    engines: list[ModeratedEngine] = []
    usable = genes.allowed
    all_genes = np.flatnonzero(usable)
    for kind in PER:
        places = np.flatnonzero((phenotypes.kinds == kind) & phenotypes.allowed)
        if places.size and all_genes.size:
            engine = ModeratedEngine(
                phenotypes.take(places), genes.take(all_genes), basis=basis, settings=settings, log2=log2
            )
            placed.append(Placed(engine.observe(), all_genes, places, True))
            engines.append(engine)
    other = np.flatnonzero((~np.isin(phenotypes.kinds, list(PER))) | ~phenotypes.allowed)
    fine = np.setdiff1d(np.arange(len(phenotypes.names)), other)
    for rows, columns in ((all_genes, other), (np.flatnonzero(~usable), np.concatenate([fine, other]))):
        if rows.size and columns.size:
            n = common_counts(phenotypes.values[:, columns], genes.values[:, rows])
            code = np.full(n.shape, FEATURE_INVALID, dtype=np.int8)
            placed.append(Placed(refused("", n, code), rows, columns, False))
    return placed, engines
