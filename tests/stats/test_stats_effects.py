"""Effect sizes: known values, and intervals that cover as often as they say."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from imagenomics.errors import InputError
from imagenomics.stats.effects import (
    auc_interval,
    correlation_interval,
    critical_z,
    delong_interval,
    hedges_g,
    odds_ratio,
)
from imagenomics.stats.explained import cramers_v, epsilon_squared, partial_eta_squared
from imagenomics.stats.ranks import auc

DRAWS = 2000


def covers(low, high, truth) -> bool:
    """Whether the share of intervals with the truth lies between 93 and 97 percent."""
    return 0.93 <= float(np.mean((low <= truth) & (truth <= high))) <= 0.975


def test_auc_interval_covers_and_is_never_empty():
    random = np.random.default_rng(1)
    truth = stats.norm.cdf(1.0 / np.sqrt(2))
    y = np.repeat([1, 0], [18, 40])
    areas = np.array([auc(random.standard_normal(58) + y, y) for _ in range(DRAWS)])
    low, high = auc_interval(areas, 18, 40)
    assert covers(low, high, truth)
    low, high = auc_interval([1.0, 0.0, 0.5, np.nan], 10, 10)
    assert low[0] < 0.9
    assert high[0] == 1.0
    assert low[1] == pytest.approx(1 - high[0], abs=1e-12)
    assert low[2] == pytest.approx(1 - high[2])
    assert np.isnan(low[3])


def test_auc_interval_solves_its_equation():
    area, m, n = 0.8, 12, 30
    half = (m + n) / 2 - 1
    for limit in auc_interval(area, m, n):
        spread = (
            limit * (1 - limit) / (m * n) * (1 + half * ((1 - limit) / (2 - limit) + limit / (1 + limit)))
        )
        assert abs(area - limit) == pytest.approx(critical_z(0.95) * np.sqrt(spread), rel=1e-9)


def test_delong_covers_and_falls_back_at_the_border():
    random = np.random.default_rng(2)
    truth = stats.norm.cdf(1.0 / np.sqrt(2))
    y = np.repeat([1, 0], [30, 50])
    limits = np.array([delong_interval(random.standard_normal(80) + y, y)[1:] for _ in range(600)])
    assert covers(limits[:, 0], limits[:, 1], truth)
    area, low, high = delong_interval([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1])
    assert area == 1.0
    assert (low, high) == tuple(float(v) for v in auc_interval(1.0, 2, 2))


def test_delong_variance_by_hand():
    scores, labels = np.array([3.0, 5.0, 4.0, 1.0, 4.0, 2.0]), np.array([1, 1, 1, 0, 0, 0])
    kernel = (scores[:3, None] > scores[None, 3:]) + 0.5 * (scores[:3, None] == scores[None, 3:])
    error = np.sqrt(kernel.mean(1).var(ddof=1) / 3 + kernel.mean(0).var(ddof=1) / 3)
    area, low, high = delong_interval(scores, labels)
    assert area == pytest.approx(kernel.mean())
    logit = np.log(area / (1 - area))
    step = 1.959963984540054 * error / (area * (1 - area))
    np.testing.assert_allclose(
        [low, high], 1 / (1 + np.exp(-np.array([logit - step, logit + step]))), rtol=1e-12
    )


def test_hedges_g():
    random = np.random.default_rng(3)
    x, y = random.standard_normal((2, DRAWS, 15)) + np.array([0.8, 0.0])[:, None, None]
    pooled = np.sqrt((x.var(axis=1, ddof=1) + y.var(axis=1, ddof=1)) / 2)
    g, low, high = hedges_g(x.mean(axis=1) - y.mean(axis=1), pooled, 15, 15)
    assert abs(g.mean() - 0.8) < 0.03
    assert covers(low, high, 0.8)


def test_odds_ratio_like_statsmodels():
    table = Table2x2(np.array([[12, 5], [7, 20]]))
    ratio, low, high = odds_ratio((12, 5, 7, 20))
    assert ratio == pytest.approx(table.oddsratio, rel=1e-13)
    np.testing.assert_allclose([low, high], table.oddsratio_confint(), rtol=1e-12)


def test_odds_ratio_with_an_empty_cell_or_margin():
    ratio, low, high = odds_ratio(([9, 0, 0], [0, 4, 0], [3, 5, 4], [8, 9, 9]))
    np.testing.assert_array_equal(ratio, [np.inf, 0.0, np.nan])
    table = Table2x2(np.array([[9.5, 0.5], [3.5, 8.5]]))
    assert low[0] == pytest.approx(table.oddsratio_confint()[0], rel=1e-12)
    assert high[0] == np.inf
    assert low[1] == 0.0
    assert 0 < high[1] < np.inf
    assert np.isnan(low[2])


def test_correlation_intervals():
    x, y = np.random.default_rng(4).standard_normal((2, 30))
    wanted = stats.pearsonr(x, y).confidence_interval()
    low, high = correlation_interval(stats.pearsonr(x, y).statistic, 30)
    np.testing.assert_allclose([low, high], [wanted.low, wanted.high], rtol=1e-12)
    partial = correlation_interval(0.3, 30, controlled=4)
    np.testing.assert_allclose(partial, correlation_interval(0.3, 26), rtol=1e-12)
    wide, narrow = correlation_interval(0.6, 30, ranks=True), correlation_interval(0.6, 30)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert np.isnan(correlation_interval(0.5, 3)[0])
    assert correlation_interval(1.0, 20) == (1.0, 1.0)


def test_spearman_interval_covers():
    random = np.random.default_rng(5)
    rho = 0.6
    pairs = random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=(600, 60))
    truth = 6 / np.pi * np.arcsin(rho / 2)
    r = np.array([stats.spearmanr(p).statistic for p in pairs])
    assert covers(*correlation_interval(r, 60, ranks=True), truth)


def test_partial_eta_squared_covers():
    random = np.random.default_rng(6)
    means, per = np.array([0.0, 0.4, 0.9]), 25
    data = random.standard_normal((DRAWS, 3, per)) + means[None, :, None]
    f = np.array([stats.f_oneway(*groups).statistic for groups in data])
    eta, low, high = partial_eta_squared(f, 2, 72)
    strength = per * ((means - means.mean()) ** 2).sum()
    assert covers(low, high, strength / (strength + 75))
    assert (low <= eta).all()
    assert (eta <= high).all()
    nothing = partial_eta_squared([0.1, np.nan], 2, 72)
    assert nothing[1][0] == 0.0
    assert np.isnan(nothing[1][1])


def test_cramers_v():
    table = np.array([[20, 5, 9], [4, 18, 11]])
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    v, low, high = cramers_v(chi2, 2, table.sum())
    assert v == pytest.approx(stats.contingency.association(table), rel=1e-12)
    assert 0 < low < v < high <= 1
    weak = cramers_v([0.2, np.nan], 2, 60)
    assert weak[1][0] == 0.0
    assert weak[2][0] >= weak[0][0]


def test_epsilon_squared_is_one_for_perfect_groups_of_ranks():
    groups = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    assert epsilon_squared(stats.kruskal(*groups).statistic, 6) == pytest.approx(1.0)


def test_impossible_confidence():
    with pytest.raises(InputError, match="IGX-STAT-005"):
        correlation_interval(0.1, 20, confidence=95)


def test_auc_limits_like_halving_the_bracket():
    """The slow way: fifty-odd halvings between the AUC and the end of the scale; also at and next to the ends."""
    random = np.random.default_rng(5)
    m, n = random.integers(1, 400, (2, 4000)).astype(float)
    area = np.clip(random.normal(0.5, 0.25, 4000), 0, 1)
    area[:60] = np.repeat([0.0, 1.0, 1e-17, 1e-9, 1 - 1e-9, np.nan], 10)
    for confidence in (0.5, 0.95, 0.9999):
        z = critical_z(confidence)
        for end, limit in enumerate(auc_interval(area, m, n, confidence=confidence)):
            far, near = np.full(area.shape, float(end)), area.copy()
            for _ in range(54):
                x = (far + near) / 2
                spread = x * (1 - x) / (m * n) * (1 + ((m + n) / 2 - 1) * ((1 - x) / (2 - x) + x / (1 + x)))
                beyond = (area - x) ** 2 > z * z * spread
                far, near = np.where(beyond, x, far), np.where(beyond, near, x)
            np.testing.assert_allclose(limit, (far + near) / 2, rtol=0, atol=4e-15)
