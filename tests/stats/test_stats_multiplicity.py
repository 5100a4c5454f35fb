"""Adjusted p values against statsmodels; missing ones do not count."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from imagenomics.errors import InputError
from imagenomics.stats.multiplicity import (
    MANY,
    benjamini_hochberg,
    benjamini_yekutieli,
    false_discovery,
    false_discovery_of,
    holm,
)
from imagenomics.stats.p_order import order_p

METHODS = {"holm": holm, "fdr_bh": benjamini_hochberg, "fdr_by": benjamini_yekutieli}


@pytest.mark.parametrize("name", METHODS)
@given(
    p=st.lists(st.sampled_from([0.0, 1e-300, 1e-9, 0.01, 0.03, 0.05, 0.2, 0.5, 1.0]), min_size=1, max_size=30)
)
def test_like_statsmodels(name, p):
    with mock.patch("gc.collect"):  # which statsmodels calls in every 'holm', and which takes 0.2 s each time
        expected = multipletests(p, method=name)[1]
    np.testing.assert_allclose(METHODS[name](p), expected, rtol=1e-13)


def test_holm_like_statsmodels():
    p = np.random.default_rng(1).random(40) ** 4
    p[3] = p[7]
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-13)


@pytest.mark.parametrize("name", METHODS)
def test_missing_p_values_do_not_count(name):
    p = np.array([0.01, np.nan, 0.02, 0.5, np.nan])
    adjusted = METHODS[name](p)
    np.testing.assert_array_equal(np.isnan(adjusted), np.isnan(p))
    np.testing.assert_array_equal(adjusted[~np.isnan(p)], METHODS[name](p[~np.isnan(p)]))
    assert METHODS[name]([]).size == 0
    assert np.isnan(METHODS[name]([np.nan])).all()


@pytest.mark.parametrize("name", METHODS)
def test_not_a_p_value(name):
    with pytest.raises(InputError, match="IGX-STAT-004"):
        METHODS[name]([0.2, 1.2])
    with pytest.raises(InputError, match="IGX-STAT-004"):
        METHODS[name]([-0.1, np.nan])


@pytest.mark.parametrize("shape", ["even", "small", "few values"])
def test_many_p_values_are_ordered_by_counting_as_by_a_sort(shape):
    random = np.random.default_rng(3)
    p = random.random(MANY + 7)
    p = {"even": p, "small": p**9, "few values": np.round(p, 3)}[shape]
    p[::11] = np.nan
    p[:4] = 0.0, 1.0, 1e-300, 1.0
    ordered, places = order_p(p)
    np.testing.assert_array_equal(ordered, np.sort(p)[: ordered.size])
    np.testing.assert_array_equal(p[places], ordered)
    assert np.unique(places).size == ordered.size == np.isfinite(p).sum()
    for name, adjust in METHODS.items():
        known = p[~np.isnan(p)]
        with mock.patch("gc.collect"):
            expected = multipletests(known, method=name)[1]
        np.testing.assert_allclose(adjust(p)[~np.isnan(p)], expected, rtol=1e-12)


@pytest.mark.parametrize("fdr", ["bh", "by"])
@pytest.mark.parametrize(
    "kind", ["even", "signals", "few signals", "large", "ties", "missing", "ones", "none"]
)
def test_q_of_many_p_values_is_that_of_a_sort(fdr, kind):
    random = np.random.default_rng(3)
    p = random.random(150_000)
    if "signals" in kind:
        p[: 40_000 if kind == "signals" else 300] **= 8
    if kind == "large":
        p **= 0.2
    if kind == "ties":
        p = np.ceil(p * 500) / 500
    if kind == "missing":
        p[random.random(p.size) < 0.3] = np.nan
    if kind == "ones":
        p[random.random(p.size) < 0.4] = 1.0
    if kind == "none":
        p[:] = np.nan
    known = ~np.isnan(p)
    expected = np.full(p.size, np.nan)
    if known.any():
        expected[known] = multipletests(p[known], method=f"fdr_{fdr}")[1]
    whole = false_discovery(p, fdr)
    np.testing.assert_allclose(whole, expected, rtol=1e-13)
    best = np.argsort(p)[:200]
    for places in (best, random.integers(0, p.size, 50), np.append(best, p.size - 1), np.arange(0)):
        np.testing.assert_array_equal(false_discovery_of(p, places, fdr), whole[places])
