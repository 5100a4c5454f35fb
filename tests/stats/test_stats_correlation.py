"""Correlations against scipy, an explicit regression, and published pairs of r and n."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imagenomics.errors import InputError
from imagenomics.stats.correlation import correlate, correlation_at, correlation_test

SIDES = ("two-sided", "greater", "less")
RANDOM = np.random.default_rng(21)
X = RANDOM.normal(size=25)
Y = 0.5 * X + RANDOM.normal(size=25)
C = RANDOM.normal(size=(25, 2)) + X[:, None]


@pytest.mark.parametrize("side", SIDES)
def test_like_scipy(side):
    for kind, function in (
        ("pearson", stats.pearsonr),
        ("spearman", stats.spearmanr),
        ("kendall", stats.kendalltau),
    ):
        wanted = function(X, Y, alternative=side)
        found = correlate(X, Y, kind=kind, side=side)
        assert (found.effect, found.p) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-9)
        assert found.low < found.effect < found.high


def test_ties_like_scipy():
    x, y = np.round(X), np.round(Y)
    for kind, function in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
        wanted = function(x, y)
        assert correlate(x, y, kind=kind)[::5] == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-9)


def test_partial_is_the_correlation_of_residuals():
    design = np.column_stack([np.ones(25), C])
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (X, Y)]
    found = correlate(X, Y, covariates=C)
    assert found.effect == pytest.approx(stats.pearsonr(*left).statistic)
    assert found.df == 21
    ranks = [stats.rankdata(v) for v in (X, Y, *C.T)]
    assert correlate(X, Y, kind="spearman", covariates=C).effect == pytest.approx(
        float(correlate(ranks[0], ranks[1], covariates=np.column_stack(ranks[2:])).effect)
    )
    one = C[:, 0]
    r = np.corrcoef([X, Y, one])
    textbook = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert correlate(X, Y, covariates=one).effect == pytest.approx(textbook)


def test_published_pairs():
    # McCann 2016: rho -.35 of 45; Jamshidi 2015: r .57 and .45 of 70; Stoyanova 2016: r .7 of 17
    found = correlation_test([-0.35, 0.57, 0.45, 0.7], [45, 70, 70, 17])
    np.testing.assert_allclose(found.p, [0.0184, 2.6e-7, 9.3e-5, 0.00176], rtol=0.02)


@given(st.floats(-0.99, 0.99), st.integers(4, 500), st.integers(0, 1))
def test_r_and_p_are_inverse(r, n, controlled):
    for side in SIDES:
        p = float(correlation_test(r, n, controlled=controlled, side=side).p)
        if 1e-12 < p < 1 - 1e-9:
            back = float(correlation_at(p, n, controlled=controlled, side=side))
            wanted = abs(r) if side == "two-sided" else r
            assert back == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_kendall_interval_covers():
    random = np.random.default_rng(3)
    pairs = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=(400, 50))
    found = [correlate(*p.T, kind="kendall") for p in pairs]
    truth = 2 / np.pi * np.arcsin(0.6)
    assert 0.92 <= np.mean([f.low <= truth <= f.high for f in found]) <= 0.985


def test_constant_and_missing():
    assert np.isnan(correlate(X, np.ones(25)).effect)
    assert np.isnan(correlate(X, C[:, 0], covariates=C).effect)
    holes = np.where(np.arange(25) < 3, np.nan, X)
    assert correlate(holes, Y).effect == pytest.approx(float(correlate(X[3:], Y[3:]).effect))
    assert np.isnan(correlation_test(0.5, 2).p)
    assert correlation_test(1.0, 10).p == 0.0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: correlation_test(1.2, 20), "IGX-STAT-041"),
        (lambda: correlation_test("r", 20), "IGX-STAT-022"),
        (lambda: correlation_test(0.2, -20), "IGX-STAT-040"),
        (lambda: correlation_test(0.2, 20, kind="phi"), "IGX-STAT-045"),
        (lambda: correlation_test(0.2, 20, side="up"), "IGX-STAT-043"),
        (lambda: correlation_at(1.5, 20), "IGX-STAT-042"),
        (lambda: correlate(X, Y[:-1]), "IGX-STAT-020"),
        (lambda: correlate(X, Y, covariates=C[:-1]), "IGX-STAT-020"),
        (lambda: correlate(X[:3], Y[:3], covariates=C[:3]), "IGX-STAT-044"),
        (lambda: correlate(X, Y, kind="kendall", covariates=C), "IGX-STAT-045"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(InputError, match=code):
        call()
