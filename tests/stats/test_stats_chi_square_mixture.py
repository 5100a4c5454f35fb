"""Tails of weighted sums of chi-squares: against closed forms, F distributions and draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imagenomics.stats.chi_square_mixture import mixture_tail, quantile

WEIGHTS = st.lists(st.floats(0.001, 50), min_size=1, max_size=12)


@pytest.mark.parametrize("q", [1e-3, 0.1, 1, 3, 10, 50, 300, 1000])
def test_equal_weights_are_a_chi_square(q):
    assert mixture_tail(q, [1.0]) == pytest.approx(stats.chi2.sf(q, 1), rel=1e-10)
    assert mixture_tail(q, [2.0] * 7) == pytest.approx(stats.chi2.sf(q / 2, 7), rel=1e-10)
    assert mixture_tail(q, [2.0, 0.0], [7, 3]) == pytest.approx(stats.chi2.sf(q / 2, 7), rel=1e-10)


@pytest.mark.parametrize("q", [0.1, 1, 5, 20, 100, 400])
def test_pairs_of_weights_are_a_sum_of_exponentials(q):
    rates = 0.5 / np.array([3.0, 1.0, 0.2])
    factors = [np.prod([r / (r - own) for r in rates if r != own]) for own in rates]
    assert mixture_tail(q, [3, 3, 1, 1, 0.2, 0.2]) == pytest.approx(factors @ np.exp(-rates * q), rel=1e-9)


@pytest.mark.parametrize("f", [0.01, 0.3, 1, 4, 10, 50, 200])
@pytest.mark.parametrize("d", [1, 3])
def test_weights_of_both_signs_are_an_f_distribution(f, d):
    assert mixture_tail(0, [1.0, -d * f / 20], [d, 20]) == pytest.approx(stats.f.sf(f, d, 20), rel=1e-9)


@given(WEIGHTS, st.floats(0.01, 500), st.floats(0.01, 100))
def test_scale_and_order(weights, q, scale):
    p = mixture_tail(q, weights)
    assert 0 <= p <= 1
    assert mixture_tail(q * scale, np.array(weights[::-1]) * scale) == pytest.approx(p, rel=1e-8, abs=1e-300)
    assert mixture_tail(q * 1.1, weights) <= p * (1 + 1e-9)


@given(WEIGHTS, st.floats(1e-12, 0.999))
def test_quantile_is_the_inverse(weights, tail):
    w = np.array(weights)
    assert mixture_tail(quantile(tail, w, np.ones(w.size)), w) == pytest.approx(tail, rel=1e-8)


def test_draws():
    random = np.random.default_rng(1)
    weights = random.gamma(0.3, 1.0, 50)
    drawn = random.standard_normal((200_000, 50)) ** 2 @ weights
    for q in np.quantile(drawn, [0.01, 0.5, 0.99]):
        share = (drawn > q).mean()
        assert mixture_tail(q, weights) == pytest.approx(
            share, abs=4 * np.sqrt(share * (1 - share) / 200_000)
        )


def test_ends():
    assert mixture_tail(0, [1, 2]) == 1
    assert mixture_tail(0, [-1.0, -2.0]) == 0
    assert (mixture_tail(1, []), mixture_tail(0, [])) == (0, 1)
    for value, weights in ((-1, [1]), (1, [1, -1])):
        with pytest.raises(ValueError, match="value"):
            mixture_tail(value, weights)
