"""Tables of any size, and tables of several strata."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from imagenomics.errors import InputError
from imagenomics.stats.chi_square import chi_square
from imagenomics.stats.fisher import fisher
from imagenomics.stats.freeman_halton import freeman_halton
from imagenomics.stats.mantel_haenszel import breslow_day, mantel_haenszel

JOB = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
# admissions of six departments, as R's data set UCBAdmissions: men in and out, women in and out
BERKELEY = (
    [512, 353, 120, 138, 53, 22],
    [313, 207, 205, 279, 138, 351],
    [89, 17, 202, 131, 94, 24],
    [19, 8, 391, 244, 299, 317],
)


def test_freeman_halton_of_the_manual_of_r():
    # fisher.test(Job) of R: p = 0.7827
    found = freeman_halton(JOB)
    assert found.draws == 0
    assert found.p == pytest.approx(0.7827, abs=5e-5)


@given(st.tuples(*[st.integers(0, 15)] * 4))
def test_freeman_halton_of_2x2_is_fisher(cells):
    table = np.reshape(cells, (2, 2))
    if min(*table.sum(0), *table.sum(1)) == 0:
        return
    assert freeman_halton(table).p == pytest.approx(float(fisher(cells)), rel=1e-8)


def _brute(table):
    """All 2 x 3 tables with these margins."""
    rows, columns = table.sum(1), table.sum(0)
    seen = stats.random_table(rows, columns).pmf(table)
    p = 0.0
    for i in range(columns[0] + 1):
        for j in range(columns[1] + 1):
            k = rows[0] - i - j
            if 0 <= k <= columns[2]:
                first = np.array([i, j, k])
                each = stats.random_table(rows, columns).pmf(np.array([first, columns - first]))
                p += each if each <= seen * (1 + 1e-7) else 0.0
    return p


@given(st.lists(st.integers(1, 6), min_size=6, max_size=6))
@settings(max_examples=15, deadline=None)
def test_freeman_halton_by_brute_force(cells):
    table = np.reshape(cells, (2, 3))
    assert freeman_halton(table).p == pytest.approx(_brute(table), rel=1e-7)
    assert freeman_halton(table.T).p == pytest.approx(freeman_halton(table).p, rel=1e-12)


def test_monte_carlo_where_there_are_too_many_tables():
    table = np.random.default_rng(3).integers(20, 40, (6, 7))
    found = freeman_halton(table, draws=20_000, seed=4)
    assert found.draws == 20_000
    assert found.low < found.p < found.high
    assert found.p == pytest.approx(float(chi_square(table).p), abs=0.03)
    assert freeman_halton(table, draws=20_000, seed=4) == found


def test_monte_carlo_agrees_with_the_exact_p(monkeypatch):
    exact = freeman_halton(JOB).p
    monkeypatch.setattr("imagenomics.stats.freeman_halton.AT_MOST", 1)
    found = freeman_halton(JOB, draws=50_000, seed=1)
    assert found.draws == 50_000
    assert found.low <= exact <= found.high


def test_chi_square_like_scipy():
    wanted = stats.chi2_contingency(JOB)
    found = chi_square(JOB)
    assert (found.statistic, found.df, found.p) == pytest.approx(
        (wanted.statistic, wanted.dof, wanted.pvalue)
    )
    with_empty = np.insert(JOB, 2, 0, axis=1)
    assert chi_square(with_empty).p == found.p


def test_mantel_haenszel_like_statsmodels_and_r():
    strata = StratifiedTable([np.reshape(cells, (2, 2)) for cells in zip(*BERKELEY, strict=True)])
    found = mantel_haenszel(BERKELEY)
    assert found.effect == pytest.approx(strata.oddsratio_pooled, rel=1e-12)
    np.testing.assert_allclose([found.low, found.high], strata.oddsratio_pooled_confint(), rtol=1e-9)
    assert found.statistic == pytest.approx(strata.test_null_odds().statistic, rel=1e-9)
    corrected = mantel_haenszel(BERKELEY, correction=True)
    # mantelhaen.test(UCBAdmissions) of R: 1.4269, common odds ratio 0.9046968 (0.7719074 to 1.0603298)
    assert corrected.statistic == pytest.approx(1.4269, abs=5e-5)
    assert corrected.effect == pytest.approx(0.9046968, abs=5e-8)
    assert (corrected.low, corrected.high) == pytest.approx((0.7719074, 1.0603298), abs=5e-8)


def test_breslow_day_like_statsmodels():
    strata = StratifiedTable([np.reshape(cells, (2, 2)) for cells in zip(*BERKELEY, strict=True)])
    found = breslow_day(BERKELEY)
    assert found.breslow_day == pytest.approx(strata.test_equal_odds().statistic, rel=1e-8)
    assert found.tarone == pytest.approx(strata.test_equal_odds(adjust=True).statistic, rel=1e-8)
    assert found.p_tarone == pytest.approx(strata.test_equal_odds(adjust=True).pvalue, rel=1e-8)


def test_equal_strata_are_homogeneous():
    cells = tuple([v, v, v] for v in (12, 8, 5, 15))
    assert mantel_haenszel(cells).effect == pytest.approx(12 * 15 / 40)
    assert breslow_day(cells).breslow_day == pytest.approx(0.0, abs=1e-12)
    even = tuple([v, v] for v in (8, 8, 6, 6))
    assert breslow_day(even).breslow_day == pytest.approx(0.0, abs=1e-12)


def test_strata_that_say_nothing_change_nothing():
    more = tuple([*cell, extra] for cell, extra in zip(BERKELEY, (0, 0, 4, 9), strict=True))
    assert mantel_haenszel(more) == mantel_haenszel(BERKELEY)
    assert breslow_day(more) == breslow_day(BERKELEY)
    assert np.isnan(breslow_day(([5], [3], [2], [6])).breslow_day)


@pytest.mark.parametrize("table", [[[1, 2, 3]], [[1, 0], [2, 0]], [1, 2, 3], [[0, 0], [0, 0]]])
def test_tables_that_compare_nothing(table):
    for function in (chi_square, freeman_halton):
        with pytest.raises(InputError, match="IGX-STAT-044"):
            function(table)


def test_impossible_tables():
    for function in (chi_square, freeman_halton):
        with pytest.raises(InputError, match="IGX-STAT-040"):
            function([[1, -2], [3, 4]])
    with pytest.raises(InputError, match="IGX-STAT-044"):
        mantel_haenszel(([0], [0], [1], [2]))
    with pytest.raises(InputError, match="IGX-STAT-040"):
        breslow_day(([0.5], [1], [1], [2]))
