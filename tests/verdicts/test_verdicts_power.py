import numpy as np
import pytest

from imagenomics.stats.auc_summary import hanley_mcneil
from imagenomics.verdicts.power import (
    detectable_auc,
    detectable_correlation,
    detectable_gain,
    detectable_group_auc,
    detectable_r2,
)


def test_standard_error_of_the_paper():
    """Hanley and McNeil, table of the 1982 paper: theta 0.893 with 51 abnormal and 58 normal has SE 0.032."""
    assert hanley_mcneil(0.893, 51, 58) == pytest.approx(0.032, abs=0.0006)


def test_more_patients_show_less_and_more_targets_need_more():
    values = [detectable_auc(n, 2 * n, alpha=0.05) for n in (10, 20, 40, 100)]
    assert (np.diff(values) < 0).all()
    assert detectable_auc(30, 60, alpha=0.05 / 10) > detectable_auc(30, 60, alpha=0.05)
    assert detectable_auc(30, 60, alpha=0.05, null_spread=0.09) > detectable_auc(30, 60, alpha=0.05)
    assert np.isnan(detectable_auc(2, 2, alpha=0.001))


def test_the_stated_power_is_reached_by_simulation():
    """Rank statistics of a detectable shift pass p and interval in about 80% of studies."""
    from scipy.stats import norm

    from imagenomics.stats.ranks import auc

    rng = np.random.default_rng(0)
    positives, negatives = 30, 60
    target = detectable_auc(positives, negatives, alpha=0.05)
    shift = np.sqrt(2) * norm.ppf(target)
    y = np.r_[np.ones(positives), np.zeros(negatives)]
    null = np.array([auc(rng.normal(size=90), y) for _ in range(1500)])
    critical = np.quantile(null, 0.95)
    values = np.array([auc(rng.normal(size=90) + shift * y, y) for _ in range(1500)])
    se = np.array([hanley_mcneil(v, positives, negatives) for v in values])
    passed = (values >= critical) & (values - 1.96 * se > 0.5)
    assert 0.74 <= passed.mean() <= 0.87


def test_correlation_by_fisher():
    """Cohen's table: n = 85 for r = 0.3 at two-sided .05 with power .80."""
    assert detectable_correlation(85, alpha=0.05) == pytest.approx(0.30, abs=0.003)
    assert detectable_correlation(85, alpha=0.05, tests=400) > 0.4
    assert np.isnan(detectable_correlation(3, alpha=0.05))


def test_groups_gains_and_shares():
    assert 0.6 < detectable_group_auc(50, 50, alpha=0.05) < 0.7
    assert np.isnan(detectable_group_auc(0, 50, alpha=0.05))
    # 1.96 + 0.84 spreads, because the interval asks for more than the one-sided 1.645
    assert detectable_gain(alpha=0.05, null_spread=0.02) == pytest.approx(0.056, abs=0.001)
    assert np.isnan(detectable_gain(alpha=0.05, null_spread=np.nan))
    assert detectable_r2(400, alpha=0.05) < detectable_r2(100, alpha=0.05) < 0.25


def test_the_bar_is_that_of_the_rule():
    """Where the within-site null lies above 0.5, the interval has to clear its centre."""
    usual = detectable_auc(40, 60, alpha=0.05, null_spread=0.05)
    higher = detectable_auc(40, 60, alpha=0.05, null_spread=0.05, null_centre=0.65)
    assert higher > usual + 0.1
    assert detectable_gain(alpha=0.05, null_spread=0.02, null_centre=0.05, own_error=0.05) > 0.05 + 0.05 * 2.8
