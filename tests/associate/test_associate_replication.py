"""Replication: each cohort is test_pairs on its patients; pooled rows are statsmodels on textbook errors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.replication.cohorts import test_replication as replicate
from imagenomics.associate.replication.frame import PAIR_COLUMNS, POOLED, RANDOM
from imagenomics.associate.replication.settings import ReplicationSettings
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe

SIZES = (40, 60, 90, 50)
NAMES = ("Ghent", "Leiden", "Oslo", "Turin")
N = sum(SIZES)


def table(values, kinds, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(len(kinds))]
    frame = pd.DataFrame(dict(zip(names, values, strict=True)), index=index)
    return PatientTable(frame, describe(names, kind=list(kinds)))


def sites():
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    return pd.Series(np.repeat(NAMES, SIZES), index=index, name="site", dtype=object)


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(6)
    size, noise = random.standard_normal((2, N))
    grown = (random.random(N) < 0.4).astype(float)
    gene = 0.6 * size + random.standard_normal(N)
    mutated = (random.random(N) < 1 / (1 + np.exp(-size))).astype(float)
    level = random.choice(["a", "b", "c"], N).astype(object)
    gene[5:9] = np.nan
    features = table([size, noise, grown], ["continuous", "continuous", "binary"], "f")
    targets = table([gene, mutated, level], ["continuous", "binary", "categorical"], "t")
    return features, targets


def run(features, targets, cohorts=None, covariates=None, **options):
    settings = ReplicationSettings(**options)
    cohorts = sites() if cohorts is None else cohorts
    return replicate(
        features, targets, cohorts=cohorts, covariates=covariates, settings=settings, analysis="again"
    )


def pooled(found, feature, target):
    rows = found.associations
    own = rows[(rows["stratum"] == POOLED) & (rows["feature"] == feature) & (rows["target"] == target)]
    return own.iloc[0]


def test_rows_of_a_cohort_are_those_of_its_patients_alone(data):
    features, targets = data
    found = run(features, targets).associations
    assert tuple(found.columns) == COLUMNS
    assert len(found) == 9 * 5
    assert set(found.loc[found["stratum"] == POOLED, "test"]) == {RANDOM}
    cohorts = sites()
    for name in NAMES:
        ids = cohorts.index[cohorts == name]
        alone = each_pair(
            features.patients(ids),
            targets.patients(ids),
            settings=AssociateSettings(permutations=0),
            analysis="again",
            seed=0,
        )
        rows = found[found["stratum"] == name].reset_index(drop=True)
        for column in ("n", "effect", "ci_low", "ci_high", "p"):
            np.testing.assert_array_equal(rows[column], alone[column])
        assert rows["q"].isna().all()


def by_hand(data, feature, target, effect_and_error):
    features, targets = data
    cohorts = sites()
    pairs = []
    for name in NAMES:
        both = pd.concat([features.values[feature], targets.values[target]], axis=1)[cohorts == name].dropna()
        pairs.append(effect_and_error(*both.to_numpy(dtype=float).T))
    y, e = np.array(pairs).T
    return combine_effects(y, e**2, method_re="chi2", use_t=False)


def spearman(x, y):
    r = stats.spearmanr(x, y).statistic
    return np.arctanh(r), np.sqrt((1 + r * r / 2) / (len(x) - 3))


def area(x, y):
    m, n = int(y.sum()), int((1 - y).sum())
    a = stats.mannwhitneyu(x[y == 1], x[y == 0]).statistic / (m * n)
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + (m - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (m * n))
    return np.log(a / (1 - a)), error / (a * (1 - a))


def odds(x, y):
    cells = np.array([[((x == i) & (y == j)).sum() for j in (1, 0)] for i in (1, 0)], dtype=float)
    return np.log(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0])), np.sqrt((1 / cells).sum())


@pytest.mark.parametrize(
    ("feature", "target", "of", "back"),
    [
        ("f0", "t0", spearman, np.tanh),
        ("f0", "t1", area, lambda v: 1 / (1 + np.exp(-v))),
        ("f2", "t0", lambda x, y: area(y, x), lambda v: 1 / (1 + np.exp(-v))),
        ("f2", "t1", odds, np.exp),
    ],
)
def test_pooled_rows_are_those_of_statsmodels_on_textbook_errors(data, feature, target, of, back):
    known = by_hand(data, feature, target, of).summary_frame()
    for name, method in (("random effect", "dersimonian-laird"), ("fixed effect", "fixed")):
        options = {} if method == "fixed" else {"interval": "wald"}
        found = run(*data, pooling=method, min_group=5, **options)
        row = pooled(found, feature, target)
        if (
            name == "random effect"
            and found.pairs.set_index(["feature", "target"]).loc[(feature, target), "tau2"] == 0
        ):
            name = "fixed effect"
        want = known.loc[name]
        mine = [row["effect"], row["ci_low"], row["ci_high"]]
        np.testing.assert_allclose(mine, back(want[["eff", "ci_low", "ci_upp"]].to_numpy(float)), rtol=1e-6)
        z = want["eff"] / want["sd_eff"]
        assert row["p"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-6)
        assert row["n"] == (N - 4 if target == "t0" else N)


def test_odds_ratios_lie_beside_mantel_and_haenszel(data):
    features, targets = data
    x, y = features.values["f2"], targets.values["t1"]
    tables = [[[((x == i) & (y == j) & (sites() == s)).sum() for j in (1, 0)] for i in (1, 0)] for s in NAMES]
    known = StratifiedTable([np.array(t) for t in tables])
    found = pooled(run(features, targets, pooling="fixed", min_group=5), "f2", "t1")
    assert np.log(found["effect"]) == pytest.approx(known.logodds_pooled, abs=0.05)


def test_adjusted_models_are_pooled_with_the_error_of_their_slope(data):
    features, targets = data
    age = table([np.random.default_rng(1).uniform(40, 80, N)], ["continuous"], "age")
    found = run(features, targets, covariates=age, pooling="fixed", min_group=5)
    rows = found.associations
    rows = rows[(rows["feature"] == "f0") & (rows["target"] == "t1")]
    cohorts = rows[rows["stratum"] != POOLED]
    weight = 1 / cohorts["se"] ** 2
    assert pooled(found, "f0", "t1")["effect"] == pytest.approx(
        (weight * cohorts["effect"]).sum() / weight.sum()
    )
    assert pooled(found, "f0", "t1")["effect_name"] == "adjusted difference in SD"
    assert pooled(found, "f0", "t0")["effect_name"] == "partial correlation"
    logistic = rows_of(found, "f2", "t1")
    error = np.log(logistic["ci_high"] / logistic["ci_low"]) / (2 * stats.norm.ppf(0.975))
    w = 1 / error**2
    assert np.log(pooled(found, "f2", "t1")["effect"]) == pytest.approx(
        (w * np.log(logistic["effect"])).sum() / w.sum()
    )


def rows_of(found, feature, target):
    rows = found.associations
    return rows[(rows["feature"] == feature) & (rows["target"] == target) & (rows["stratum"] != POOLED)]


def test_effects_without_direction_are_tested_and_not_pooled(data):
    found = run(*data, min_group=5)
    row = pooled(found, "f0", "t2")
    assert (row["status"], np.isnan(row["p"])) == ("not testable", True)
    assert "no direction" in row["reason"]
    assert rows_of(found, "f0", "t2")["p"].notna().all()


def test_small_cohorts_and_pairs_without_effect_are_named(data):
    cohorts = sites()
    cohorts.iloc[:30] = None  # 10 of Ghent stay
    found = run(*data, cohorts=cohorts)
    assert "Ghent" not in set(found.associations["stratum"])
    assert pooled(found, "f0", "t0")["reason"] == "Ghent does not enter (10 patients)"
    few = run(*data, min_group=20)
    row = pooled(few, "f0", "t1")
    assert row["reason"].startswith("no effect in ")
    assert row["p"] >= 0
    none = run(*data, min_group=60)
    assert "the smallest group has fewer than 60 patients" in pooled(none, "f0", "t1")["reason"]


def test_perfect_effects_are_pooled_a_little_short_of_perfect():
    random = np.random.default_rng(3)
    x = random.standard_normal(N)
    y = (x > 0).astype(float)
    found = run(table([x, y], ["continuous", "binary"], "f"), table([x, y], ["continuous", "binary"], "t"))
    p = found.associations.loc[found.associations["stratum"] == POOLED, "p"]
    assert (p < 0.01).all()
    assert 0.99 < pooled(found, "f0", "t1")["effect"] < 1


def test_pairs_have_both_ways_of_pooling_and_the_signs(data):
    pairs = run(*data, min_group=5).pairs
    assert tuple(pairs.columns) == PAIR_COLUMNS
    row = pairs.set_index(["feature", "target"]).loc[("f0", "t0")]
    assert (row["cohorts"], row["positive"], row["negative"]) == (4, 4, 0)
    assert row["p_sign"] == pytest.approx(2 / 16)
    assert row["fixed_low"] < row["fixed"] < row["fixed_high"]
    assert row["random_p"] < 0.05


def test_an_effect_of_one_cohort_alone_does_not_replicate():
    random = np.random.default_rng(9)
    x, y = random.standard_normal((2, N))
    oslo = (sites() == "Oslo").to_numpy()
    y[oslo] += 1.5 * x[oslo]
    found = run(table([x], ["continuous"], "f"), table([y], ["continuous"], "t"))
    pair = found.pairs.iloc[0]
    assert pair["random_p"] > 0.05
    assert pair["fixed_p"] < 1e-4
    assert pair["i2"] > 0.8
    assert pair["p_heterogeneity"] < 1e-4


@pytest.mark.parametrize("cohorts", [None, "one"])
def test_too_few_cohorts_are_refused(data, cohorts):
    given = sites().map(lambda _: cohorts)
    with pytest.raises(InputError, match="IGX-META-002"):
        run(*data, cohorts=given)


@pytest.mark.parametrize(
    "options",
    [
        {"pooling": "fixed", "interval": "hartung-knapp"},
        {"min_cohorts": 1},
        {"permutations": 5},
        {"pooling": "x"},
    ],
)
def test_settings_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match=r"pooling|min_cohorts|permutations"):
        ReplicationSettings(**options)
