"""Proportional odds and counts: statsmodels' likelihoods, R's printed values, and brute-force derivatives."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from imagenomics.associate.likelihood.counts import NegativeBinomial, best_dispersion, log_likelihood
from imagenomics.associate.likelihood.ordinal import ProportionalOdds, level_scores, proportional_odds_test
from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

N = 220
INDEX = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)


def table(columns, kinds):
    return PatientTable(pd.DataFrame(columns, index=INDEX), describe(columns, kind=list(kinds)))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(21)
    size, age = random.standard_normal((2, N))
    there = (random.random(N) < 0.4).astype(float)
    shape = random.choice(["a", "b", "c"], N).astype(object)
    grade = np.digitize(0.7 * size + 0.5 * age + random.logistic(size=N), [-1.0, 0.4, 1.8]).astype(float)
    mean = np.exp(1.0 + 0.4 * size + 0.3 * age + 0.5 * there)
    burden = random.negative_binomial(2.0, 2.0 / (2.0 + mean)).astype(float)
    size[:9] = np.nan
    features = table({"size": size, "there": there, "shape": shape}, ["continuous", "binary", "categorical"])
    targets = table({"grade": grade, "burden": burden}, ["ordinal", "continuous"])
    return features, targets, age


def run(data, *, adjust=True, **options):
    features, targets, age = data
    return each_pair(
        features,
        targets,
        covariates=table({"age": age}, ["continuous"]) if adjust else None,
        settings=AssociateSettings(**{"permutations": 0, "transform": "none", **options}),
        analysis="x",
        seed=0,
    )


def row(found, feature, target):
    return found[(found["feature"] == feature) & (found["target"] == target)].iloc[0]


def columns(data, feature):
    values = data[0].values[feature]
    keep = values.notna().to_numpy()
    if feature == "shape":
        x = np.column_stack([(values == level).to_numpy(float) for level in ("b", "c")])
    else:
        x = values[keep].to_numpy(float)[:, None]
    return keep, x


@pytest.mark.parametrize("adjust", [True, False])
@pytest.mark.parametrize("feature", ["size", "there", "shape"])
def test_proportional_odds_are_those_of_an_ordered_model(data, feature, adjust):
    keep, x = columns(data, feature)
    y = data[1].values["grade"].to_numpy()[keep]
    Z = data[2][keep][:, None] if adjust else np.empty((keep.sum(), 0))
    whole = OrderedModel(y, np.hstack([x, Z]), distr="logit").fit(
        method="bfgs", disp=0, gtol=1e-9, maxiter=500
    )
    if adjust:
        null = OrderedModel(y, Z, distr="logit").fit(method="bfgs", disp=0, gtol=1e-9, maxiter=500).llf
    else:
        sizes = np.unique(y, return_counts=True)[1]
        null = float((sizes * np.log(sizes / sizes.sum())).sum())
    got = row(run(data, adjust=adjust, ordinal="proportional-odds"), feature, "grade")
    assert (got["test"], got["status"], got["target_kind"]) == ("proportional odds (LR)", "ok", "ordinal")
    assert got["statistic"] == pytest.approx(2 * (whole.llf - null), abs=1e-6)
    if feature == "shape":
        assert (got["effect_name"], got["df"]) == ("partial Cox-Snell R squared", 2)
        return
    unit = x.std(ddof=1) if feature == "size" else 1.0
    assert got["effect"] == pytest.approx(np.exp(whole.params[0] * unit), rel=1e-5)
    assert got["se"] == pytest.approx(whole.bse[0] * unit, rel=1e-3)
    low, high = np.exp((whole.params[0] + 1.959964 * got["se"] / unit * np.array([-1, 1])) * unit)
    assert [got["ci_low"], got["ci_high"]] == pytest.approx([low, high], rel=1e-5)


HOUSING = (  # Madsen 1976 (72 counts; satisfaction by influence, by type, by contact); data set 'housing' of R's MASS
    *(21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54),
    *(13, 9, 10, 8, 8, 12, 6, 7, 9, 18, 6, 7, 15, 13, 13, 7, 5, 11),
    *(14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43, 48, 45, 86, 15, 25, 62),
    *(20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13),
)


def test_proportional_odds_are_those_that_polr_prints():
    """R 4.2.2, MASS: polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing)."""
    contact, kind, influence, satisfied = (
        part.reshape(-1) for part in np.meshgrid(range(2), range(4), range(3), range(3), indexing="ij")
    )
    times = np.array(HOUSING)
    assert times.sum() == 1681
    X = np.column_stack(
        [influence == 1, influence == 2, kind == 1, kind == 2, kind == 3, contact == 1]
    ).astype(float)
    y, X = np.repeat(satisfied.astype(float), times), np.repeat(X, times, axis=0)
    fit = ProportionalOdds().fit(y, X, None)
    assert -2 * fit.likelihood == pytest.approx(3479.149, abs=5e-4)
    assert fit.beta == pytest.approx([0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603], abs=5e-5)
    assert fit.own == pytest.approx([-0.4961, 0.6907], abs=5e-5)
    errors = np.sqrt(np.diag(fit.covariance))
    assert errors == pytest.approx([0.1047, 0.1272, 0.1192, 0.1552, 0.1515, 0.0955], abs=5e-5)


def test_scores_of_levels_are_the_derivatives_of_their_log_chances():
    random = np.random.default_rng(3)
    X = random.standard_normal((30, 2))
    y = random.integers(0, 4, 30).astype(float)
    fit = ProportionalOdds().fit(y, X, None)
    scores, chances = level_scores(X, fit, free=X[:, 1:])
    assert chances.sum(axis=0) == pytest.approx(np.ones(30))
    at = np.concatenate([fit.own, fit.beta, np.zeros(2)])

    def log_chance(values, level, i):
        eta = X[i] @ values[3:5]
        own = np.array([0.0, *values[5:]]) * X[i, 1]
        cuts = np.concatenate([[-np.inf], values[:3] - eta - own, [np.inf]])
        below = 1 / (1 + np.exp(-cuts))
        return np.log(below[level + 1] - below[level])

    for level, i in [(0, 3), (1, 7), (2, 11), (3, 29)]:
        for j in range(at.size):
            step = np.zeros(at.size)
            step[j] = 1e-6
            slope = (log_chance(at + step, level, i) - log_chance(at - step, level, i)) / 2e-6
            assert scores[level, i, j] == pytest.approx(slope, abs=1e-7)


def test_odds_that_are_not_proportional_are_said_to_be_doubtful():
    random = np.random.default_rng(5)
    x = (random.random(N) < 0.5).astype(float)
    grade = np.where(
        x == 1, random.choice([0.0, 2.0], N), random.choice([0.0, 1.0, 2.0], N, p=[0.1, 0.8, 0.1])
    )
    found = run(
        (table({"x": x}, ["binary"]), table({"grade": grade}, ["ordinal"]), np.zeros(N)),
        adjust=False,
        ordinal="proportional-odds",
    )
    assert found["status"].item() == "ok"
    assert "proportional odds are doubtful" in found["reason"].item()


def test_the_check_is_uniform_where_odds_are_proportional():
    random = np.random.default_rng(6)
    statistics = []
    for _ in range(300):
        x = random.standard_normal((160, 1))
        y = np.digitize(0.8 * x[:, 0] + random.logistic(size=160), [-1.0, 1.0]).astype(float)
        X = x - x.mean()
        statistic, df = proportional_odds_test(y, X, ProportionalOdds().fit(y, X, None))
        assert df == 1
        statistics.append(statistic)
    assert 0.02 < (np.array(statistics) > 3.841).mean() < 0.095


def quasi_score(model, x):
    """Return F and the spread of what is left, from the score test of statsmodels for a spread of 1."""
    fit = model.fit(tol=1e-14)
    score = float(np.squeeze(fit.score_test(exog_extra=x, observed=False)[0]))
    rest = (np.square(fit.resid_pearson).sum() - score) / (model.endog.size - fit.params.size - x.shape[1])
    return score / x.shape[1] / rest, rest


@pytest.mark.parametrize("adjust", [True, False])
@pytest.mark.parametrize("feature", ["size", "there", "shape"])
def test_counts_are_those_of_negative_binomial_models(data, feature, adjust):
    keep, x = columns(data, feature)
    y = data[1].values["burden"].to_numpy()[keep]
    Z = np.column_stack([np.ones(keep.sum()), data[2][keep]])[:, : 1 + adjust]
    null, whole = (
        sm.NegativeBinomial(y, X).fit(disp=0, method="bfgs", maxiter=1000, gtol=1e-8)
        for X in (Z, np.hstack([Z, x]))
    )
    family = sm.families.NegativeBinomial(alpha=null.params[-1])
    f, rest = quasi_score(sm.GLM(y, Z, family=family), x)
    got = row(run(data, adjust=adjust, counts="negative-binomial"), feature, "burden")
    assert got["test"] == "negative binomial regression (quasi-score F)"
    assert got["statistic"] == pytest.approx(f, rel=1e-5)
    df = x.shape[1], y.size - Z.shape[1] - x.shape[1]
    assert got["p"] == pytest.approx(stats.f.sf(got["statistic"], *df), rel=1e-9)
    if feature != "shape":
        unit = x.std(ddof=1) if feature == "size" else 1.0
        slope = whole.params[Z.shape[1]]
        assert got["effect"] == pytest.approx(np.exp(slope * unit), rel=1e-4)
        assert got["se"] == pytest.approx(whole.bse[Z.shape[1]] * unit * np.sqrt(rest), rel=2e-3)
        name = "rate ratio per SD" if feature == "size" else "rate ratio"
        assert got["effect_name"] == name


def test_counts_are_those_of_quasi_poisson_models(data):
    keep, x = columns(data, "size")
    y = data[1].values["burden"].to_numpy()[keep]
    Z = np.column_stack([np.ones(keep.sum()), data[2][keep]])
    poisson = sm.families.Poisson()
    whole = sm.GLM(y, np.hstack([Z, x]), family=poisson).fit(tol=1e-12)
    f, rest = quasi_score(sm.GLM(y, Z, family=poisson), x)
    got = row(run(data, counts="poisson"), "size", "burden")
    assert got["statistic"] == pytest.approx(f, rel=1e-8)
    assert got["se"] == pytest.approx(whole.bse[2] * x.std(ddof=1) * np.sqrt(rest), rel=1e-8)
    assert "more spread" in got["reason"]


def test_counts_without_overdispersion_have_the_likelihood_of_poisson():
    random = np.random.default_rng(1)
    y = random.binomial(20, 0.3, N).astype(float)  # less spread than Poisson's
    X = np.ones((N, 1)) / np.sqrt(N)
    fit = NegativeBinomial().fit(y, X, None)
    assert fit.own[0] == 0.0
    assert fit.likelihood == pytest.approx(sm.Poisson(y, X).fit(disp=0).llf, abs=1e-9)


def test_the_dispersion_has_the_largest_likelihood():
    random = np.random.default_rng(2)
    mean = np.exp(random.standard_normal(N))
    y = random.negative_binomial(1.5, 1.5 / (1.5 + mean)).astype(float)
    best = best_dispersion(y, mean, 0.1)
    others = [log_likelihood(y, mean, best * f) for f in (0.98, 1.0, 1.02)]
    assert np.argmax(others) == 1


def test_nothing_changes_unless_it_is_asked_for(data):
    plain = run(data)
    assert set(plain["test"]) == {"linear model (t)", "linear model (F)"}
    asked = run(data, ordinal="proportional-odds")
    burden = plain["target"] == "burden"
    pd.testing.assert_frame_equal(
        plain[burden].drop(columns="q"), asked[burden].drop(columns="q"), check_categorical=False
    )
    assert set(asked.loc[~burden, "test"]) == {"proportional odds (LR)"}


def test_predictors_are_normal_scores_and_an_ordinal_feature_is_the_response(data):
    features, targets, age = data
    swapped = PatientTable(targets.values[["grade"]], targets.columns.loc[["grade"]]), features, age
    found = run(swapped, ordinal="proportional-odds", transform="normal-scores")
    got = found[found["target"] == "size"].iloc[0]
    keep = features.values["size"].notna().to_numpy()
    x = normal_scores(features.values["size"].to_numpy()[:, None])[keep]
    y = targets.values["grade"].to_numpy()[keep]
    Z = age[keep][:, None]
    llf = [
        OrderedModel(y, X, distr="logit").fit(method="bfgs", disp=0, gtol=1e-9, maxiter=500).llf
        for X in (np.hstack([x, Z]), Z)
    ]
    assert got["statistic"] == pytest.approx(2 * (llf[0] - llf[1]), abs=1e-6)


def test_refusals_have_reasons(data):
    features, targets, age = data
    grade, burden = targets.values["grade"].copy(), targets.values["burden"].copy()
    burden[:] = np.where(np.arange(N) < 8, np.arange(N), 0)
    grade[:] = np.where(features.values["there"] == 1, 2.0, np.arange(N) % 2)
    separated = table({"grade": grade, "burden": burden}, ["ordinal", "continuous"])
    found = run(
        (features, separated, age), ordinal="proportional-odds", counts="negative-binomial", min_per_term=80
    )
    assert row(found, "there", "burden")["reason"].startswith("the smallest group has fewer than 10")
    assert "patients per term" in row(found, "shape", "grade")["reason"]
    found = run((features, separated, age), ordinal="proportional-odds")
    assert row(found, "there", "grade")["reason"] == "the model found no maximum"


@pytest.mark.parametrize("option", [{"ordinal": "proportional-odds"}, {"counts": "poisson"}])
def test_ranks_of_all_numbers_leave_no_room_for_models(option):
    with pytest.raises(ValueError, match="partial-rank"):
        AssociateSettings(method="partial-rank", **option)
