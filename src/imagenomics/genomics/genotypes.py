"""Genotypes of inherited variants: copies of an allele, checked and filtered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from imagenomics.errors import InputError
from imagenomics.genomics.number_matrix import Prepared
from imagenomics.genomics.settings_numbers import GenotypeSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def prepare_genotypes(values: pd.DataFrame, settings: GenotypeSettings, *, where: str) -> Prepared:
    """Return the variants that pass the declared filters; the others are named with their reason.

    Raises
    ------
    InputError
        ``IGX-GEN-080`` numbers outside 0 to 2.
    """
    numbers = copies_of(values, where=where)
    known = ~np.isnan(numbers)
    n = known.sum(axis=0)
    share = np.where(known, numbers, 0.0).sum(axis=0) / np.maximum(2 * n, 1)
    frequency = np.minimum(share, 1.0 - share)
    missing = 1.0 - n / max(len(numbers), 1)
    counts = [np.rint(np.where(known & (numbers == copies), 1, 0).sum(axis=0)) for copies in (0, 1, 2)]
    whole = sum(counts) == n
    p = np.where(whole, hardy_weinberg(*(c.astype(np.int64) for c in counts)), np.nan)
    reasons = np.full(values.shape[1], "", dtype=object)
    reasons[p < settings.min_hwe] = f"Hardy-Weinberg p below {settings.min_hwe:g}"
    reasons[frequency < settings.min_frequency] = f"minor allele frequency below {settings.min_frequency:g}"
    reasons[missing > settings.max_missing] = f"unknown in more than {settings.max_missing:.0%} of patients"
    left = np.flatnonzero(reasons != "").tolist()
    dropped = {str(values.columns[k]): (str(reasons[k]), int(n[k])) for k in left}
    notes = (
        ()
        if whole.all() or not settings.min_hwe
        else (
            f"{settings.name}: {int((~whole).sum())} variants hold imputed dosages and were not tested for "
            "Hardy-Weinberg equilibrium",
        )
    )
    return Prepared(values.loc[:, reasons == ""], "copies of the allele", "genotype", dropped, notes)


def copies_of(values: pd.DataFrame, *, where: str) -> FloatArray:
    """Return genotypes as numbers, (n, v), NaN where unknown; ``IGX-GEN-080`` for numbers outside 0 to 2."""
    numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    outside = (numbers < 0) | (numbers > 2)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise InputError(
            "IGX-GEN-080",
            f"{int(outside.sum())} genotypes are not between 0 and 2, e.g. {numbers[row, column]:g}",
            where=f"{where}: patient {values.index[row]}, variant {values.columns[column]}",
            expected="copies of an allele: 0, 1, 2, or an imputed dosage between",
            remedy="recode genotypes such as 'A/G' or 0/0; mark unknown ones as missing, not as -9 or 3",
        )
    return numbers


def hardy_weinberg(none: npt.ArrayLike, one: npt.ArrayLike, two: npt.ArrayLike) -> FloatArray:
    """Return the exact p value of Hardy-Weinberg equilibrium of each variant.

    Parameters
    ----------
    none, one, two : int arrays, (v,)
        People with no, one and two copies of an allele.

    Returns
    -------
    array, (v,)
        The chance of a number of heterozygotes that is as unlikely as the observed one, or less likely, given the
        alleles; 1 for variants without a minor allele.

    Source
    ------
    Wigginton, Cutler & Abecasis 2005, American Journal of Human Genetics 76:887.
    """
    groups = [np.atleast_1d(np.asarray(g, dtype=np.int64)) for g in (none, one, two)]
    found = [_exact(int(a), int(h), int(b)) for a, h, b in zip(*groups, strict=True)]
    return np.array(found, dtype=np.float64)


def _exact(a: int, h: int, b: int) -> float:
    n, rare = a + h + b, h + 2 * min(a, b)
    if rare == 0:
        return 1.0
    mixed = np.arange(rare % 2, rare + 1, 2)
    few = (rare - mixed) // 2
    many = n - mixed - few
    log = mixed * np.log(2.0) - sum(special.gammaln(k + 1.0) for k in (mixed, few, many))
    chance = np.exp(log - log.max())
    chance /= chance.sum()
    return float(min(1.0, chance[chance <= chance[np.flatnonzero(mixed == h)[0]] * (1 + 1e-9)].sum()))
