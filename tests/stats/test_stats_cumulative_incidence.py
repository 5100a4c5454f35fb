"""Cumulative incidence and Gray's test against R, lifelines, matrices, hand counts and chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from imagenomics.errors import InputError
from imagenomics.stats.cumulative_incidence import cumulative_incidence, gray_test


def cohort(seed, n=150, k=3, late=False, ties=False):
    r = np.random.default_rng(seed)
    g, x = r.integers(0, k, n), r.normal(size=n)
    first, second = r.exponential(10 * np.exp(-0.5 * x - 0.3 * g)), r.exponential(12, n)
    left = r.uniform(1, 25, n)
    t, cause = np.min([first, second, left], axis=0), np.argmin([left, first, second], axis=0)
    t = np.ceil(t) if ties else t
    return t, cause, g, np.where(r.random(n) < 0.5, 0.0, 0.8 * t * r.random(n)) if late else None


def null_cohort(seed, n, k):
    r = np.random.default_rng(seed)
    first, second, left = r.exponential(10, n), r.exponential(12, n), r.uniform(1, 25, n)
    times = np.array([left, first, second])
    return times.min(axis=0), times.argmin(axis=0), r.integers(0, k, n)


def by_matrices(t, cause, entry, until):
    """Product integral of the transition matrices, and the covariance of its first row, step by step."""
    start = np.full(t.size, -1.0) if entry is None else entry
    state, spread = np.array([1.0, 0.0, 0.0]), np.zeros((3, 3))
    for m in np.unique(t[(cause > 0) & (t <= until)]):
        n = ((t >= m) & (start < m)).sum()
        h = np.array([((t == m) & (cause == c)).sum() / n for c in (1, 2)])
        step = np.eye(3)
        step[0] = [1 - h.sum(), *h]
        hazard = (np.diag(h) - np.outer(h, h)) / n
        moves = np.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])
        spread = step.T @ spread @ step + state[0] ** 2 * moves @ hazard @ moves.T
        state = state @ step
    return state[1], spread[1, 1]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_the_estimate_and_its_variance_are_those_of_the_product_integral(late, ties):
    t, cause, _, entry = cohort(3, late=late, ties=ties)
    found = cumulative_incidence(t, cause, entry=entry)
    for until in (2.0, 5.0, 11.0):
        i = np.searchsorted(found.time, until, side="right") - 1
        share, variance = by_matrices(t, cause, entry, until)
        assert found.incidence[i] == pytest.approx(share, rel=1e-12)
        assert found.variance[i] == pytest.approx(variance, rel=1e-9)


def test_it_equals_r_and_lifelines():
    t, cause, _, _ = cohort(0)
    found = cumulative_incidence(t, cause)
    # lifelines 0.30.3, AalenJohansenFitter(calculate_variance=True), at 3 and 8.
    known = ((0.3182999093642276, 0.0014756584360320843), (0.538703997670778, 0.0019176940222475998))
    for until, (share, variance) in zip((3.0, 8.0), known, strict=True):
        i = np.searchsorted(found.time, until, side="right") - 1
        assert found.incidence[i] == pytest.approx(share, rel=1e-12)
        assert found.variance[i] == pytest.approx(variance, rel=1e-9)
    assert ((found.low <= found.incidence) & (found.incidence <= found.high)).all()


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=2, max_size=40),
)
def test_causes_and_the_event_free_share_sum_to_one(rows):
    t, cause = (np.array(v) for v in zip(*rows, strict=True))
    first, second = (cumulative_incidence(t, cause, of=c) for c in (1, 2))
    np.testing.assert_allclose(first.incidence + second.incidence + first.event_free, 1.0, atol=1e-12)
    assert (np.diff(first.incidence) >= 0).all()


def test_without_competing_events_it_is_one_less_kaplan_meier_with_greenwood():
    t, cause, _, _ = cohort(4, ties=True)
    found = cumulative_incidence(t, np.minimum(cause, 1))
    np.testing.assert_allclose(found.incidence, 1 - found.event_free, atol=1e-12)
    d, n = found.events, found.at_risk
    inside = n > d
    greenwood = found.event_free**2 * np.cumsum(np.where(inside, d / (n * np.where(inside, n - d, 1)), 0))
    np.testing.assert_allclose(found.variance[inside], greenwood[inside], rtol=1e-9)


def test_one_less_kaplan_meier_counts_too_many():
    t, cause, _, _ = cohort(5)
    naive = cumulative_incidence(t, np.where(cause == 1, 1, 0)).incidence[-20]
    assert naive > cumulative_incidence(t, cause).incidence[-20] + 0.05


def test_limits_hold_the_true_incidence():
    """Causes with hazards 0.1 and 0.05 for ever: F(t) = 2/3 (1 - exp(-0.15 t))."""
    inside = 0
    for seed in range(300):
        r = np.random.default_rng(seed)
        times = np.array([r.uniform(0, 20, 80), r.exponential(10, 80), r.exponential(20, 80)])
        found = cumulative_incidence(times.min(axis=0), times.argmin(axis=0))
        i = np.searchsorted(found.time, 5.0, side="right") - 1
        inside += found.low[i] <= 2 / 3 * (1 - np.exp(-0.75)) <= found.high[i]
    assert 0.91 <= inside / 300 <= 0.985


# R 4.2.2, cmprsk 2.2-11: cuminc(t, cause, g)$Tests, null_cohort(0, 6000, 3) and (1, 6000, 2).
IN_R = {(0, 3): (2.932116802, 1.619298018), (1, 2): (1.614033261, 0.001977175686)}


@pytest.mark.parametrize(("seed", "k"), list(IN_R))
def test_gray_in_many_patients_is_that_of_r(seed, k):
    t, cause, g = null_cohort(seed, 6000, k)
    found = [gray_test(t, cause, g, of=of).statistic for of in (1, 2)]
    np.testing.assert_allclose(found, IN_R[seed, k], rtol=1e-9)


def test_without_censoring_its_score_is_that_of_a_log_rank_test_where_competing_events_never_leave():
    t, cause, g = null_cohort(2, 90, 2)
    cause = np.where(cause == 0, 2, cause)
    found = gray_test(t, cause, g)
    forever = np.where(cause == 2, np.inf, t)
    expected = np.zeros(2)
    for m in np.unique(t[cause == 1]):
        at_risk = np.array([((forever >= m) & (g == j)).sum() for j in (0, 1)])
        expected += ((t == m) & (cause == 1)).sum() * at_risk / at_risk.sum()
    np.testing.assert_allclose(found.expected, expected, rtol=1e-12)
    assert found.observed.sum() == pytest.approx(found.expected.sum())


@pytest.mark.parametrize(
    ("n", "k", "ties"), [(40, 2, False), (100, 2, False), (100, 3, False), (100, 2, True)]
)
def test_gray_says_no_to_noise(n, k, ties):
    p = []
    for seed in range(400):
        t, cause, g = null_cohort(seed, n, k)
        p.append(gray_test(np.ceil(t) if ties else t, cause, g).p)
    assert kstest(p, "uniform").pvalue > 1e-3
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.09


def test_a_group_with_more_events_is_found_and_order_and_names_do_not_matter():
    t, cause, g = null_cohort(6, 300, 2)
    more = (g == 1) & (cause == 2) & (np.random.default_rng(0).random(300) < 0.5)
    cause = np.where(more, 1, cause)
    found = gray_test(t, cause, g)
    assert found.p < 1e-3
    order = np.random.default_rng(1).permutation(300)
    turned = gray_test(t[order], cause[order], 1 - g[order])
    assert turned.statistic == pytest.approx(found.statistic, rel=1e-9)
    within = gray_test(t, cause, g, strata=np.zeros(300, dtype=int))
    assert within.statistic == pytest.approx(found.statistic, rel=1e-12)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(InputError, match="IGX-STAT-049"):
        cumulative_incidence(np.array([1.0, np.nan]), np.array([0, 1]))
    with pytest.raises(InputError, match="IGX-STAT-049"):
        cumulative_incidence(np.array([1.0, 2.0]), np.array([0, -1]))
    with pytest.raises(InputError, match="IGX-STAT-050"):
        gray_test(np.array([1.0, 2.0]), np.array([0, 1]), np.array([0, 0]))


def test_gray_with_late_entry_says_no_to_noise_and_passes_over_a_group_that_was_empty():
    """With entry at different times a group may lose all who are at risk, and get others later."""
    ps = []
    for seed in range(300):
        t, cause, g = null_cohort(seed, 40, 2)
        r = np.random.default_rng([1, seed])
        ps.append(gray_test(t, cause, g, entry=t * r.random(40) * (r.random(40) < 0.8)).p)
    assert np.isfinite(ps).all()
    assert np.mean(np.array(ps) <= 0.05) <= 0.10
    first = np.array([1.0, 5, 6, 7]), np.array([1, 1, 2, 0]), np.zeros(4, dtype=int)
    second = np.array([2.0, 3, 5.5, 6, 8, 9]), np.array([2, 1, 0, 1, 2, 1]), np.ones(6, dtype=int)
    t, cause, g = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    entry = np.array([0.0, 2, 2, 2, 0, 0, 0, 0, 0, 0])
    found = gray_test(t, cause, g, entry=entry)
    alone = gray_test(np.r_[1.0, t[4:]], np.r_[1, cause[4:]], np.r_[0, g[4:]])
    assert found.observed.tolist() == [1.0, 3.0]
    np.testing.assert_allclose(found.statistic, alone.statistic, rtol=1e-12)
