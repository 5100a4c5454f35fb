"""Hazard ratios that change with time against R, planted changes, and patients without any."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest
from survival_cohort import cohort

from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.proportional import proportional_hazards
from imagenomics.associate.survival.proportional_rows import check_hazards
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import survival_times

# R 4.2.2, survival 3.5-3: cox.zph(coxph(Surv(entry, time, event) ~ x0 + x1 + x2 + strata(site)), transform).
LATE = {
    "km": (2.158951657385497, 0.000254473911802, 2.929325490830877, 4.428652681752152),
    "identity": (1.314223752809, 0.387692287448, 4.532632929023, 6.805871579090),
}
# The same of coxph(Surv(time, event) ~ x0 + x1 + x2, ties = ...), transform "km".
TIES = {
    "breslow": (1.0064274375192, 0.0154756711428, 3.9529651543833, 4.4833975806672),
    "efron": (1.5970953217921, 0.0109656177722, 4.8780139718167, 5.7047993831362),
}


@pytest.mark.parametrize("scale", list(LATE))
def test_it_equals_r_in_strata_with_late_entry_and_ties(scale):
    X, time, event, entry = cohort(11)
    site = pd.Series(np.random.default_rng(0).choice(["a", "b", "c"], len(X)), X.index)
    times = survival_times(time, event, entry=entry)
    found = proportional_hazards(fit_cox(X, times, strata=site), X, times, strata=site, scale=scale)
    np.testing.assert_allclose(found["statistic"], LATE[scale], rtol=1e-7)
    assert found["df"].tolist() == [1, 1, 1, 3]


@pytest.mark.parametrize("ties", list(TIES))
def test_it_equals_r_for_either_handling_of_ties(ties):
    X, time, event, _ = cohort(11)
    times = survival_times(time, event)
    found = proportional_hazards(fit_cox(X, times, settings=CoxSettings(ties=ties)), X, times)
    np.testing.assert_allclose(found["statistic"], TIES[ties], rtol=1e-7)


def fading(seed, n, late):
    """A group whose hazard is three times as high until time 1, and ``late`` times as high after it."""
    r = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    x = r.integers(0, 2, n)
    need = r.exponential(1.0, n)
    first = np.where(x == 1, 3.0, 1.0)
    t = np.where(need < first, need / first, 1 + (need - first) / np.where(x == 1, late, 1.0))
    left = r.uniform(0.5, 4, n)
    event = pd.Series((t <= left).astype(float), ids)
    X = pd.DataFrame({"x": x.astype(float), "z": r.normal(size=n)}, ids)
    return X, survival_times(pd.Series(np.minimum(t, left), ids), event)


def test_a_change_is_found_named_and_has_its_sign():
    X, times = fading(0, 400, 0.5)
    rows = check_hazards({"x": X[["x"]], "both": X}, times).set_index(["model", "term"])
    assert list(rows.index) == [("x", "x"), ("both", "x"), ("both", "z"), ("both", "(all)")]
    assert rows.loc[("x", "x"), "q"] < 1e-3
    assert rows.loc[("x", "x"), "change"] < -1
    assert rows.loc[("both", "z"), "q"] > 0.05
    assert np.isnan(rows.loc[("both", "(all)"), "q"])


def test_hazards_that_are_proportional_say_no():
    p = []
    for seed in range(200):
        X, times = fading(seed, 120, 3.0)
        p += check_hazards({"m": X}, times)["p"].tolist()[:2]
    assert kstest(p, "uniform").pvalue > 1e-3
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09


def test_models_that_cannot_be_fitted_are_rows_with_a_reason():
    X, times = fading(1, 60, 3.0)
    rows = check_hazards({"twice": X.assign(y=X["x"])}, times)
    assert rows["status"].tolist() == ["not testable"]
    assert "explain each other" in rows["reason"].iloc[0]
    assert check_hazards({}, times).empty
