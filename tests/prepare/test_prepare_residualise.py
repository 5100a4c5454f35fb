"""Residualise: least squares of the training part, applied to others."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.errors import InputError
from imagenomics.prepare.residualise import Residualise


def _table(seed=0, n=90):
    rng = np.random.default_rng(seed)
    age, sex = rng.normal(60, 10, n), rng.choice(["f", "m", "x"], n)
    X = rng.normal(size=(n, 4)) + 0.1 * age[:, None] * [1, 0, -1, 2] + (sex == "m")[:, None] * 3.0
    return pd.DataFrame(X, columns=list("abcd")).assign(age=age, sex=sex)


def test_training_part_is_the_residual_of_least_squares_plus_its_mean():
    table = _table()
    table.loc[:6, "b"] = np.nan
    out = pd.DataFrame(Residualise(["age", "sex"]).fit_transform(table), columns=list("abcd"))
    design = sm.add_constant(
        np.column_stack([table["age"], table["sex"] == "m", table["sex"] == "x"]).astype(float)
    )
    for name in "acd":
        fit = sm.OLS(table[name].to_numpy(), design).fit()
        assert np.allclose(out[name], fit.resid + table[name].mean())
    part = table["b"].notna().to_numpy()
    fit = sm.OLS(table.loc[part, "b"].to_numpy(), design[part]).fit()
    shift = out.loc[part, "b"] - fit.resid
    assert np.ptp(shift) < 1e-10
    assert out.loc[~part, "b"].isna().all()


def test_test_patients_get_the_training_coefficients():
    table = _table(1)
    train, test = table.iloc[:60], table.iloc[60:]
    step = Residualise(["age"]).fit(train[["a", "b", "age"]])
    slope = np.polyfit(train["age"], train["a"], 1)[0]
    expected = test["a"] - slope * (test["age"] - train["age"].mean())
    out = step.transform(test[["a", "b", "age"]])
    assert np.allclose(out[:, 0], expected)
    absurd = test[["a", "b", "age"]].copy()
    absurd.iloc[1:] = 1e9
    assert np.array_equal(step.transform(absurd)[0], out[0])
    refit = clone(step).fit(table[["a", "b", "age"]])
    assert not np.allclose(refit.transform(test[["a", "b", "age"]]), out)


def test_unknown_levels_and_missing_confounders_are_the_average_patient():
    table = _table(2)
    step = Residualise(["sex", "age"]).fit(table)
    strange = table.iloc[:3].assign(
        sex=["new", None, "f"], age=[table["age"].mean(), table["age"].mean(), np.nan]
    )
    out = step.transform(strange)
    assert np.allclose(out[:2], strange[list("abcd")].to_numpy()[:2])
    only_sex = step.transform(strange.iloc[[2]].assign(age=table["age"].mean()))
    assert np.array_equal(out[2], only_sex[0])


def test_units_of_a_confounder_do_not_matter():
    table = _table(3)
    a = Residualise(["age"]).fit_transform(table.drop(columns="sex"))
    b = Residualise(["age"]).fit_transform(table.drop(columns="sex").assign(age=table["age"] * 1e-9))
    assert np.allclose(a, b)
    double = table.drop(columns="sex").assign(again=table["age"] * 2)
    assert np.allclose(Residualise(["age", "again"]).fit_transform(double), a)


def test_what_is_refused():
    table = _table()
    with pytest.raises(InputError, match=r"IGX-PREP-020[\s\S]*did you mean 'age'"):
        Residualise(["agee"]).fit(table)
    step = Residualise(["age"]).fit(table.drop(columns="sex"))
    with pytest.raises(InputError, match="IGX-PREP-021"):
        step.transform(table.drop(columns="sex").astype(object).assign(age="old"))


@pytest.mark.parametrize("confounds", [None, [0]])
def test_scikit_learn_contract(confounds):
    results = check_estimator(Residualise(confounds), on_fail=None, on_skip=None)
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 35
