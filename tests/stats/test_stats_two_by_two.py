"""Tests and estimates of 2 x 2 tables against scipy, statsmodels and the examples of R's manual pages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from imagenomics.associate.contingency_kernel import fisher_log_p
from imagenomics.errors import InputError
from imagenomics.stats.chi_square import chi_square_2x2, g_statistic
from imagenomics.stats.diagnostic import diagnostic_shares
from imagenomics.stats.fisher import conditional_odds_ratio, fisher
from imagenomics.stats.mcnemar import mcnemar
from imagenomics.stats.two_shares import share_difference, share_ratio

CELLS = st.tuples(*[st.integers(0, 40)] * 4)
SIDES = ("two-sided", "greater", "less")
TEA, CONVICTIONS = (3, 1, 1, 3), (2, 10, 15, 3)


@given(CELLS, st.sampled_from(SIDES))
def test_fisher_like_scipy(cells, side):
    wanted = stats.fisher_exact(np.reshape(cells, (2, 2)), alternative=side).pvalue
    assert fisher(cells, side=side) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


def test_fisher_of_the_manual_of_r():
    # fisher.test(TeaTasting, alternative = "greater") and fisher.test(Convictions, alternative = "less") of R
    assert fisher(TEA, side="greater") == pytest.approx(0.2429, abs=5e-5)
    assert fisher(CONVICTIONS, side="less") == pytest.approx(0.0004652, abs=5e-8)
    assert conditional_odds_ratio(TEA)[0] == pytest.approx(6.408309, rel=3e-5)
    assert conditional_odds_ratio(CONVICTIONS)[0] == pytest.approx(0.04693661, rel=3e-5)
    # the one-sided 95% limit is the upper limit of the 90% interval
    assert conditional_odds_ratio(CONVICTIONS, confidence=0.9)[2] == pytest.approx(0.2849601, rel=3e-5)
    assert conditional_odds_ratio(TEA, confidence=0.9)[1] == pytest.approx(0.3135693, rel=3e-5)


def test_fisher_like_the_compiled_scan():
    a, b, c, d = np.random.default_rng(1).integers(0, 60, (4, 200))
    log_p = np.empty((200, 1))
    fisher_log_p(a[:, None], (a + b)[:, None], (a + c)[:, None], (a + b + c + d)[:, None], log_p)
    np.testing.assert_allclose(fisher((a, b, c, d)), np.exp(log_p[:, 0]), rtol=1e-10)


@given(CELLS)
def test_mid_p_lies_between(cells):
    for side in SIDES:
        exact, mid = fisher(cells, side=side), fisher(cells, side=side, mid_p=True)
        assert exact / 2 - 1e-12 <= mid <= exact + 1e-12
    one = [float(fisher(cells, side=side, mid_p=True)) for side in ("greater", "less")]
    table = np.reshape(cells, (2, 2))
    if min(*table.sum(0), *table.sum(1)) > 0:
        assert sum(one) == pytest.approx(1.0, abs=1e-9)


@given(CELLS)
def test_symmetries_of_fisher(cells):
    a, b, c, d = cells
    p = fisher(cells)
    for other in ((c, d, a, b), (b, a, d, c), (a, c, b, d), (d, c, b, a)):
        assert fisher(other) == pytest.approx(float(p), rel=1e-9)
    assert fisher(cells, side="greater") == pytest.approx(float(fisher((c, d, a, b), side="less")), rel=1e-9)


@given(st.tuples(*[st.integers(0, 25)] * 4))
def test_conditional_ratio_like_scipy(cells):
    table = np.reshape(cells, (2, 2))
    if min(*table.sum(0), *table.sum(1)) == 0:
        assert np.isnan(conditional_odds_ratio(cells)).all()
        return
    wanted = stats.contingency.odds_ratio(table, kind="conditional")
    limits = wanted.confidence_interval(0.95)
    np.testing.assert_allclose(
        [float(v) for v in conditional_odds_ratio(cells)],
        [wanted.statistic, limits.low, limits.high],
        rtol=1e-5,
    )


@given(st.tuples(*[st.integers(1, 40)] * 4), st.booleans())
def test_chi_square_like_scipy(cells, yates):
    wanted = stats.chi2_contingency(np.reshape(cells, (2, 2)), correction=yates)
    found = chi_square_2x2(cells, yates=yates)
    assert found.statistic == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-12)
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-9)
    assert found.low <= found.effect <= found.high
    g = stats.chi2_contingency(
        np.reshape(cells, (2, 2)), correction=False, lambda_="log-likelihood"
    ).statistic
    assert g_statistic(tuple(np.array([float(v)]) for v in cells))[0] == pytest.approx(g, rel=1e-7, abs=1e-9)


def test_published_tables_of_alk():
    # Halpenny 2014: 17/30 against 19/97 patients; two-sided Fisher .00018, chi-square 8.2e-5, odds ratio 5.37
    cells = (17, 13, 19, 78)
    assert fisher(cells) == pytest.approx(0.00018, abs=5e-6)
    assert chi_square_2x2(cells).p == pytest.approx(8.2e-5, abs=5e-7)


def test_an_empty_margin():
    assert fisher((0, 0, 3, 4)) == 1.0
    assert np.isnan(chi_square_2x2((0, 0, 3, 4)).p)


def test_broadcasting():
    p = fisher(([3, 5], [1, 2], 1, 3))
    assert p.shape == (2,)
    assert p[0] == fisher(TEA)


def test_diagnostic_shares():
    shares = {s.name: s for s in diagnostic_shares((31, 10, 7, 109))}
    assert shares["sensitivity"].share == pytest.approx(31 / 41)
    assert shares["specificity"].share == pytest.approx(109 / 116)
    assert shares["positive predictive value"].share == pytest.approx(31 / 38)
    assert shares["negative predictive value"].share == pytest.approx(109 / 119)
    assert shares["accuracy"].share == pytest.approx(140 / 157)
    assert all(s.low < s.share < s.high for s in shares.values())
    assert np.isnan(diagnostic_shares((0, 0, 2, 5))[0].share)


@given(st.tuples(*[st.integers(1, 60)] * 4))
def test_two_shares_like_statsmodels(cells):
    a, b, c, d = cells
    found = share_difference(cells)
    wanted = confint_proportions_2indep(a, a + b, c, c + d, compare="diff", method="newcomb")
    np.testing.assert_allclose([float(found[1]), float(found[2])], wanted, rtol=1e-9, atol=1e-12)
    ratio = share_ratio(cells)
    wanted = confint_proportions_2indep(a, a + b, c, c + d, compare="ratio", method="log")
    np.testing.assert_allclose([float(ratio[1]), float(ratio[2])], wanted, rtol=1e-9)


def test_two_shares_without_events():
    ratio, low, high = share_ratio(([0, 5, 0], [9, 4, 9], [4, 0, 0], [5, 9, 9]))
    np.testing.assert_array_equal(ratio, [0.0, np.inf, np.nan])
    assert low[0] == 0.0
    assert 0.0 < high[0] < np.inf
    assert high[1] == np.inf
    assert np.isnan([low[2], high[2]]).all()
    assert np.isnan(share_difference((0, 0, 3, 4))[0])


@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemar_like_statsmodels(b, c):
    if b + c == 0:
        assert mcnemar(b, c).p == 1.0
        return
    table = [[9, b], [c, 7]]
    assert mcnemar(b, c).p == pytest.approx(sm_mcnemar(table, exact=True).pvalue, rel=1e-9)
    plain = sm_mcnemar(table, exact=False, correction=False)
    found = mcnemar(b, c, method="chi-square")
    assert (found.statistic, found.p) == (pytest.approx(plain.statistic), pytest.approx(plain.pvalue))
    if b != c:  # at equality statsmodels corrects beyond zero
        corrected = sm_mcnemar(table, exact=False, correction=True)
        assert mcnemar(b, c, method="corrected").p == pytest.approx(corrected.pvalue)
    exact, mid = mcnemar(b, c).p, mcnemar(b, c, method="mid-p").p
    seen = stats.binom.pmf(b, b + c, 0.5)
    assert mid == pytest.approx(exact - seen if b != c else 1 - seen / 2, rel=1e-9)


def test_mcnemar_published():
    # approval ratings of Agresti 1990, as on R's manual page of mcnemar.test: 34.71 with correction
    found = mcnemar(150, 86, method="corrected")
    assert found.statistic == pytest.approx(16.81780, abs=1e-4)
    # Fagerland 2013, airway hyper-responsiveness of 21 children: exact .0703, mid-p .0391
    assert mcnemar(7, 1).p == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar(7, 1, method="mid-p").p == pytest.approx(0.0391, abs=5e-5)
    swapped = mcnemar(1, 7)
    assert swapped.effect == pytest.approx(1 / 7)
    assert swapped.low == pytest.approx(1 / mcnemar(7, 1).high)


@pytest.mark.parametrize(
    "cells", [(-1, 2, 3, 4), (1.5, 2, 3, 4), (np.nan, 1, 1, 1), (np.inf, 1, 1, 1), ("x", 1, 1, 1)]
)
def test_impossible_counts(cells):
    for function in (
        fisher,
        conditional_odds_ratio,
        chi_square_2x2,
        diagnostic_shares,
        share_difference,
        share_ratio,
    ):
        with pytest.raises(InputError, match="IGX-STAT-040"):
            function(cells)
    with pytest.raises(InputError, match="IGX-STAT-040"):
        mcnemar(cells[0], 3)


def test_unknown_words():
    with pytest.raises(InputError, match="IGX-STAT-043"):
        fisher(TEA, side="upper")
    with pytest.raises(InputError, match="IGX-STAT-045"):
        mcnemar(1, 2, method="normal")
