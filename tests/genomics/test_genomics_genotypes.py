"""Genotypes: what is read, filtered and refused; the exact test of Hardy-Weinberg equilibrium."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.genotypes import hardy_weinberg, prepare_genotypes
from imagenomics.genomics.settings import GenotypeSettings


def settings(**options):
    return GenotypeSettings(name="snps", path="snps.csv", **options)


def test_hardy_weinberg_counts_all_ways_to_deal_the_alleles():
    hets = np.arange(1, 22, 2)  # 100 people, 21 minor alleles
    rare = (21 - hets) // 2
    ways = [
        Fraction(2**h * factorial(100), factorial(h) * factorial(r) * factorial(100 - h - r))
        for h, r in zip(hets.tolist(), rare.tolist(), strict=True)
    ]
    p = hardy_weinberg(100 - hets - rare, hets, rare)
    assert p == pytest.approx([float(sum(w for w in ways if w <= own) / sum(ways)) for own in ways], rel=1e-9)
    assert hardy_weinberg([50], [0], [0])[0] == 1.0
    assert hardy_weinberg(rare, hets, 100 - hets - rare) == pytest.approx(p)


def test_filters_name_what_they_leave_out():
    n = 100
    values = pd.DataFrame(
        {
            "good": np.r_[np.zeros(81), np.ones(18), 2.0],
            "rare": np.r_[np.zeros(99), 1.0],
            "unknown": np.r_[np.full(40, np.nan), np.zeros(40), np.ones(20)],
            "only-homozygous": np.r_[np.zeros(50), np.full(50, 2.0)],
            "imputed": np.r_[np.zeros(50), np.full(50, 1.9)],
        },
        index=[f"P{i}" for i in range(n)],
    )
    found = prepare_genotypes(values, settings(min_frequency=0.01, max_missing=0.1, min_hwe=1e-6), where="x")
    assert list(found.values.columns) == ["good", "imputed"]
    assert {name: reason.split(" ")[0] for name, (reason, _) in found.dropped.items()} == {
        "rare": "minor",
        "unknown": "unknown",
        "only-homozygous": "Hardy-Weinberg",
    }
    assert "imputed dosages" in found.notes[0]
    assert list(prepare_genotypes(values, settings(), where="x").values.columns) == list(values.columns)


def test_codes_that_are_no_genotypes():
    values = pd.DataFrame({"rs1": [0.0, 1.0, -9.0]}, index=["A", "B", "C"])
    with pytest.raises(InputError, match=r"(?s)IGX-GEN-080.*patient C, variant rs1"):
        prepare_genotypes(values, settings(), where="x")
