"""Interactions: products as in statsmodels, strata as test_pairs on their patients, tables as Breslow and Day."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import StratifiedTable

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.interaction.frame import COMMON, MANTEL_HAENSZEL, STRATUM_COLUMNS
from imagenomics.associate.interaction.modifier import Modifier
from imagenomics.associate.interaction.pairs import Draws
from imagenomics.associate.interaction.pairs import test_interactions as interactions
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.scores import normal_scores
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.stats.multiplicity import false_discovery
from imagenomics.tables.patient_table import PatientTable, describe

N = 240
INDEX = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)


def table(columns, kinds):
    return PatientTable(pd.DataFrame(columns, index=INDEX), describe(columns, kind=list(kinds)))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(11)
    level = np.repeat(["high", "low", "mid"], [90, 90, 60])
    age = random.standard_normal(N)
    mutated = (random.random(N) < 0.45).astype(float)
    gene = random.standard_normal(N)
    size = 0.8 * gene * (level == "low") + 0.5 * mutated + 0.3 * age + random.standard_normal(N)
    grown = (random.random(N) < 1 / (1 + np.exp(-0.8 * (2 * mutated - 1) * (level == "high")))).astype(float)
    subtype = random.choice(["a", "b", "c"], N).astype(object)
    gene[:7] = np.nan
    features = table({"size": size, "grown": grown}, ["continuous", "binary"])
    targets = table(
        {"gene": gene, "mutated": mutated, "subtype": subtype}, ["continuous", "binary", "categorical"]
    )
    return features, targets, pd.Series(level, index=INDEX, dtype=object), age


def run(data, *, levels=None, numeric=False, adjust=False, draws=0, **options):
    features, targets, level, age = data
    modifier = Modifier("crp", level if levels is None else levels, numeric=numeric)
    return interactions(
        features,
        targets,
        modifier=modifier,
        covariates=table({"age": age}, ["continuous"]) if adjust else None,
        settings=InteractionSettings(permutations=draws, **options),
        analysis="by crp",
        draws=Draws(seed=5),
    )


def row(found, feature, target):
    rows = found.associations
    return rows[(rows["feature"] == feature) & (rows["target"] == target)].iloc[0]


def two_levels(data):
    return data[2].where(data[2] != "mid", None)


def dummies(series):
    values = series.astype(str)
    return np.column_stack([(values == name).to_numpy(float) for name in sorted(set(values))[1:]])


def design(x, m, *others):
    products = (x[:, :, None] * m[:, None, :]).reshape(len(x), -1)
    null = np.column_stack([np.ones(len(x)), x, m, *others])
    return null, np.column_stack([null, products])


@pytest.mark.parametrize("numeric", [False, True])
@pytest.mark.parametrize("target", ["gene", "mutated", "subtype"])
def test_products_in_linear_models_are_those_of_ordinary_least_squares(data, target, numeric):
    features, targets, level, age = data
    values = targets.values[target]
    keep = values.notna().to_numpy()
    x = dummies(values[keep]) if target == "subtype" else values[keep].to_numpy(float)[:, None]
    if numeric:
        series = pd.Series(np.exp(np.random.default_rng(2).standard_normal(N)), index=INDEX)
        m = ((series - series.mean()) / series.std()).to_numpy()[keep][:, None]
    else:
        series, m = level, dummies(level[keep])
    found = run(data, levels=series, numeric=numeric, adjust=True, transform="none")
    null, full = design(x, m, age[keep])
    y = features.values["size"].to_numpy()[keep]
    fits = sm.OLS(y, full).fit(), sm.OLS(y, null).fit()
    f, p, df = fits[0].compare_f_test(fits[1])
    got = row(found, "size", target)
    assert (got["status"], got["n"], got["df_factor"]) == ("ok", keep.sum(), df)
    assert got["p"] == pytest.approx(p, rel=1e-9)
    assert got["df"] == fits[0].df_resid
    if df > 1:
        assert got["test"] == "interaction: linear model (F)"
        assert got["statistic"] == pytest.approx(f, rel=1e-9)
        return
    scale = (x.std(ddof=1) if target == "gene" else 1.0) / y.std(ddof=1)
    assert got["statistic"] == pytest.approx(fits[0].tvalues[-1], rel=1e-9)
    assert got["effect"] == pytest.approx(fits[0].params[-1] * scale, rel=1e-9)
    assert [got["ci_low"], got["ci_high"]] == pytest.approx(fits[0].conf_int()[-1] * scale, rel=1e-9)


def test_continuous_columns_are_normal_scores_unless_told_otherwise(data):
    features, targets, level, _ = data
    keep = targets.values["gene"].notna().to_numpy()
    x = normal_scores(targets.values["gene"].to_numpy()[:, None])[keep]
    y = normal_scores(features.values["size"].to_numpy()[:, None])[keep, 0]
    null, full = design(x, dummies(level[keep]))
    p = sm.OLS(y, full).fit().compare_f_test(sm.OLS(y, null).fit())[1]
    assert row(run(data), "size", "gene")["p"] == pytest.approx(p, rel=1e-9)


def test_a_binary_feature_is_the_predictor_of_a_numeric_target(data):
    _, targets, level, _ = data
    keep = targets.values["gene"].notna().to_numpy()
    null, full = design(data[0].values["grown"].to_numpy()[keep][:, None], dummies(level[keep]))
    y = targets.values["gene"].to_numpy()[keep]
    p = sm.OLS(y, full).fit().compare_f_test(sm.OLS(y, null).fit())[1]
    assert row(run(data, transform="none"), "grown", "gene")["p"] == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("levels", ["two", "three", "numeric"])
def test_products_in_logistic_models_are_likelihood_ratios(data, levels):
    features, targets, level, age = data
    numeric = levels == "numeric"
    series = {
        "two": two_levels(data),
        "three": level,
        "numeric": pd.Series(np.random.default_rng(3).standard_normal(N), index=INDEX),
    }[levels]
    keep = series.notna().to_numpy()
    m = dummies(series[keep])
    if numeric:
        m = ((series - series.mean()) / series.std()).to_numpy()[:, None]
    x = targets.values["mutated"].to_numpy()[keep][:, None]
    null, full = design(x, m, age[keep])
    y = features.values["grown"].to_numpy()[keep]
    fits = [sm.Logit(y, X).fit(disp=0, method="newton", tol=1e-14, maxiter=100) for X in (full, null)]
    got = row(
        run(data, levels=series, numeric=numeric, adjust=True, transform="none", min_per_term=3),
        "grown",
        "mutated",
    )
    assert got["test"] == "interaction: logistic regression (LR)"
    assert got["statistic"] == pytest.approx(2 * (fits[0].llf - fits[1].llf), abs=1e-8)
    if m.shape[1] == 1:
        assert got["effect"] == pytest.approx(np.exp(fits[0].params[-1]), rel=1e-7)
        low, high = np.exp(fits[0].conf_int()[-1])
        assert [got["ci_low"], got["ci_high"]] == pytest.approx([low, high], rel=1e-6)


def test_products_with_three_levels_of_the_target_are_likelihood_ratios(data):
    features, targets, level, _ = data
    null, full = design(dummies(targets.values["subtype"]), dummies(level))
    y = features.values["grown"].to_numpy()
    fits = [sm.Logit(y, X).fit(disp=0, method="newton", tol=1e-14, maxiter=100) for X in (full, null)]
    got = row(run(data), "grown", "subtype")
    assert (got["effect_name"], got["df"]) == ("partial Cox-Snell R squared", 4)
    assert got["statistic"] == pytest.approx(2 * (fits[0].llf - fits[1].llf), abs=1e-8)


def test_tables_are_those_of_breslow_and_day_and_mantel_and_haenszel(data):
    features, targets, level, _ = data
    tables = []
    for name in sorted(set(level)):
        own = (level == name).to_numpy()
        f, t = (s.to_numpy()[own] for s in (features.values["grown"], targets.values["mutated"]))
        tables.append([[((f == i) & (t == j)).sum() for j in (1, 0)] for i in (1, 0)])
    oracle = StratifiedTable([np.array(part, dtype=float) for part in tables])
    found = run(data)
    got, expected = row(found, "grown", "mutated"), oracle.test_equal_odds(adjust=True)
    assert got["test"] == "interaction: Breslow-Day (Tarone)"
    assert (got["statistic"], got["p"]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-8)
    rows = found.strata
    common = rows[
        (rows["stratum"] == COMMON) & (rows["feature"] == "grown") & (rows["target"] == "mutated")
    ].iloc[0]
    assert common["test"] == MANTEL_HAENSZEL
    assert common["effect"] == pytest.approx(oracle.oddsratio_pooled, rel=1e-10)
    assert common["p"] == pytest.approx(oracle.test_null_odds(correction=False).pvalue, rel=1e-8)
    ends = np.exp(oracle.logodds_pooled_confint())
    assert [common["ci_low"], common["ci_high"]] == pytest.approx(ends, rel=1e-8)
    two = row(run(data, levels=two_levels(data)), "grown", "mutated")
    odds = [t[0][0] * t[1][1] / t[0][1] / t[1][0] for t in tables]
    assert two["effect"] == pytest.approx(odds[1] / odds[0], rel=1e-10)


def test_rows_of_a_stratum_are_those_of_its_patients_alone(data):
    features, targets, level, _ = data
    found = run(data)
    assert tuple(found.associations.columns) == COLUMNS
    assert tuple(found.strata.columns) == STRATUM_COLUMNS
    assert len(found.associations) == 6
    assert len(found.strata) == 6 * 4
    settings = AssociateSettings(permutations=0, min_group=5)
    for name in ("high", "low", "mid"):
        ids = level.index[level == name]
        alone = each_pair(
            features.patients(ids), targets.patients(ids), settings=settings, analysis="by crp", seed=0
        )
        rows = found.strata[found.strata["stratum"] == name].reset_index(drop=True)
        for column in ("n", "effect", "ci_low", "ci_high", "p"):
            assert rows[column].tolist() == pytest.approx(alone[column].tolist(), rel=1e-12, nan_ok=True)


def test_the_three_kinds_of_rows_have_their_own_q(data):
    found = run(data, adjust=True)
    common = found.strata["stratum"] == COMMON
    for part in (found.associations, found.strata[common], found.strata[~common]):
        assert part["q"].to_numpy() == pytest.approx(false_discovery(part["p"].to_numpy(), "bh"), nan_ok=True)


def test_numbers_of_a_pair_do_not_depend_on_its_neighbours(data):
    features, targets, *others = data
    alone = run((features.select(["size"]), targets.select(["gene"]), *others), adjust=True)
    whole, one = row(run(data, adjust=True), "size", "gene"), row(alone, "size", "gene")
    for column in ("n", "effect", "statistic", "p"):
        assert one[column] == pytest.approx(whole[column], rel=1e-12)


def test_permutations_follow_freedman_and_lane(data):
    features, targets, level, age = data
    some = features.select(["size"]), targets.select(["mutated"]), level, age
    found = run(some, adjust=True, draws=199, transform="none")
    null, full = design(targets.values["mutated"].to_numpy()[:, None], dummies(level), age)
    y = features.values["size"].to_numpy()
    left = sm.OLS(y, null).fit().resid
    random = np.random.default_rng(1)

    def f(values):
        return sm.OLS(values, full).fit().compare_f_test(sm.OLS(values, null).fit())[0]

    drawn = np.array([f(random.permutation(left)) for _ in range(400)])
    brute = (1 + (drawn >= f(y)).sum()) / 401
    got = row(found, "size", "mutated")
    assert got["permutation"] == "maxT"
    assert got["p_maxt"] == pytest.approx(brute, abs=0.12)
    assert got["p_maxt"] == pytest.approx(got["p"], abs=0.1)


def test_strata_that_agree_on_an_infinite_odds_ratio_are_fitted_by_firth():
    level = pd.Series(np.repeat(["a", "b"], N // 2), index=INDEX, dtype=object)
    f = np.tile([1.0, 1.0, 0.0, 0.0, 0.0], N // 5)
    t = np.where(f == 1, 1.0, np.tile([0.0, 1.0, 0.0], N // 3))
    data = table({"f": f}, ["binary"]), table({"t": t}, ["binary"]), level, np.zeros(N)
    got = row(run(data), "f", "t")
    assert got["test"] == "interaction: logistic regression (Firth)"
    assert got["p"] > 0.5
    assert np.isfinite([got["effect"], got["ci_low"], got["ci_high"]]).all()


def test_a_modifier_among_the_targets_is_refused_with_its_reason(data):
    features, targets, *others = data
    series = targets.values["mutated"].map({0.0: "wild", 1.0: "mutated"}).astype(object)
    renamed = PatientTable(
        targets.values.rename(columns={"mutated": "crp"}), targets.columns.rename({"mutated": "crp"})
    )
    found = run((features, renamed, *others), levels=series)
    got = row(found, "size", "crp")
    assert (got["status"], got["reason"]) == ("not testable", "the column is the modifier itself")
    assert row(found, "size", "gene")["status"] == "ok"
    with pytest.raises(InputError, match="IGX-ASSOC-014"):
        run((features, renamed.select(["crp"]), *others), levels=series)


def test_small_strata_do_not_enter_and_are_named(data):
    level = data[2].copy()
    level.iloc[-8:] = "rare"
    got = row(run(data, levels=level), "size", "gene")
    assert "rare does not enter (8 patients)" in got["reason"]
    features, targets, _, age = data
    grown = features.values.copy()
    grown.loc[(data[2] == "mid").to_numpy(), "grown"] = 0.0
    changed = PatientTable(grown, features.columns), targets, data[2], age
    got = row(run(changed), "grown", "mutated")
    assert (got["status"], got["n"]) == ("ok", 180)
    assert got["reason"] == "mid does not enter"
    got = row(run(changed, levels=data[2].where(data[2] != "low", None)), "grown", "mutated")
    assert got["reason"].startswith("fewer than two strata have 20 patients")


@pytest.mark.parametrize(
    ("levels", "numeric", "code"),
    [
        (["only"] * N, False, "IGX-ASSOC-011"),
        ([f"L{i % 8}" for i in range(N)], False, "IGX-ASSOC-012"),
        ([f"L{i // 10}" for i in range(N)], False, "IGX-ASSOC-011"),
        ([3.0] * N, True, "IGX-ASSOC-011"),
    ],
)
def test_modifiers_that_cannot_modify_are_refused(data, levels, numeric, code):
    with pytest.raises(InputError, match=code):
        run(data, levels=pd.Series(levels, index=INDEX), numeric=numeric)
