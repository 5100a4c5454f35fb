"""Signed times, and the partial likelihood beside sums written down for each event."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.stats.risk_sets import RiskSets
from imagenomics.stats.signed_times import sign_times, split_times


def _follow_up(seed, n, levels):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, levels + 1, size=n).astype(float)
    return time, rng.random(n) < 0.6, rng.normal(size=n)


def _by_hand(time, event, eta):
    total = 0.0
    for t in np.unique(time[event]):
        tied = event & (time == t)
        for k in range(tied.sum()):
            weight = np.exp(eta) * (time >= t)
            weight[tied] *= 1 - k / tied.sum()
            total -= np.log(weight.sum())
    return total + eta[event].sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 25), st.sampled_from([3, 10**6]))
def test_likelihood_and_its_derivative(seed, n, levels):
    time, event, eta = _follow_up(seed, n, levels)
    sets = RiskSets.of(sign_times(time, event))
    assert sets.log_likelihood(eta) == pytest.approx(_by_hand(time, event, eta), abs=1e-9)
    both = sets.log_likelihood(np.column_stack([eta, 5 - 3 * eta]))
    assert both == pytest.approx([_by_hand(time, event, e) for e in (eta, 5 - 3 * eta)], abs=1e-9)
    slope = [
        (_by_hand(time, event, eta + 1e-5 * unit) - _by_hand(time, event, eta - 1e-5 * unit)) / 2e-5
        for unit in np.eye(n)
    ]
    np.testing.assert_allclose(sets.residuals(eta), slope, atol=1e-7)
    assert sets.residuals(eta + 700).sum() == pytest.approx(0, abs=1e-9)


def test_residuals_without_columns_are_the_numerator_of_a_log_rank_test():
    time, event, _ = _follow_up(3, 40, 10**6)  # no ties
    group = np.arange(40) % 2 == 0
    observed = (event & group).sum()
    expected = sum((group & (time >= t)).sum() / (time >= t).sum() for t in time[event])
    residuals = RiskSets.of(sign_times(time, event)).residuals()
    assert residuals[group].sum() == pytest.approx(observed - expected)


def test_nobody_with_the_event():
    sets = RiskSets.of(np.array([-1.0, -2.0]))
    assert sets.log_likelihood(np.zeros((2, 3))).tolist() == [0.0] * 3
    assert sets.residuals().tolist() == [0.0, 0.0]


@given(st.lists(st.tuples(st.floats(1e-300, 1e300), st.booleans()), min_size=1))
def test_signed_times_say_both(pairs):
    time, event = map(np.array, zip(*pairs, strict=True))
    back, happened = split_times(sign_times(time, event))
    assert (back == time).all()
    assert (happened == event).all()


@pytest.mark.parametrize(
    ("time", "event"), [(0, 1), (0, 0), (-2, 1), (np.nan, 1), (np.inf, 0), (3, 2), (3, np.nan)]
)
def test_what_is_no_follow_up_is_refused(time, event):
    with pytest.raises(InputError, match="IGX-STAT-060"):
        sign_times([1.0, time], [1, event])


@pytest.mark.parametrize("signed", [0.0, -0.0, np.nan, np.inf])
def test_what_is_no_signed_time_is_refused(signed):
    with pytest.raises(InputError, match="IGX-STAT-060"):
        split_times([1.0, signed])


def test_one_huge_predictor_leaves_the_likelihood_of_the_others():
    random = np.random.default_rng(5)
    time, event = np.ceil(random.exponential(8, 30)), random.random(30) < 0.7
    time[0], event[0] = 0.5, True  # first to have the event: at risk with everybody, then gone
    eta = random.standard_normal((30, 2))
    eta[0] = [3.0, 2000.0]
    sets = RiskSets.of(sign_times(time, event))
    found = sets.log_likelihood(eta)
    others = RiskSets.of(sign_times(time[1:], event[1:])).log_likelihood(eta[1:])
    np.testing.assert_allclose(found[1], others[1], rtol=1e-12)  # whose own event is sure
    np.testing.assert_allclose(sets.log_likelihood(eta[:, 0]), found[0], rtol=1e-12)
    late = np.where(np.arange(30) == 29, 2000.0, 0.0)
    assert np.isfinite(sets.log_likelihood(late))
    assert sets.log_likelihood(late) < -100
