"""What designs can show, against statsmodels, simulation and enumeration."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import FTestAnovaPower, TTestIndPower

from imagenomics.errors import InputError
from imagenomics.stats.detectable import (
    detectable_difference,
    detectable_f,
    detectable_hazard_ratio,
    detectable_paired_difference,
    detectable_share,
    equivalence_p,
)
from imagenomics.stats.fisher import fisher


@pytest.mark.parametrize(
    ("n1", "n0", "alpha", "power"), [(20, 30, 0.05, 0.8), (5, 90, 0.001, 0.9), (64, 64, 0.05, 0.8)]
)
def test_differences_like_statsmodels(n1, n0, alpha, power):
    wanted = TTestIndPower().solve_power(nobs1=n1, ratio=n0 / n1, alpha=alpha, power=power)
    assert detectable_difference(n1, n0, alpha=alpha, power=power) == pytest.approx(wanted, rel=1e-5)
    paired = detectable_paired_difference(n1, alpha=alpha, power=power)
    strength = paired * np.sqrt(n1)
    assert stats.nct.sf(stats.t.isf(alpha / 2, n1 - 1), n1 - 1, strength) == pytest.approx(power, abs=1e-5)


def test_published_sizes():
    # Cohen 1992, Psychological Bulletin 112:155: 64 patients a group for a medium difference d = .5, and 52 a group of
    # three for a medium f = .25, at .05 and 80%
    assert detectable_difference(64, 64) == pytest.approx(0.5, abs=0.005)
    assert detectable_f([52, 52, 52]) == pytest.approx(0.25, abs=0.005)
    wanted = FTestAnovaPower().solve_power(nobs=90, k_groups=3, alpha=0.05, power=0.8)
    assert detectable_f([20, 30, 40]) == pytest.approx(wanted, rel=1e-4)


def test_shares_are_exact():
    share = detectable_share(20, 25, 0.2)
    a, c = np.arange(21), np.arange(26)
    weight = np.outer(stats.binom.pmf(a, 20, share), stats.binom.pmf(c, 25, 0.2))
    rejects = np.array([[float(fisher((i, 20 - i, j, 25 - j))) <= 0.05 for j in c] for i in a])
    assert (weight * rejects).sum() == pytest.approx(0.8, abs=1e-9)
    assert np.isnan(detectable_share(3, 3, 0.2))
    assert detectable_share(60, 60, 0.2) < share


def test_hazard_ratio():
    # Schoenfeld: 88 events show a hazard ratio of about 1.82 (log 2.8 / sqrt(88 / 4))
    assert detectable_hazard_ratio(88, share=0.5) == pytest.approx(np.exp(2.8016 / np.sqrt(22)), rel=1e-4)
    assert detectable_hazard_ratio(88, share=0.2) > detectable_hazard_ratio(88, share=0.5)
    assert detectable_hazard_ratio(88) ** 2 == pytest.approx(detectable_hazard_ratio(88, share=0.5))
    assert np.isnan(detectable_hazard_ratio(0))


def test_equivalence():
    assert equivalence_p(0.0, 0.1, 0.1645) == pytest.approx(0.05, abs=1e-4)
    assert equivalence_p(-0.1, 0.1, 0.5) == equivalence_p(0.1, 0.1, 0.5)
    assert equivalence_p(0.0, 0.1, 0.3, df=5) > equivalence_p(0.0, 0.1, 0.3)
    assert equivalence_p(0.4, 0.1, 0.3) > 0.5


def test_too_few():
    assert np.isnan([detectable_difference(1, 1), detectable_paired_difference(1), detectable_f([4])]).all()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: detectable_difference(10.5, 3), "IGX-STAT-040"),
        (lambda: detectable_difference(10, 3, alpha=5), "IGX-STAT-042"),
        (lambda: detectable_share(10, 3, 1.2), "IGX-STAT-042"),
        (lambda: detectable_hazard_ratio(10, share=0.0), "IGX-STAT-042"),
        (lambda: equivalence_p(0.1, -0.1, 0.3), "IGX-STAT-046"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(InputError, match=code):
        call()
