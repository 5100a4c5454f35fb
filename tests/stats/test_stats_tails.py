"""Tails against numbers computed with 50 digits (mpmath 1.3), and against scipy where p does not underflow."""

import numpy as np
import pytest
from scipy import stats

from imagenomics.stats.t_table import two_sided_t
from imagenomics.stats.tails import (
    LN10,
    log_sf_chi2,
    log_sf_f,
    log_sf_normal,
    log_two_sided_normal,
    log_two_sided_t,
    p_and_log10,
)

T = {
    (0.3, 7): -0.257618478024839255,
    (4.5, 98): -10.8860256048223058,
    (40, 98): -142.251419447453691,
    (80, 490): -650.924911620474761,
    (1000, 30): -158.149855411154847,
    (60, 5000): -1359.86002830717768,
}
F = {
    (1.7, 3, 90): -1.75634532407062681,
    (50, 3, 90): -42.3334726440103021,
    (900, 4, 300): -379.804614765937196,
    (20000, 2, 1000): -1856.7860333521539,
}
CHI2 = {
    (3.2, 2): -1.6,
    (300, 5): -142.758746704644856,
    (5000, 5): -2488.54801391421245,
    (1e5, 12): -49950.6885003177306,
}
NORMAL = {
    1.2: -2.16221750604373933,
    10: -53.2312851505124706,
    50: -1254.8313611394199,
    300: -45006.6227321186634,
}


def close(got: float, wanted: float) -> bool:
    return abs(got - wanted) < 1e-12 + 2e-15 * abs(wanted)


@pytest.mark.parametrize(("arguments", "wanted"), T.items())
def test_t_far_below_the_smallest_number(arguments, wanted):
    t, df = arguments
    assert close(float(log_two_sided_t(t, df)), wanted)
    few = two_sided_t(np.array([float(t)]), np.array([df]))[1][0]
    many = two_sided_t(np.full(5000, float(t)), np.full(5000, df))[1]
    assert close(-few * LN10, wanted)
    assert close(-many[17] * LN10, wanted)


@pytest.mark.parametrize(("arguments", "wanted"), F.items())
def test_f_far_below_the_smallest_number(arguments, wanted):
    assert close(float(log_sf_f(*arguments)), wanted)


@pytest.mark.parametrize(("arguments", "wanted"), CHI2.items())
def test_chi2_far_below_the_smallest_number(arguments, wanted):
    assert close(float(log_sf_chi2(*arguments)), wanted)


@pytest.mark.parametrize(("z", "wanted"), NORMAL.items())
def test_normal_far_below_the_smallest_number(z, wanted):
    assert close(float(log_sf_normal(z)), wanted)


@pytest.mark.parametrize("df", [1, 2, 5, 31, 300, 5000])
def test_the_table_of_t_agrees_with_scipy(df):
    t = np.random.default_rng(df).standard_normal(3000) * 6
    p, neg = two_sided_t(t, np.full(t.size, df))
    np.testing.assert_allclose(p, 2 * stats.t.sf(np.abs(t), df), rtol=1e-12)
    np.testing.assert_allclose(neg, -np.log10(p), rtol=1e-10, atol=1e-14)


def test_mixed_degrees_of_freedom_in_the_table():
    random = np.random.default_rng(5)
    df = random.integers(1, 9, 20_000)
    t = random.standard_normal(df.size) * 3
    np.testing.assert_allclose(two_sided_t(t, df)[0], 2 * stats.t.sf(np.abs(t), df), rtol=1e-12)


@pytest.mark.parametrize("copies", [1, 3000])
def test_t_of_missing_infinite_and_impossible_values(copies):
    t = np.repeat([np.nan, np.inf, -np.inf, 0.0, 2.0], copies)
    df = np.repeat([7, 7, 7, 7, 0], copies)
    p, neg = (array.reshape(5, copies)[:, 0] for array in two_sided_t(t, df))
    np.testing.assert_array_equal(p, [np.nan, 0.0, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(neg, [np.nan, np.inf, np.inf, 0.0, np.nan])
    assert two_sided_t(np.empty((0, 2)), np.empty((0, 2), dtype=int))[0].shape == (0, 2)


def test_f_and_chi2_agree_with_scipy_and_keep_shapes():
    random = np.random.default_rng(0)
    f, d1, d2 = random.random((40, 5)) * 9, random.integers(1, 9, (40, 1)), random.integers(2, 200, 5)
    np.testing.assert_allclose(np.exp(log_sf_f(f, d1, d2)), stats.f.sf(f, d1, d2), rtol=1e-11)
    np.testing.assert_allclose(np.exp(log_sf_chi2(f * 9, d1)), stats.chi2.sf(f * 9, d1), rtol=1e-12)
    assert np.isnan(log_sf_f(np.nan, 1, 5))
    assert np.isnan(log_sf_chi2(3.0, 0))
    assert log_sf_f(np.inf, 2, 5) == -np.inf


def test_two_sided_normal_and_minus_log10():
    p, neg = p_and_log10(log_two_sided_normal([0.0, -1.96, 45.0]))
    np.testing.assert_allclose(p[:2], [1.0, 0.04999579029644087], rtol=1e-13)
    assert p[2] == 0.0
    assert 440 < neg[2] < 442
