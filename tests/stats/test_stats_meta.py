"""Pooled effects are held to the published BCG trials, to statsmodels, and to the likelihood itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from imagenomics.errors import InputError
from imagenomics.stats.meta import pool, sign_chance

# Vaccinated and control: tuberculosis and none, 13 trials (Colditz et al. 1994, JAMA 271:698, table 1)
BCG = np.array(
    [
        [4, 119, 11, 128],
        [6, 300, 29, 274],
        [3, 228, 11, 209],
        [62, 13536, 248, 12619],
        [33, 5036, 47, 5761],
        [180, 1361, 372, 1079],
        [8, 2537, 10, 619],
        [505, 87886, 499, 87892],
        [29, 7470, 45, 7232],
        [17, 1699, 65, 1600],
        [186, 50448, 141, 27197],
        [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ],
    dtype=float,
)


def trials():
    a, b, c, d = BCG.T
    effects = np.log(a / (a + b)) - np.log(c / (c + d))
    return effects, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


@pytest.mark.parametrize(
    ("method", "effect", "error", "tau2"),
    [("dersimonian-laird", -0.7141, 0.1787, 0.3088), ("reml", -0.7145, 0.1798, 0.3132)],
)
def test_the_bcg_trials_give_the_published_numbers(method, effect, error, tau2):
    found = pool(*trials(), method=method, interval="wald")
    assert found.effect == pytest.approx(effect, abs=5e-5)
    assert found.error == pytest.approx(error, abs=5e-5)
    assert found.tau2 == pytest.approx(tau2, abs=5e-5)
    assert found.heterogeneity == pytest.approx(152.2330, abs=5e-5)
    assert found.i2 == pytest.approx(0.9212, abs=5e-5)
    assert found.cohorts == 13


def random_tables(rows=40, k=6, seed=3):
    random = np.random.default_rng(seed)
    errors = random.uniform(0.1, 0.5, (rows, k))
    return 0.2 + random.standard_normal((rows, k)) * np.sqrt(errors**2 + 0.05), errors


def test_every_row_is_that_of_statsmodels():
    effects, errors = random_tables()
    wald = pool(effects, errors, method="dersimonian-laird", interval="wald")
    knapp = pool(effects, errors, method="dersimonian-laird")
    fixed = pool(effects, errors, method="fixed")
    for i, (y, e) in enumerate(zip(effects, errors, strict=True)):
        known = combine_effects(y, e**2, method_re="chi2", use_t=False)
        if known.tau2 <= 0:  # statsmodels goes on with a negative variance
            assert wald.tau2[i] == 0
            assert wald.effect[i] == fixed.effect[i]
            continue
        table = known.summary_frame()
        for found, name in ((wald, "random effect"), (fixed, "fixed effect")):
            row = table.loc[name]
            mine = [found.effect[i], found.error[i], found.low[i], found.high[i]]
            np.testing.assert_allclose(mine, row[["eff", "sd_eff", "ci_low", "ci_upp"]], rtol=1e-9)
        assert wald.tau2[i] == pytest.approx(known.tau2)
        assert wald.heterogeneity[i] == pytest.approx(known.q)
        assert wald.p_heterogeneity[i] == pytest.approx(known.test_homogeneity().pvalue)
        assert knapp.error[i] == pytest.approx(known.sd_eff_w_re_hksj)
        t = known.mean_effect_re / known.sd_eff_w_re_hksj
        assert knapp.p[i] == pytest.approx(2 * stats.t.sf(abs(t), 5))
        ends = known.mean_effect_re + np.array([-1, 1]) * stats.t.ppf(0.975, 5) * known.sd_eff_w_re_hksj
        np.testing.assert_allclose([knapp.low[i], knapp.high[i]], ends)


def test_reml_is_where_the_restricted_likelihood_is_largest():
    effects, errors = random_tables(rows=60, k=5, seed=8)
    found = pool(effects, errors, method="reml")

    def loss(tau2, y, v):
        w = 1 / (v + tau2)
        mean = (w * y).sum() / w.sum()
        return 0.5 * (np.log(v + tau2).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum())

    for y, e, tau2 in zip(effects, errors, found.tau2, strict=True):
        best = optimize.minimize_scalar(
            loss, bounds=(0, 2), args=(y, e**2), method="bounded", options={"xatol": 1e-10}
        )
        assert loss(tau2, y, e**2) <= best.fun + 1e-9


def test_a_cohort_without_effect_does_not_enter_and_a_single_one_is_no_meta_analysis():
    effects, errors = random_tables(rows=3, k=4)
    more = np.column_stack([effects, np.full(3, np.nan)]), np.column_stack([errors, np.ones(3)])
    first, second = pool(effects, errors), pool(*more)
    np.testing.assert_allclose(first.effect, second.effect)
    np.testing.assert_allclose(first.p, second.p)
    alone = pool([0.4, np.nan], [0.1, np.nan])
    assert (alone.cohorts, alone.effect) == (1, pytest.approx(0.4))
    assert np.isnan([alone.error, alone.p, alone.i2, alone.tau2]).all()
    none = pool([np.nan, np.nan], [1.0, 1.0], method="fixed")
    assert none.cohorts == 0
    assert np.isnan([none.effect, none.p]).all()


@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(0.05, 2)),
        min_size=2,
        max_size=8,
    ),
    st.floats(-2, 2),
)
def test_a_shift_moves_the_effect_alone(cohorts, shift):
    y, e = np.array(cohorts).T
    before, after = pool(y, e, method="dersimonian-laird"), pool(y + shift, e, method="dersimonian-laird")
    assert after.effect == pytest.approx(before.effect + shift, abs=1e-6)
    assert after.tau2 == pytest.approx(before.tau2, abs=1e-6)


def test_p_of_no_effect_is_uniform():
    random = np.random.default_rng(12)
    errors = random.uniform(0.1, 0.2, (20000, 4))
    effects = random.standard_normal(errors.shape) * np.sqrt(errors**2 + 0.3**2)
    for method in ("reml", "dersimonian-laird"):
        share = (pool(effects, errors, method=method).p <= 0.05).mean()
        assert 0.04 < share < 0.06
    assert (pool(effects, errors, method="dersimonian-laird", interval="wald").p <= 0.05).mean() > 0.08


def test_chance_of_one_sign_counts_coins():
    assert sign_chance(5, 0) == pytest.approx(2 / 32)
    assert sign_chance(1, 4) == pytest.approx(stats.binomtest(4, 5, 0.5).pvalue)
    np.testing.assert_allclose(sign_chance([2, 0], [2, 0]), [1.0, 1.0])


@pytest.mark.parametrize(
    ("effects", "errors"), [([0.1, 0.2], [0.1]), ([0.1], [0.0]), ([np.inf], [0.1]), (0.1, 0.1)]
)
def test_impossible_errors_are_refused(effects, errors):
    with pytest.raises(InputError, match="IGX-META-001"):
        pool(effects, errors)
