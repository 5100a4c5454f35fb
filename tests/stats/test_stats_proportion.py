"""Shares against scipy and statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from imagenomics.errors import InputError
from imagenomics.stats.proportion import binomial_p, clopper_pearson_interval, counts_within, wilson_interval

K, N = np.array([0, 1, 5, 17, 30, 64, 73]), np.array([9, 9, 20, 30, 30, 73, 73])


@pytest.mark.parametrize(
    ("interval", "method"), [(wilson_interval, "wilson"), (clopper_pearson_interval, "beta")]
)
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_like_statsmodels(interval, method, confidence):
    wanted = np.array(
        [proportion_confint(k, n, alpha=1 - confidence, method=method) for k, n in zip(K, N, strict=True)]
    ).T
    np.testing.assert_allclose(interval(K, N, confidence=confidence), wanted, rtol=1e-9, atol=1e-12)


def test_of_nobody_nothing_is_known():
    for interval in (wilson_interval, clopper_pearson_interval):
        low, high = interval([0, 3], [0, 3])
        assert np.isnan([low[0], high[0]]).all()
        assert high[1] == 1.0


def test_wilson_of_newcombe_1998():
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81/263 and 15/148, method 3
    low, high = wilson_interval([81, 15], [263, 148])
    np.testing.assert_allclose(low, [0.2553, 0.0624], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605], atol=5e-5)


@given(
    st.integers(0, 40),
    st.integers(1, 40),
    st.floats(0.05, 0.95),
    st.sampled_from(["two-sided", "greater", "less"]),
)
def test_binomial_like_scipy(k, n, chance, side):
    k = min(k, n)
    wanted = stats.binomtest(k, n, chance, alternative=side).pvalue
    assert binomial_p(k, n, chance=chance, side=side) == pytest.approx(wanted, rel=1e-9)


@given(st.integers(0, 50), st.integers(1, 50))
def test_intervals_mirror(k, n):
    k = min(k, n)
    for interval in (wilson_interval, clopper_pearson_interval):
        low, high = interval(k, n)
        mirrored = interval(n - k, n)
        np.testing.assert_allclose([low, high], [1 - mirrored[1], 1 - mirrored[0]], atol=1e-12)
        assert low <= k / n <= high


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 3))
def test_the_count_is_among_those_that_print_like_it(n, k, digits):
    k = min(k, n)
    half = 0.5 * 10.0**-digits
    shown = round(k / n, digits)
    found = counts_within(shown - half, shown + half, n)
    assert k in found
    assert (np.abs(found / n - shown) <= half + 1e-9).all()


@pytest.mark.parametrize(("k", "n"), [(5, 4), (-1, 4), (1.5, 4), (1, -4), (np.nan, 4), ("a", 4)])
def test_impossible_counts(k, n):
    for interval in (wilson_interval, clopper_pearson_interval):
        with pytest.raises(InputError, match="IGX-STAT-040"):
            interval(k, n)


def test_unknown_side():
    with pytest.raises(InputError, match="IGX-STAT-043"):
        binomial_p(1, 3, side="both")
