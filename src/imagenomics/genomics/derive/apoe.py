"""APOE alleles from two variants."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.genomics.derive.inputs import Column, Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_calls import ApoeSettings

PAIRS = ("e2/e2", "e2/e3", "e2/e4", "e3/e3", "e3/e4", "e4/e4")
_GENOTYPE = re.compile(r"([ACGT])[/ ]?([ACGT])")
_WRITTEN = re.compile(r"(?:apoe)?[\s-]*[eɛε]?([234])[\s/,_-]*[eɛε]?([234])", re.IGNORECASE)
_OTHER_STRAND = str.maketrans("ACGT", "TGCA")


def apoe_alleles(settings: ApoeSettings, inputs: Inputs) -> list[Label]:
    """Return the pair of alleles and how many of them are e4.

    On the forward strand rs429358 is C in e4 alone and rs7412 is T in e2 alone. Both heterozygous is read as e2/e4: the
    other reading, e1/e3, is hardly ever seen. Three such alleles in a person fit no pair of e2, e3 and e4.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such column; ``IGX-GEN-044`` a cell is no genotype of these variants, or no pair.

    Source
    ------
    Zannis and others 1982, Journal of Lipid Research 23:911 (the alleles).
    """
    if settings.alleles is not None:
        column = inputs.column(settings.alleles)
        pairs = _written(column, inputs.where)
        reasons = give_reason(no_reasons(inputs.patients), pairs.isna(), f"'{column.name}' has no value")
        rule = "the pair of alleles as written"
    else:
        four = _count(inputs.column(str(settings.rs429358)), "C", settings, inputs.where)
        two = _count(inputs.column(str(settings.rs7412)), "T", settings, inputs.where)
        reasons = give_reason(
            no_reasons(inputs.patients), four.isna() | two.isna(), "a genotype has no value"
        )
        reasons = give_reason(reasons, four + two > 2, "the genotypes fit no pair of e2, e3 and e4")
        pairs = pd.Series(
            [_pair(a, b) if why == "" else None for a, b, why in zip(four, two, reasons, strict=True)],
            index=inputs.patients,
            dtype=object,
        )
        rule = "e4: C at rs429358; e2: T at rs7412; both heterozygous: e2/e4"
    names = tuple(n for n in (settings.alleles, settings.rs429358, settings.rs7412) if n is not None)
    carried = pairs.map(lambda pair: np.nan if pair is None else float(pair.count("e4"))).astype(float)
    return [
        Label("alleles", pairs, reasons, rule, names, kind="categorical", levels=PAIRS),
        Label(
            "e4",
            carried,
            reasons,
            f"number of e4 alleles; {rule}",
            names,
            kind="ordinal",
            levels=("0", "1", "2"),
        ),
    ]


def _pair(four: float, two: float) -> str:
    alleles = ["e2"] * int(two) + ["e3"] * int(2 - four - two) + ["e4"] * int(four)
    return "/".join(alleles)


def _count(column: Column, allele: str, settings: ApoeSettings, where: str) -> pd.Series:
    """Return how many of the two alleles are this one, NaN where not known."""
    counts, odd = [], []
    for cell in column.texts():
        if cell is None:
            counts.append(np.nan)
            continue
        match = _GENOTYPE.fullmatch(str(cell).strip().upper())
        bases = "" if match is None else match[1] + match[2]
        bases = bases.translate(_OTHER_STRAND) if settings.strand == "reverse" else bases
        if not bases or set(bases) - {"C", "T"}:
            odd.append(str(cell))
        counts.append(float(bases.count(allele)))
    _refuse(odd, column, where, "two of the bases C and T (on the reverse strand G and A)")
    return pd.Series(counts, index=column.values.index)


def _written(column: Column, where: str) -> pd.Series:
    pairs: list[str | None] = []
    odd = []
    for cell in column.texts():
        match = None if cell is None else _WRITTEN.fullmatch(str(cell).strip())
        if cell is not None and match is None:
            odd.append(str(cell))
        pairs.append("/".join(sorted((f"e{match[1]}", f"e{match[2]}"))) if match else None)
    _refuse(odd, column, where, "a pair such as e3/e4, E3E4 or 34")
    return pd.Series(pairs, index=column.values.index, dtype=object)


def _refuse(odd: list[str], column: Column, where: str, expected: str) -> None:
    if odd:
        raise InputError(
            "IGX-GEN-044",
            f"{len(odd)} cells of '{column.name}' are no APOE genotypes: {short_list(sorted(set(odd)), 5)}",
            where=where,
            expected=expected,
            remedy="declare `strand`, map the cells in their block, or name the other column",
        )
