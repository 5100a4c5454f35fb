"""Every set of variants against every phenotype, one declared family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from imagenomics.associate.design import complete_rows, make_design, orthonormal
from imagenomics.associate.rows import Row, frame_of, untested_row
from imagenomics.associate.sides import Side, check_table, read_side
from imagenomics.errors import InputError, short_list
from imagenomics.genetics.settings import VariantSetSettings
from imagenomics.genetics.skat import NullModel, burden, linear_null, logistic_null, set_scores, skat, skat_o
from imagenomics.genomics.genotypes import copies_of
from imagenomics.stats.effects import critical_z
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.threads import one_thread

FloatArray = npt.NDArray[np.float64]
EFFECT = "correlation with the burden"
NAMES = {"burden": "burden of variants", "skat": "SKAT", "skat-o": "SKAT-O"}
CONTENT = (
    "analysis",
    "set",
    "variants",
    "used",
    "absent",
    "unknown",
    "frequent",
    "constant",
    "alleles",
    "carriers",
    "imputed",
)


class Variants(NamedTuple):
    """The weighted variants of one set that are used, (N, m), NaN-free, and what became of the others."""

    values: FloatArray
    counts: Mapping[str, int]


class SetTables(NamedTuple):
    """``associations`` and ``variant_sets``."""

    associations: pd.DataFrame
    content: pd.DataFrame


def test_variant_sets(
    phenotypes: PatientTable,
    variants: PatientTable,
    sets: Mapping[str, Sequence[str]],
    *,
    covariates: PatientTable | None = None,  # noqa: PT028
    settings: VariantSetSettings,
    analysis: str,
) -> SetTables:
    """Test every set of variants against every phenotype.

    Parameters
    ----------
    phenotypes : PatientTable
        (n, p) image features; continuous and ordinal ones by a linear model of their values, binary ones by a logistic
        model. Categorical ones are not testable.
    variants : PatientTable
        (n, v) copies of an allele, 0 to 2, NaN where unknown. Patients without any known genotype are left out.
    sets : mapping of str to sequence of str
        Set -> its variants, by column name.
    covariates : PatientTable, optional
        Age, sex, principal components of ancestry ...; people who lack one are left out.
    settings : VariantSetSettings
    analysis : str

    Returns
    -------
    SetTables
        ``associations`` with the columns of every family, sets outermost (``target``); ``effect`` is the partial
        correlation of a numeric phenotype with the weighted count of minor alleles, whatever the method. ``content``
        has one row for each set: its variants, those used, those absent from the table, too often unknown, too
        frequent or constant, minor alleles and carriers, and genotypes that were set to the mean.

    Raises
    ------
    InputError
        ``IGX-GEN-080``: cells that are no copies of an allele; ``IGX-GENET-001``: no variant of any set is in the
        table; ``IGX-ASSOC-001`` to ``-006`` as :func:`imagenomics.associate.pairs.test_pairs`.

    Assumes
    -------
    Unrelated patients; ancestry among the covariates where it differs.

    Source
    ------
    Wu et al. 2011, American Journal of Human Genetics 89:82; Lee, Wu & Lin 2012, Biostatistics 13:762.
    """
    genotypes = check_table(variants, what="variants").values.dropna(how="all")
    copies_of(genotypes, where="variants")
    wanted = set().union(*sets.values())
    if not wanted & set(genotypes.columns):
        raise InputError(
            "IGX-GENET-001",
            f"none of the {len(wanted)} variants of {len(sets)} sets is a column: {short_list(sorted(wanted))}",
            where=f"columns of the variants: {short_list(map(str, genotypes.columns))}",
            expected="variants named alike in the sets and in the table",
            remedy="rename the variants of one side (rs number, or chromosome:position:ref:alt)",
        )
    values = check_table(phenotypes, what="phenotypes").values
    ids = values.index.intersection(genotypes.index).sort_values()
    side, adjust = read_side(phenotypes, ids, what="phenotypes"), None
    if covariates is not None and len(covariates.columns):
        adjust = read_side(check_table(covariates, what="covariates"), ids, what="covariates")
        keep = complete_rows(adjust)
        side, adjust, ids = side.rows(keep), adjust.rows(keep), ids[keep]
    chosen = {name: _variants(genotypes.loc[ids], members, settings) for name, members in sets.items()}
    with one_thread():
        rows = _rows(side, make_design(adjust, len(ids)).basis, chosen, settings)
    frame = frame_of(rows, analysis=analysis, fdr=settings.fdr)
    content = [{"analysis": analysis, "set": name, **found.counts} for name, found in chosen.items()]
    return SetTables(frame, pd.DataFrame(content, columns=list(CONTENT)))


test_variant_sets.__test__ = False  # type: ignore[attr-defined]  # pytest: the name is ours, not a test


def _variants(genotypes: pd.DataFrame, members: Sequence[str], settings: VariantSetSettings) -> Variants:
    """Return the variants of a set as weighted minor alleles; an unknown genotype counts as the variant's mean."""
    present = [name for name in dict.fromkeys(members) if name in genotypes.columns]
    G = genotypes[present].to_numpy(dtype=np.float64, na_value=np.nan).reshape(len(genotypes), -1)
    known = ~np.isnan(G)
    count = np.maximum(known.sum(axis=0), 1)
    frequency = np.where(known, G, 0.0).sum(axis=0) / (2.0 * count)
    G = np.where(frequency > 0.5, 2.0 - G, G)
    frequency = np.minimum(frequency, 1.0 - frequency)
    unknown = (
        known.mean(axis=0) < 1.0 - settings.max_missing if len(G) else np.zeros(len(present), dtype=bool)
    )
    constant = ~unknown & (frequency <= 0.0)
    frequent = ~unknown & (frequency > settings.max_frequency)
    used = ~(unknown | constant | frequent)
    G, known, frequency = G[:, used], known[:, used], frequency[used]
    weight = stats.beta.pdf(frequency, 1.0, 25.0) if settings.weights == "beta" else np.ones(frequency.size)
    counts = {
        "variants": len(dict.fromkeys(members)),
        "used": int(used.sum()),
        "absent": len(dict.fromkeys(members)) - len(present),
        "unknown": int(unknown.sum()),
        "frequent": int(frequent.sum()),
        "constant": int(constant.sum()),
        "alleles": round(float(np.where(known, G, 0.0).sum())),
        "carriers": int((np.where(known, G, 0.0) >= 0.5).any(axis=1).sum()) if used.any() else 0,
        "imputed": int((~known).sum()),
    }
    return Variants(np.where(known, G, 2.0 * frequency) * weight, counts)


