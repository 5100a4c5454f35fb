"""Concordance and limits of agreement: identities, coverage, edges."""

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.stats.agreement.bland_altman import limits_of_agreement
from imagenomics.stats.agreement.concordance import concordance


def _pairs(seed, features, n, *, shift=0.5, scale=1.3, rho=0.8):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(features, n))
    y = shift + scale * (rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(features, n)))
    truth = 2 * rho * scale / (1 + scale**2 + shift**2)
    return x, y, truth


def test_concordance_by_its_definition():
    x, y, _ = _pairs(0, 5, 40)
    found = concordance(x, y)
    for j in range(5):
        s = np.cov(x[j], y[j], bias=True)
        value = 2 * s[0, 1] / (s[0, 0] + s[1, 1] + (x[j].mean() - y[j].mean()) ** 2)
        assert np.isclose(found.estimate[j], value, atol=1e-14)
        assert np.isclose(found.correlation[j], np.corrcoef(x[j], y[j])[0, 1])
    assert np.allclose(found.estimate, found.correlation * found.bias_correction)


@pytest.mark.parametrize(
    "options", [{}, {"shift": 0.0, "scale": 1.0}, {"rho": 0.0}, {"rho": -0.4}, {"shift": 2.0}]
)
def test_concordance_intervals_cover(options):
    x, y, truth = _pairs(1, 5000, 150, **options)
    found = concordance(x, y)
    assert abs(((found.low <= truth) & (truth <= found.high)).mean() - 0.95) < 0.015


def test_concordance_edges():
    x = np.arange(8.0)
    same = concordance(x, x)
    assert (same.low, same.estimate, same.high) == (1.0, 1.0, 1.0)
    assert concordance(x, -x[::-1] * 0 + x[::-1]).estimate == -1.0
    assert np.isnan(concordance(x, np.full(8, 0.3)).estimate)
    assert np.isnan(concordance(x[:2], x[:2] + 1).estimate)
    with_gap = concordance(np.append(x, np.nan), np.append(x + 1, 3.0))
    assert with_gap.n == 8
    assert with_gap.estimate == concordance(x, x + 1).estimate
    assert with_gap.correlation == pytest.approx(1.0)


def test_limits_are_exact_under_normality():
    rng = np.random.default_rng(2)
    d = rng.normal(2.0, 3.0, size=(6000, 15))
    found = limits_of_agreement(d, np.zeros_like(d))
    for estimate, truth in (
        (found.bias, 2.0),
        (found.lower, 2.0 - 1.959964 * 3),
        (found.upper, 2.0 + 1.959964 * 3),
    ):
        assert abs(((estimate.low <= truth) & (truth <= estimate.high)).mean() - 0.95) < 0.012
    assert np.all(found.lower.low < found.lower.estimate)
    assert np.all(found.upper.estimate < found.upper.high)


def test_limits_of_single_features_with_gaps():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 4, 20))
    x[1, :3] = np.nan
    found = limits_of_agreement(x, y)
    assert found.bias.n.tolist() == [20, 17, 20, 20]
    d = x[1, 3:] - y[1, 3:]
    assert np.isclose(found.upper.estimate[1], d.mean() + 1.959964 * d.std(ddof=1), atol=1e-6)
    slope = np.polyfit((x[1, 3:] + y[1, 3:]) / 2, d, 1)[0]
    assert np.isclose(found.trend[1], slope)
    alone = limits_of_agreement(x[1, 3:], y[1, 3:])
    assert np.isclose(alone.lower.low, found.lower.low[1])


def test_limits_edges():
    x = np.arange(5.0)
    same = limits_of_agreement(x, x + 2.0)
    assert (same.bias.estimate, same.sd, same.lower.low, same.upper.high) == (-2.0, 0.0, -2.0, -2.0)
    assert np.isnan(limits_of_agreement([1.0], [2.0]).bias.estimate)
    with pytest.raises(InputError, match="IGX-STAT-020"):
        limits_of_agreement(x, x[1:])
    with pytest.raises(InputError, match="IGX-STAT-022"):
        concordance(x, [1, 2, 3, 4, np.inf])
    with pytest.raises(InputError, match="IGX-STAT-005"):
        limits_of_agreement(x, x, coverage=1.0)
