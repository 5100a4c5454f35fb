"""Cut-points that survival chose: the statistic by hand, noise, planted effects, and a leak."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from imagenomics.associate.survival.cut_kernel import best_cut, log_rank_z, risk_spans
from imagenomics.associate.survival.cut_point import corrected_p, find_cut
from imagenomics.associate.survival.groups import group_patients, group_tables
from imagenomics.associate.survival.log_rank import log_rank
from imagenomics.associate.survival.settings import GroupSettings
from imagenomics.associate.survival.times import survival_times

CUT = GroupSettings(by="x", cut="maximal", permutations=99)


def cohort(seed, n=100, effect=0.0):
    random = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    x = pd.Series(random.standard_normal(n), ids)
    hidden = random.exponential(np.exp(-effect * (x.to_numpy() > 0.4)))
    left = random.exponential(1.5, n)
    event = pd.Series((hidden <= left).astype(float), ids)
    return x, survival_times(pd.Series(np.ceil(40 * np.minimum(hidden, left)), ids), event)


@pytest.mark.parametrize("seed", range(4))
def test_the_statistic_is_that_of_the_log_rank_test(seed):
    x, times = cohort(seed)
    random = np.random.default_rng(seed)
    group = random.integers(0, 2, len(x))
    late = survival_times(
        pd.Series(times.time, times.ids),
        pd.Series(times.event.astype(float), times.ids),
        entry=pd.Series(np.floor(times.time * 0.5 * random.random(len(x))), times.ids),
    )
    site = random.integers(0, 3, len(x))
    rows = np.arange(len(x))
    for followed in (times, late):
        for strata in (None, site):
            z = log_rank_z(group, rows, risk_spans(followed, strata))
            assert z**2 == pytest.approx(log_rank(followed, group, strata=strata).statistic, rel=1e-10)
    part = np.flatnonzero(random.random(len(x)) < 0.6)
    z = log_rank_z(group, part, risk_spans(times))
    assert z**2 == pytest.approx(log_rank(times.rows(part), group[part]).statistic, rel=1e-10)


def test_the_best_cut_is_the_best_of_all():
    x, times = cohort(1)
    value, rows, spans = x.to_numpy(), np.arange(len(x)), risk_spans(times)
    cut, z = best_cut(value, rows, spans, 20)
    between = (np.sort(value)[19:-20] + np.sort(value)[20:-19]) / 2
    every = [log_rank(times, (value > c).astype(int)).statistic for c in between]
    assert z**2 == pytest.approx(max(every), rel=1e-10)
    assert cut == pytest.approx(between[int(np.argmax(every))])


def test_noise_says_no_where_the_naive_p_says_yes():
    runs = 250
    found = [find_cut(*cohort(100 + seed, n=60), settings=CUT, seed=seed) for seed in range(runs)]
    share = {
        name: np.mean([getattr(f, name) <= 0.05 for f in found]) for name in ("p", "p_naive", "p_corrected")
    }
    low, high = binom.ppf([0.0005, 0.9995], runs, 0.05) / runs
    assert low <= share["p"] <= high
    assert share["p_naive"] > 0.2
    assert share["p_corrected"] <= high


def test_a_planted_cut_is_found():
    found = find_cut(*cohort(3, n=200, effect=1.5), settings=CUT, seed=1)
    assert found.p <= 0.011
    assert abs(found.cut - 0.4) < 0.4
    assert (np.abs(found.cuts - 0.4) < 0.6).all()


def test_patients_left_out_do_not_choose_their_own_cut():
    """Every patient's group is that of the cut of the other folds: changing one value moves no cut of its own fold."""
    x, times = cohort(5)
    before = find_cut(x, times, settings=CUT, seed=2)
    value = x.copy()
    value.iloc[0] = 50.0
    after = find_cut(value, times, settings=CUT, seed=2)
    assert (before.cuts == after.cuts).sum() >= 1
    naive = log_rank(times, (x.to_numpy() > before.cut).astype(int)).statistic
    assert naive == pytest.approx(before.statistic)
    assert before.z_held_out**2 < before.statistic  # the optimism of a cut that saw its own patients


def test_the_correction_by_hand():
    # phi(3) = 0.0044318; (3 - 1/3) log(16) + 4/3, times phi(3)
    assert corrected_p(3.0, 0.2) == pytest.approx(0.00443185 * ((3 - 1 / 3) * np.log(16) + 4 / 3), rel=1e-5)
    assert corrected_p(0.5, 0.2) == 1.0
    assert corrected_p(0.0, 0.2) == 1.0


def test_groups_that_cannot_be_compared_say_why():
    x, times = cohort(6)
    same = pd.Series(1.0, x.index)
    for settings in (CUT, GroupSettings(by="x", at=3.0)):
        found = group_patients(same, times, levels=None, settings=settings)
        _, rows = group_tables(found, times, name="x", settings=settings)
        assert rows["status"].iloc[0] == "not testable"
        assert rows["reason"].iloc[0]
        assert np.isnan(rows["p"].iloc[0])
