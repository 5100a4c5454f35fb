"""Comparisons of groups against scipy, statsmodels and published worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from imagenomics.errors import InputError
from imagenomics.stats.anova import anova, anova_from_summary
from imagenomics.stats.kruskal import kruskal
from imagenomics.stats.mann_whitney import cliffs_delta, mann_whitney
from imagenomics.stats.post_hoc import dunn, games_howell, pairwise_mann_whitney, pairwise_welch, tukey
from imagenomics.stats.signed_rank import sign_test, signed_rank
from imagenomics.stats.t_test import paired_t_test, standardised_difference, t_test, t_test_from_summary

SIDES = ("two-sided", "greater", "less")
RANDOM = np.random.default_rng(11)
X, Y, Z = RANDOM.normal(0.4, 1.0, 14), RANDOM.normal(0.0, 2.0, 23), RANDOM.normal(1.1, 1.4, 9)
TIED = [np.round(v) for v in (X, Y, Z)]
# extra sleep of ten patients with two drugs (Student 1908), the data set sleep of R
SLEEP = (
    np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]),
    np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]),
)
# dried weight of plants under three conditions, the data set PlantGrowth of R
PLANTS = (
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("equal", [True, False])
def test_t_like_scipy_also_from_the_summary(side, equal):
    wanted = stats.ttest_ind(X, Y, equal_var=equal, alternative=side)
    found = t_test(X, Y, equal_variances=equal, side=side)
    summary = [[v.mean() for v in (X, Y)], [v.std(ddof=1) for v in (X, Y)], [X.size, Y.size]]
    again = t_test_from_summary(*summary, equal_variances=equal, side=side)
    for each in (found, again):
        assert (each.statistic, each.df, each.p) == pytest.approx(
            (wanted.statistic, wanted.df, wanted.pvalue)
        )
    limits = CompareMeans(DescrStatsW(X), DescrStatsW(Y)).tconfint_diff(
        usevar="pooled" if equal else "unequal"
    )
    assert (found.low, found.high) == pytest.approx(limits)


def test_t_of_sleep():
    # t.test(extra ~ group, data = sleep) of R: Welch t = -1.8608, df = 17.776, p = .07939, -3.3654832 to 0.2054832
    found = t_test(*SLEEP)
    assert (found.statistic, found.df, found.p) == pytest.approx((-1.8608, 17.776, 0.07939), rel=7e-5)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), rel=1e-6)
    # the paired test of the same manual page: t = -4.0621, p = .002833, -2.4598858 to -0.7001142
    paired = paired_t_test(*SLEEP)
    assert (paired.statistic, paired.p) == pytest.approx((-4.0621, 0.002833), rel=2e-4)
    assert (paired.low, paired.high) == pytest.approx((-2.4598858, -0.7001142), rel=1e-6)


def test_summaries_broadcast_and_a_paper_of_mgmt():
    # Moon 2012: 30.3 +- 9.5 (n = 11) and 39.2 +- 4.7 (n = 13); Welch .0134
    found = t_test_from_summary([[30.3, 1.0], [39.2, 1.0]], [[9.5, 1.0], [4.7, 2.0]], [[11], [13]])
    assert found.p[0] == pytest.approx(0.0134, abs=5e-5)
    assert found.p[1] == 1.0
    g, low, high = standardised_difference([30.3, 39.2], [9.5, 4.7], [11, 13])
    assert low < g < high < 0


@given(
    st.lists(st.integers(-30, 30), min_size=1, max_size=9, unique=True),
    st.lists(st.integers(-30, 30), min_size=1, max_size=9, unique=True),
    st.sampled_from(SIDES),
)
def test_mann_whitney_like_scipy(x, y, side):
    tied = set(x) & set(y)
    wanted = stats.mannwhitneyu(x, y, alternative=side, method="asymptotic" if tied else "exact")
    found = mann_whitney(x, y, side=side)
    assert found.statistic == wanted.statistic
    if len(set(x) | set(y)) > 1:
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-9)
    turned = mann_whitney(y, x)
    assert turned.effect == pytest.approx(1 - found.effect)
    assert turned.p == pytest.approx(float(mann_whitney(x, y).p), rel=1e-12)


def test_mann_whitney_of_larger_groups():
    for n, m in ((50, 50), (51, 20), (40, 50)):
        x, y = RANDOM.normal(0.3, 1, n), RANDOM.normal(0, 1, m)
        method = "exact" if max(n, m) <= 50 else "asymptotic"
        assert mann_whitney(x, y).p == pytest.approx(stats.mannwhitneyu(x, y, method=method).pvalue, rel=1e-9)
    assert mann_whitney([1, 1, 1], [1, 1]).p == 1.0
    assert mann_whitney([1, 1, np.nan], [1, 1]).effect == 0.5


def test_cliffs_delta():
    delta, low, high = cliffs_delta(X, Z)
    assert delta == pytest.approx(np.sign(X[:, None] - Z).mean())
    assert -1 <= low < delta < high <= 1


@pytest.mark.parametrize("equal", [True, False])
def test_anova_like_scipy_and_statsmodels(equal):
    found, df1 = anova([X, Y, Z], equal_variances=equal)
    wanted = anova_oneway([X, Y, Z], use_var="equal" if equal else "unequal")
    assert (found.statistic, found.df, found.p) == pytest.approx(
        (wanted.statistic, wanted.df_denom, wanted.pvalue)
    )
    assert df1 == 2
    assert found.low <= found.effect <= found.high
    groups = (X, Y, Z)
    again, _ = anova_from_summary(
        [v.mean() for v in groups],
        [v.std(ddof=1) for v in groups],
        [v.size for v in groups],
        equal_variances=equal,
    )
    assert again.p == pytest.approx(float(found.p), rel=1e-12)
    if equal:
        assert found.p == pytest.approx(stats.f_oneway(X, Y, Z).pvalue)


def test_anova_of_two_groups_is_the_t_test():
    for equal in (True, False):
        found, _ = anova([X, Y], equal_variances=equal)
        assert found.p == pytest.approx(float(t_test(X, Y, equal_variances=equal).p), rel=1e-10)


def test_plants():
    # aov and oneway.test of R on PlantGrowth: F = 4.846, p = .0159; Welch F = 5.181, df 17.128, p = .01739
    found, _ = anova(PLANTS)
    assert (found.statistic, found.p) == pytest.approx((4.846, 0.0159), rel=1e-3)
    found, _ = anova(PLANTS, equal_variances=False)
    assert (found.statistic, found.df, found.p) == pytest.approx((5.181, 17.128, 0.01739), rel=1e-3)
    # kruskal.test: 7.9882, p = .01842; TukeyHSD: trt1-ctrl -.371 (-1.0622 to .3202), p .3909; trt2-trt1 p .0120
    found = kruskal(PLANTS)
    assert (found.statistic, found.p) == pytest.approx((7.9882, 0.01842), rel=3e-4)
    pairs = tukey(PLANTS)
    assert pairs.p_adjusted == pytest.approx([0.3908711, 0.1979960, 0.0120064], rel=1e-4)
    assert (-pairs.high[0], -pairs.low[0]) == pytest.approx((-1.0622161, 0.3202161), rel=1e-5)


def test_kruskal_like_scipy_with_ties():
    found, wanted = kruskal(TIED), stats.kruskal(*TIED)
    assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))
    assert np.isnan(found.low)
    drawn = kruskal(TIED, draws=200, seed=1)
    assert drawn.low < drawn.high
    assert drawn == kruskal(TIED, draws=200, seed=1)
    assert kruskal([[1, 1], [1, 1, 1]]).p == 1.0


def test_dunn_by_hand():
    everything = np.concatenate(TIED)
    ranks, n = stats.rankdata(everything), everything.size
    parts = np.split(ranks, np.cumsum([v.size for v in TIED])[:-1])
    counts = np.unique(everything, return_counts=True)[1]
    variance = n * (n + 1) / 12 - (counts**3 - counts).sum() / (12 * (n - 1))
    z = (parts[0].mean() - parts[2].mean()) / np.sqrt(variance * (1 / parts[0].size + 1 / parts[2].size))
    found = dunn(TIED)
    assert (found.first.tolist(), found.second.tolist()) == ([0, 0, 1], [1, 2, 2])
    assert found.statistic[1] == pytest.approx(z)
    assert found.p[1] == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert (found.p_adjusted >= found.p).all()


def test_pairs_of_groups():
    welch, ranks, all_means = pairwise_welch([X, Y, Z]), pairwise_mann_whitney([X, Y, Z]), tukey([X, Y, Z])
    assert welch.p[1] == pytest.approx(stats.ttest_ind(X, Z, equal_var=False).pvalue)
    assert ranks.effect[1] == pytest.approx(float(mann_whitney(X, Z).effect))
    wanted = stats.tukey_hsd(X, Y, Z)
    limits = wanted.confidence_interval()
    for k, (i, j) in enumerate([(0, 1), (0, 2), (1, 2)]):
        assert all_means.p_adjusted[k] == pytest.approx(wanted.pvalue[i, j], abs=1e-8)
        assert all_means.low[k] == pytest.approx(limits.low[i, j], abs=1e-6)
    unequal, wanted = games_howell([X, Y, Z]), stats.tukey_hsd(X, Y, Z, equal_var=False)
    limits = wanted.confidence_interval()
    for k, (i, j) in enumerate([(0, 1), (0, 2), (1, 2)]):
        assert unequal.p_adjusted[k] == pytest.approx(wanted.pvalue[i, j], abs=1e-8)
        assert (unequal.low[k], unequal.high[k]) == pytest.approx(
            (limits.low[i, j], limits.high[i, j]), abs=1e-6
        )
        assert unequal.p[k] == pytest.approx(welch.p[k])
    two = tukey([X, Y])
    assert two.p_adjusted[0] == pytest.approx(float(t_test(X, Y, equal_variances=True).p), abs=1e-7)


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=12), st.sampled_from(SIDES))
def test_signed_rank_like_scipy(d, side):
    x = np.array(d, dtype=float)
    if not x.any():
        assert signed_rank(x, np.zeros(x.size), side=side).p == 1.0
        return
    exact = 0 not in d and len({abs(v) for v in d}) == len(d)
    wanted = stats.wilcoxon(x, alternative=side, method="exact" if exact else "asymptotic", correction=True)
    found = signed_rank(x, np.zeros(x.size), side=side)
    nonzero = x[x != 0]
    ranks = stats.rankdata(np.abs(nonzero))
    away = abs(ranks[nonzero > 0].sum() - ranks.sum() / 2)
    if away >= 0.5 or exact:  # nearer to the middle scipy corrects beyond it
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-9)


def test_signed_rank_published():
    # depression of nine patients before and after therapy (Hollander & Wolfe 1973, p. 29), as on R's manual page:
    # V = 40, one-sided p = .01953; with conf.int the pseudomedian .46 (.10 to .786)
    x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    found = signed_rank(x, y, side="greater")
    assert (found.statistic, found.p) == pytest.approx((40, 0.01953), abs=5e-6)
    two = signed_rank(x, y)
    assert two.p == pytest.approx(0.03906, abs=5e-6)
    assert two.effect == pytest.approx(0.46, abs=5e-4)
    assert (two.low, two.high) == pytest.approx((0.010, 0.786), abs=5e-4)


def test_intervals_of_differences_cover():
    d = np.random.default_rng(5).normal(0.5, 1.0, (400, 12))
    for test in (signed_rank, sign_test):
        limits = np.array([[v.low, v.high] for v in (test(row, np.zeros(12)) for row in d)])
        assert ((limits[:, 0] <= 0.5) & (limits[:, 1] >= 0.5)).mean() >= 0.93
    few = signed_rank([1.0, 2.0, 3.0], [0, 0, 0])
    assert (few.low, few.high) == (-np.inf, np.inf)
    many = signed_rank(np.arange(60.0) - 20, np.zeros(60))
    assert many.low < many.effect < many.high


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20))
def test_sign_test(d):
    x = np.array(d, dtype=float)
    positive, n = int((x > 0).sum()), int((x != 0).sum())
    wanted = stats.binomtest(positive, n).pvalue if n else 1.0
    assert sign_test(x, np.zeros(x.size)).p == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: t_test([1.0], [1.0, 2.0]), "IGX-STAT-044"),
        (lambda: t_test([1.0, np.inf], [1.0, 2.0]), "IGX-STAT-022"),
        (lambda: t_test(["a", "b"], [1.0, 2.0]), "IGX-STAT-022"),
        (lambda: t_test([1, 2], [1, 2], side="up"), "IGX-STAT-043"),
        (lambda: t_test([1, 2], [1, 3], confidence=95), "IGX-STAT-005"),
        (lambda: t_test_from_summary([1, 2], [-1, 1], [5, 5]), "IGX-STAT-046"),
        (lambda: t_test_from_summary([1, 2], [1, 1], [5, 1]), "IGX-STAT-044"),
        (lambda: t_test_from_summary([1, 2], [1, 1], [5, 2.5]), "IGX-STAT-040"),
        (lambda: t_test_from_summary([1, 2, 3], [1, 1, 1], [5, 5, 5]), "IGX-STAT-044"),
        (lambda: t_test_from_summary([1, 2, 3], [1, 1], [5, 5]), "IGX-STAT-020"),
        (lambda: standardised_difference([1], [1], [5]), "IGX-STAT-044"),
        (lambda: paired_t_test([1, 2], [1, 2, 3]), "IGX-STAT-020"),
        (lambda: paired_t_test([1, np.nan], [1, 2]), "IGX-STAT-044"),
        (lambda: anova([[1, 2]]), "IGX-STAT-044"),
        (lambda: anova_from_summary([1], [1], [4]), "IGX-STAT-044"),
        (lambda: mann_whitney([], [1]), "IGX-STAT-044"),
        (lambda: kruskal([[1, 2], []]), "IGX-STAT-044"),
        (lambda: tukey([[1, 2], [3]]), "IGX-STAT-044"),
        (lambda: games_howell([[1, 2], [3]]), "IGX-STAT-044"),
        (lambda: signed_rank([], []), "IGX-STAT-044"),
        (lambda: sign_test([1, 2], [1, 2], side="x"), "IGX-STAT-043"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(InputError, match=code):
        call()
