"""Units inside patients: numbers of statsmodels, of dense formulas, and of the t test on patients' means."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.nested.settings import NestedSettings
from imagenomics.associate.nested.units import test_units as associate_units
from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.unit_table import UnitTable

SIZES = np.array([3, 1, 4, 2, 3, 5, 2, 3, 3, 2, 4, 1, 3, 2, 3, 3, 2, 4, 3, 2, 3, 2, 3, 4, 1, 3])
PLAIN = {"transform": "none", "min_patients": 8, "min_group": 5}


def pairs_of(sizes):
    rows = [(f"P{g:02d}", f"B{u}") for g, size in enumerate(sizes) for u in range(size)]
    return pd.MultiIndex.from_tuples(rows, names=["patient", "unit"])


def units(values, prefix, kind="continuous", sizes=SIZES):
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    frame = pd.DataFrame(values, index=pairs_of(sizes), columns=names)
    return UnitTable(frame, describe(names, kind=kind), "biopsy")


def per_patient(values, prefix, kind="continuous", sizes=SIZES):
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    index = pd.Index([f"P{g:02d}" for g in range(len(sizes))], name="patient", dtype=object)
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def run(features, targets, scheme, covariates=None, **options):
    settings = NestedSettings(unit="biopsy", units=scheme, **{**PLAIN, **options})
    return associate_units(features, targets, covariates=covariates, settings=settings, analysis="a")


def draw(seed, k=1, sizes=SIZES, icc=0.6):
    random = np.random.default_rng(seed)
    between = np.repeat(random.standard_normal((len(sizes), k)), sizes, axis=0)
    return np.sqrt(icc) * between + np.sqrt(1 - icc) * random.standard_normal((sizes.sum(), k))


@pytest.fixture
def data():
    x, age = draw(1), np.random.default_rng(2).standard_normal((len(SIZES), 1))
    y = draw(3) + 0.5 * x
    return units(y, "f"), units(x, "t"), per_patient(age, "age")


def arrays(data):
    features, targets, covariates = data
    age = covariates.values["age0"].reindex(features.values.index.get_level_values("patient")).to_numpy()
    groups = pd.factorize(features.values.index.get_level_values("patient"))[0]
    y, x = features.values["f0"].to_numpy(), targets.values["t0"].to_numpy()
    return y, np.column_stack([np.ones(len(y)), age, x]), groups, x.std(ddof=1) / y.std(ddof=1)


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(values**-0.5) @ vectors.T


def test_cr2_is_the_dense_formula(data):
    y, X, groups, scale = arrays(data)
    inverse = np.linalg.inv(X.T @ X)
    hat = X @ inverse @ X.T
    left = y - hat @ y
    rest = np.eye(len(y)) - hat
    meat, vectors = np.zeros((3, 3)), []
    for g in np.unique(groups):
        own = groups == g
        adjust = root(rest[np.ix_(own, own)])
        score = X[own].T @ adjust @ left[own]
        meat += np.outer(score, score)
        vectors.append(rest[:, own] @ adjust @ X[own] @ inverse[:, 2])
    gram = np.array(vectors) @ np.array(vectors).T
    row = run(data[0], data[1], "cluster-robust", data[2]).associations.iloc[0]
    assert row["se"] == pytest.approx(scale * np.sqrt((inverse @ meat @ inverse)[2, 2]), rel=1e-10)
    assert row["effect"] == pytest.approx(scale * (inverse @ X.T @ y)[2], rel=1e-10)
    df = np.trace(gram) ** 2 / (gram**2).sum()
    assert row["df"] == pytest.approx(df, rel=1e-6)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(row["effect"] / row["se"]), df), rel=1e-8)
    low = row["effect"] - stats.t.ppf(0.975, df) * row["se"]
    assert row["ci_low"] == pytest.approx(low, rel=1e-8)


def test_cr2_of_single_units_is_hc2():
    import statsmodels.api as sm

    sizes = np.array([1] * 30 + [2])  # one patient with two units, so that they are nested at all
    x, y = draw(5, sizes=sizes), draw(6, sizes=sizes)
    x[-1], y[-1] = np.nan, np.nan
    row = run(units(y, "f", sizes=sizes), units(x, "t", sizes=sizes), "cluster-robust").associations.iloc[0]
    fit = sm.OLS(y[:-1, 0], sm.add_constant(x[:-1, 0])).fit(cov_type="HC2")
    scale = x[:-1].std(ddof=1) / y[:-1].std(ddof=1)
    assert row["se"] == pytest.approx(scale * fit.bse[1], rel=1e-10)


@pytest.mark.parametrize("scheme", ["cluster-robust", "mixed"])
def test_a_label_of_patients_is_tested_as_by_their_means(scheme):
    sizes = np.full(24, 3)
    label = (np.arange(24) < 9).astype(float)[:, None]
    y = draw(7, sizes=sizes)
    row = run(units(y, "f", sizes=sizes), per_patient(label, "t", "binary", sizes), scheme).associations.iloc[
        0
    ]
    means = y.reshape(24, 3).mean(axis=1)
    one, other = means[label[:, 0] == 1], means[label[:, 0] == 0]
    expected = stats.ttest_ind(one, other, equal_var=scheme == "mixed")
    assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-7)
    df = 22.0
    if scheme == "cluster-robust":  # Satterthwaite's where both groups have one variance
        df = (1 / 9 + 1 / 15) ** 2 / (1 / (81 * 8) + 1 / (225 * 14))
    assert row["df"] == pytest.approx(df, rel=1e-5)
    assert row["effect"] == pytest.approx((one.mean() - other.mean()) / y.std(ddof=1), rel=1e-9)


def test_the_mixed_model_is_that_of_statsmodels(data):
    import statsmodels.api as sm

    y, X, groups, scale = arrays(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sm.MixedLM(y, X, groups).fit(reml=True, method="bfgs", gtol=1e-10)
    found = run(data[0], data[1], "mixed", data[2])
    row = found.associations.iloc[0]
    assert row["effect"] == pytest.approx(scale * fit.params[2], rel=1e-6)
    between = float(fit.cov_re[0, 0])
    covariance = fit.scale * np.eye(len(y)) + between * (groups[:, None] == groups[None, :])
    error = np.sqrt(np.linalg.inv(X.T @ np.linalg.solve(covariance, X))[2, 2])
    assert row["se"] == pytest.approx(scale * error, rel=1e-5)
    assert row["se"] == pytest.approx(scale * fit.bse[2], rel=1e-3)  # theirs is from the observed information
    assert found.units["icc"][0] == pytest.approx(between / (between + fit.scale), rel=1e-4)


def test_satterthwaites_degrees_are_those_of_dense_matrices(data):
    y, X, groups, _ = arrays(data)
    found = run(data[0], data[1], "mixed", data[2])
    icc = found.units["icc"][0]
    J = (groups[:, None] == groups[None, :]).astype(float)
    V = np.eye(len(y)) + icc / (1 - icc) * J
    W = np.linalg.inv(V)
    C = np.linalg.inv(X.T @ W @ X)
    P = W - W @ X @ C @ X.T @ W
    parts = (np.eye(len(y)), J)
    information = np.array([[np.trace(P @ a @ P @ b) for b in parts] for a in parts])
    slopes = np.array([(C @ X.T @ W @ a @ W @ X @ C)[2, 2] for a in parts])
    df = C[2, 2] ** 2 / (slopes @ np.linalg.solve(information, slopes))
    assert found.associations["df"][0] == pytest.approx(df, rel=1e-6)
    sigma = y @ P @ y / (len(y) - 3)  # at the maximum the score of the variance between patients is 0
    assert y @ P @ J @ P @ y == pytest.approx(sigma * np.trace(P @ J), rel=1e-9)


def test_degrees_of_freedom_inside_patients_are_those_of_the_analysis_of_variance():
    sizes = np.full(15, 4)
    x = np.tile([[0.0], [1.0], [2.0], [3.0]], (15, 1))  # the same in every patient
    y = draw(8, sizes=sizes) + 0.2 * x
    row = run(units(y, "f", sizes=sizes), units(x, "t", sizes=sizes), "mixed").associations.iloc[0]
    assert row["df"] == pytest.approx(60 - 15 - 1, rel=1e-5)
    centred = (y.reshape(15, 4) - y.reshape(15, 4).mean(axis=1, keepdims=True)).reshape(-1)
    line = stats.linregress(x[:, 0], centred)
    t = line.slope / (line.stderr * np.sqrt((60 - 2) / (60 - 15 - 1)))
    assert row["statistic"] == pytest.approx(t, rel=1e-6)


def test_without_likeness_inside_patients_the_mixed_model_is_least_squares():
    y = draw(9)
    groups = np.repeat(np.arange(len(SIZES)), SIZES)
    means = np.bincount(groups, y[:, 0]) / SIZES
    y -= means[groups][:, None]  # patients are more alike than chance would have it
    found = run(units(y, "f"), units(draw(10), "t"), "mixed")
    plain = run(units(y, "f"), units(draw(10), "t"), "independent")
    assert found.units["icc"][0] == 0
    for name in ("effect", "se"):
        assert found.associations[name][0] == pytest.approx(plain.associations[name][0], rel=1e-10)


def test_two_binary_columns_are_gee_with_mancl_and_derouens_error():
    import statsmodels.api as sm

    x, y = (draw(11) > 0).astype(float), (draw(12) > 0.1).astype(float)
    age = np.random.default_rng(2).standard_normal((len(SIZES), 1))
    row = run(
        units(y, "f", "binary"), units(x, "t", "binary"), "mixed", per_patient(age, "age")
    ).associations.iloc[0]
    groups = np.repeat(np.arange(len(SIZES)), SIZES)
    X = np.column_stack([np.ones(len(y)), age[groups, 0], x])
    fit = sm.GEE(y[:, 0], X, groups, family=sm.families.Binomial()).fit(cov_type="bias_reduced", scale=1.0)
    assert np.log(row["effect"]) == pytest.approx(fit.params[2], rel=1e-6)
    assert row["se"] == pytest.approx(fit.bse[2], rel=1e-6)
    assert row["df"] == len(SIZES) - 3
    assert row["effect_name"] == "odds ratio"
    naive = sm.Logit(y[:, 0], X).fit(disp=0)
    plain = run(units(y, "f", "binary"), units(x, "t", "binary"), "independent", per_patient(age, "age"))
    assert plain.associations["se"][0] == pytest.approx(naive.bse[2], rel=1e-6)


@pytest.mark.parametrize("scheme", ["cluster-robust", "mixed", "independent"])
def test_a_pair_does_not_depend_on_its_company(scheme):
    random = np.random.default_rng(13)
    y, x = draw(14, 6), draw(15, 5)
    y[random.random(y.shape) < 0.1] = np.nan
    x[random.random(x.shape) < 0.1] = np.nan
    whole = run(units(y, "f"), units(x, "t"), scheme).associations
    one = run(units(y[:, [2]], "f"), units(x[:, [3]], "t"), scheme).associations.iloc[0]
    row = whole.iloc[3 * 6 + 2]
    assert row["n"] == one["n"]
    for name in ("effect", "se", "statistic", "p"):
        assert row[name] == pytest.approx(one[name], rel=1e-10)
    shuffled = UnitTable(units(y, "f").values.sample(frac=1, random_state=1), units(y, "f").columns, "biopsy")
    again = run(shuffled, units(x, "t"), scheme).associations
    pd.testing.assert_frame_equal(whole, again)


def test_binary_features_and_numeric_targets_are_turned():
    y, x = (draw(16) > 0).astype(float), draw(17)
    one = run(units(y, "f", "binary"), units(x, "t"), "cluster-robust").associations.iloc[0]
    other = run(units(x, "f"), units(y, "t", "binary"), "cluster-robust").associations.iloc[0]
    assert one["effect_name"] == other["effect_name"] == "difference in SD"
    assert one["p"] == other["p"]


def test_rows_say_what_they_count():
    y = draw(18, 2)
    y[:4, 0] = np.nan  # the units of two patients
    found = run(units(y, "f"), units(draw(19), "t"), "independent")
    assert list(found.associations.columns) == list(COLUMNS)
    assert list(found.associations["unit"].unique()) == ["biopsy"]
    assert found.units[["units", "patients"]].to_numpy().tolist() == [[67, 24], [71, 26]]
    assert "UNITS ARE TAKEN AS INDEPENDENT" in found.associations["reason"][0]
    assert found.associations["p_maxt"].isna().all()


@pytest.mark.parametrize(
    ("feature", "target", "reason"),
    [
        (np.ones(71), None, "the feature is constant"),
        (None, np.ones(71), "the target is constant"),
        (np.where(np.arange(71) < 12, 1.0, np.nan), None, "fewer than 8 patients"),
        (None, (np.arange(71) < 3).astype(float), "degrees of freedom"),
    ],
)
def test_pairs_that_cannot_be_tested_say_why(feature, target, reason):
    y = draw(20) if feature is None else feature[:, None]
    x = draw(21) if target is None else target[:, None]
    row = run(units(y, "f"), units(x, "t"), "cluster-robust").associations.iloc[0]
    assert row["status"] == "not testable"
    assert reason in row["reason"]
    assert np.isnan(row["p"])


def test_mixed_models_need_something_inside_patients():
    x = np.repeat(np.random.default_rng(1).standard_normal((len(SIZES), 1)), SIZES, axis=0)
    row = run(units(x, "f"), units(draw(22), "t"), "mixed").associations.iloc[0]
    assert "does not vary inside any patient" in row["reason"]
    row = run(units(draw(22), "f"), per_patient(x[np.cumsum(SIZES) - 1], "t"), "mixed").associations.iloc[0]
    assert row["status"] == "ok"


def test_separated_groups_have_no_odds_ratio():
    y = (np.arange(71) < 35).astype(float)[:, None]
    row = run(units(y, "f", "binary"), units(y, "t", "binary"), "cluster-robust").associations.iloc[0]
    assert "no maximum" in row["reason"]


def test_categories_are_refused_by_row():
    names = pd.Series(list("abc") * 24)[:71].to_numpy()[:, None]
    row = run(units(draw(23), "f"), units(names, "t", "categorical"), "mixed").associations.iloc[0]
    assert "make them binary" in row["reason"]


def test_tables_that_do_not_fit_are_refused():
    y, x = units(draw(24), "f"), units(draw(25), "t")
    renamed = x.values.rename(index=lambda u: u.replace("B", "biopsy "), level="unit")
    with pytest.raises(InputError, match="IGX-ASSOC-061"):
        run(y, UnitTable(renamed, x.columns, "biopsy"), "mixed")
    one = UnitTable(y.values.groupby(level="patient").head(1), y.columns, "biopsy")
    with pytest.raises(InputError, match="IGX-ASSOC-062"):
        run(one, x, "mixed")
    with pytest.raises(InputError, match="IGX-ASSOC-063"):
        run(y.of(["P00", "P02"]), x, "mixed")
    with pytest.raises(ArgumentTypeError, match="IGX-ASSOC-002"):
        run(per_patient(np.zeros((26, 1)), "f"), x, "mixed")
    twice = pd.concat([y.values, y.values.iloc[:2]])
    with pytest.raises(InputError, match="IGX-ASSOC-060"):
        UnitTable(twice, y.columns, "biopsy")
    with pytest.raises(InputError, match="IGX-ASSOC-060"):
        UnitTable(y.values.reset_index(drop=True), y.columns, "biopsy")
    nameless = y.values.rename(index={"B1": " "}, level="unit")
    with pytest.raises(InputError, match="IGX-ASSOC-060"):
        UnitTable(nameless, y.columns, "biopsy")
