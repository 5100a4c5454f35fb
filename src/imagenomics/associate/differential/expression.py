"""Which genes go along with an imaging phenotype: all genes against each phenotype, one family."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.differential.by_phenotype import beside, each_phenotype
from imagenomics.associate.differential.checks import check_genes
from imagenomics.associate.differential.counted import CountTask, count_phenotype
from imagenomics.associate.differential.moderated import ModeratedEngine
from imagenomics.associate.differential.phenotypes import PER, scored
from imagenomics.associate.differential.quasi import QuasiEngine
from imagenomics.associate.differential.quasi_scores import fit_null
from imagenomics.associate.differential.refusals import refuse_others
from imagenomics.associate.differential.sam_family import test_sam
from imagenomics.associate.differential.settings import COUNTED, DifferentialSettings
from imagenomics.associate.differential.size_factors import size_factors
from imagenomics.associate.frame import Placed, make_frame, put_together
from imagenomics.associate.inputs import read_inputs
from imagenomics.associate.outcome import Engine, Rules
from imagenomics.associate.permute import family_p
from imagenomics.associate.sides import Side, check_table
from imagenomics.genomics.normalise import tmm_factors
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.executor import Executor, SerialExecutor
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]


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
    """Test every gene along every phenotype, by the method of the settings.

    Parameters
    ----------
    phenotypes : PatientTable
        F features: continuous (effect per standard deviation), ordinal (per level) or binary (between groups).
    genes : PatientTable
        G continuous columns, best on a log2 scale; raw counts for 'voom', 'quasi-likelihood' and
        'negative-binomial' alone.
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
        ``IGX-DIFF-001``: raw counts; ``IGX-DIFF-002``: genes that are no continuous numbers; ``IGX-DIFF-011``: no raw
        counts for a method of counts; ``IGX-DIFF-012``: too few genes of counts; ``IGX-ASSOC-001`` to
        ``IGX-ASSOC-008``; of SAM ``IGX-DIFF-010``.
    InternalError
        ``IGX-DIFF-013``: the work on a phenotype failed.

    Source
    ------
    Moderated t: Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3. SAM: Tusher and others
    2001, Proceedings of the National Academy of Sciences 98:5116. Voom: Law and others 2014, Genome Biology 15:R29.
    Negative binomial: Love and others 2014, Genome Biology 15:550. Quasi-likelihood: see :mod:`.quasi_scores`.
    """
    check_genes(check_table(genes, what="genes"), where=analysis, settings=settings)
    if settings.method == "sam":
        return test_sam(
            phenotypes,
            genes,
            covariates=covariates,
            strata=strata,
            settings=settings,
            analysis=analysis,
            seed=seed,
            executor=executor,
        ).associations
    inputs = read_inputs(
        phenotypes, genes, covariates=covariates, strata=strata, names=("phenotypes", "genes")
    )
    f, g = inputs.features, inputs.targets
    executor = executor or SerialExecutor()
    log2 = all(str(unit).startswith("log2") for unit in genes.columns["unit"])
    with one_thread():
        placed, engines = _observe(
            scored(f, settings.transform),
            g,
            inputs.design.basis,
            settings,
            log2=log2 or settings.method in COUNTED,
            work=(executor, analysis),
        )
        table = put_together(placed, (len(g.names), len(f.names)))
    p_maxt = family_p(
        table.numbers["neg_log10_p"],
        engines,
        inputs.strata,
        draws=settings.permutations,
        seed=seed,
        analysis=analysis,
        executor=executor,
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


def _observe(
    phenotypes: Side,
    genes: Side,
    basis: FloatArray,
    settings: DifferentialSettings,
    *,
    log2: bool,
    work: tuple[Executor, str],
) -> tuple[list[Placed], list[Engine]]:
    """Test the phenotypes kind by kind; unordered categories and impossible values are refused."""
    placed: list[Placed] = []
    engines: list[Engine] = []
    all_genes = np.flatnonzero(genes.allowed)
    counts = genes.values[:, all_genes]
    quasi = settings.method == "quasi-likelihood" and all_genes.size
    null = fit_null(counts, basis, library_sizes(counts)) if quasi else None
    for kind in PER:
        places = np.flatnonzero((phenotypes.kinds == kind) & phenotypes.allowed)
        if not (places.size and all_genes.size):
            continue
        if settings.method == "negative-binomial":
            task = _count_task(counts, basis, settings)
            executor, analysis = work
            blocks = each_phenotype(
                count_phenotype, phenotypes, places, task=task, executor=executor, analysis=analysis
            )
            placed.append(Placed(beside(blocks), all_genes, places, False))
            continue
        some = phenotypes.take(places)
        engine: Engine
        if null is not None:
            engine = QuasiEngine(some, null, settings=settings)
        else:
            engine = ModeratedEngine(
                some,
                genes.take(all_genes),
                basis=basis,
                settings=settings,
                log2=log2,
                sizes=library_sizes(counts) if settings.method == "voom" else None,
            )
        placed.append(Placed(engine.observe(), all_genes, places, True))
        engines.append(engine)
    return [*placed, *refuse_others(phenotypes, genes)], engines


def _count_task(counts: FloatArray, basis: FloatArray, settings: DifferentialSettings) -> CountTask:
    return CountTask(
        counts, size_factors(counts), basis, settings.min_patients, settings.min_group, settings.confidence
    )


def library_sizes(counts: FloatArray) -> FloatArray:
    """Return the reads of each patient, corrected by TMM for what few genes take, (N,)."""
    sizes = counts.sum(axis=1)
    return np.asarray(sizes * tmm_factors(counts, sizes))