def _rows(
    side: Side, basis: FloatArray, chosen: Mapping[str, Variants], settings: VariantSetSettings
) -> list[Row]:
    """Return one row for each set and phenotype, the sets outermost."""
    known = [np.isfinite(side.values[:, k]) for k in range(len(side.names))]
    nulls: list[NullModel | str] = []
    for k, mask in enumerate(known):
        nulls.append(_null(side.values[mask, k], str(side.kinds[k]), orthonormal(basis[mask]), settings))
    rows = []
    for name, found in chosen.items():
        for k, null in enumerate(nulls):
            reason = null if isinstance(null, str) else _few(found, settings)
            row = untested_row(str(side.names[k]), name, "continuous", int(known[k].sum()), reason)
            if not (reason or isinstance(null, str)):
                row |= _tested(null, found.values[known[k]], settings)
            rows.append(row)
    return rows


def _null(y: FloatArray, kind: str, basis: FloatArray, settings: VariantSetSettings) -> NullModel | str:
    """Return the model of a phenotype without variants, or why there is none."""
    if kind == "categorical":
        return "a categorical column is not tested against sets of variants"
    if y.size < max(settings.min_patients, basis.shape[1] + 3):
        return f"fewer than {settings.min_patients} patients have a value"
    if np.ptp(y) == 0:
        return "all values are equal"
    if kind != "binary":
        null = linear_null((y - y.mean()) / y.std(), basis)
        return null if np.isfinite(null.residuals).all() else "the covariates explain every value"
    if min((y == 0).sum(), (y == 1).sum()) < settings.min_group:
        return f"a group has fewer than {settings.min_group} patients"
    return logistic_null(y, basis) or "the covariates alone separate the groups"


def _few(found: Variants, settings: VariantSetSettings) -> str:
    if not found.counts["used"]:
        return "no variant of the set can be used: see variant_sets"
    if found.counts["alleles"] < settings.min_alleles:
        return f"fewer than {settings.min_alleles} minor alleles"
    return ""


def _tested(null: NullModel, variants: FloatArray, settings: VariantSetSettings) -> dict[str, Any]:
    scores = set_scores(null, variants)
    summed, r = burden(scores)
    test = summed if settings.method == "burden" else (skat if settings.method == "skat" else skat_o)(scores)
    if np.isnan(test.p):
        return {"reason": "the covariates explain the variants of the set"}
    step = critical_z(settings.confidence) / np.sqrt(max((null.df or scores.n - 1) - 2, 1))
    low, high = np.tanh(np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15)) + np.array([-step, step]))
    return {
        "test": NAMES[settings.method],
        "effect_name": EFFECT,
        "effect": r,
        "ci_low": low,
        "ci_high": high,
        "statistic": test.statistic,
        "p": test.p,
        "neg_log10_p": -np.log10(test.p) if test.p > 0 else np.inf,
        "status": "ok",
    }
