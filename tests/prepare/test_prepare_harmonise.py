"""ComBat: the numbers of another implementation, what it removes and keeps, sites that training did not hold."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.errors import InputError
from imagenomics.prepare.harmonise import ComBat

# neuroCombat 0.2.12 on the data of _reference(), its convergence bound lowered from 1e-4 to 1e-12.
SHIFT = [
    [-1.477504617, -1.455359977, -1.661811105, -2.060639224, -1.625498991, -2.568951833],
    [0.884940152, -1.465308955, -0.32249385, -0.890802475, -0.7508965, -0.694534191],
    [0.22830945, 1.855536074, 1.203611587, 1.893026474, 1.49853669, 2.092970987],
]
VARIANCE = [
    [0.827527516, 1.009164934, 0.898915288, 1.103007573, 0.734073075, 0.937665207],
    [0.815657351, 0.629504013, 0.875873761, 0.831489692, 1.129525289, 0.917412833],
    [1.387192113, 1.382518506, 1.345695247, 1.310543914, 1.32213969, 1.334579512],
]
ADJUSTED = [
    [5.690077055, 13.083908843, 28.985773505, 43.522874784, 53.285164719, 55.149510224],
    [5.224387536, 17.355528425, 30.524998122, 46.941001027, 64.485405254, 65.266792002],
    [0.163667255, 16.900160941, 23.132470262, 37.193578492, 46.474315099, 76.472967643],
]


def _reference():
    rng = np.random.default_rng(20)
    site = np.repeat(["A", "B", "C"], [7, 9, 12])
    age = rng.integers(30, 80, 28).astype(float)
    sex = rng.choice(["f", "m"], 28)
    X = rng.normal(size=(28, 6)) * [1, 2, 3, 4, 5, 6] + np.arange(6) * 10 + 0.05 * age[:, None]
    X += (sex == "m")[:, None]
    X += np.where(site == "B", 2.0, 0.0)[:, None] * [1, 1, 2, 2, 3, 3]
    X = np.where((site == "C")[:, None], X * 1.5, X)
    return pd.DataFrame(X, columns=list("abcdef")).assign(site=site, age=age, sex=sex)


def _sites(seed=0, n=240, p=30):
    """Four sites that shift and stretch every feature; age works on all features alike and differs by site."""
    rng = np.random.default_rng(seed)
    site = rng.integers(0, 4, n)
    age = rng.normal(size=n) + 0.5 * site
    clean = rng.normal(size=(n, p)) + 0.8 * age[:, None]
    shift, stretch = rng.normal(0, 2, (4, p)), rng.uniform(0.5, 2.0, (4, p))
    frame = pd.DataFrame((clean - 0.8 * age[:, None]) * stretch[site] + 0.8 * age[:, None] + shift[site])
    frame.columns = [f"f{j}" for j in range(p)]
    return frame.assign(site=np.array(list("ABCD"))[site], age=age), clean, age


def test_the_numbers_of_neurocombat():
    table = _reference()
    combat = ComBat("site", covariates=["age", "sex"]).fit(table)
    assert np.allclose(combat.effects_.shift, SHIFT, atol=1e-6)
    assert np.allclose(combat.effects_.stretch**2, VARIANCE, atol=1e-6)
    assert np.allclose(combat.transform(table)[[0, 10, 27]], ADJUSTED, atol=1e-5)
    assert list(combat.get_feature_names_out()) == list("abcdef")


def test_sites_become_alike_and_age_stays():
    table, clean, age = _sites()
    out = ComBat("site", covariates=["age"]).fit_transform(table)
    means = pd.DataFrame(out - 0.8 * age[:, None]).groupby(table["site"].to_numpy()).mean()
    spreads = pd.DataFrame(out - 0.8 * age[:, None]).groupby(table["site"].to_numpy()).std()
    assert np.ptp(means.to_numpy(), axis=0).max() < 0.6
    ratio = spreads.max() / spreads.min()
    assert ratio.median() < 1.2  # without ComBat 2.2
    assert ratio.max() < 1.6
    slope = np.polyfit(age, out, 1)[0]
    assert abs(slope.mean() - 0.8) < 0.05
    # Within its site a patient's rank is kept.
    first = table["site"].to_numpy() == "A"
    assert np.corrcoef(out[first, 0], clean[first, 0])[0, 1] > 0.95


def test_patients_of_a_test_part_are_changed_by_what_training_learned():
    table, *_ = _sites(1)
    train, test = table.iloc[:160], table.iloc[160:]
    combat = ComBat("site", covariates=["age"]).fit(train)
    before = combat.transform(test)
    # One patient alone, or beside absurd ones, comes out the same.
    assert np.array_equal(combat.transform(test.iloc[[3]])[0], before[3])
    absurd = test.copy()
    absurd.iloc[4:, :30] = 1e6
    assert np.array_equal(combat.transform(absurd)[:4], before[:4])
    again = clone(combat).fit(pd.concat([train]))
    assert np.array_equal(again.transform(test), before)
    assert not np.allclose(clone(combat).fit(table).transform(test), before)  # so the test can fail


def test_pure_noise_stays_noise_and_the_target_is_not_seen():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(size=(80, 20))).add_prefix("f").assign(site=rng.choice(list("AB"), 80))
    y = rng.integers(0, 2, 80)
    assert np.array_equal(ComBat().fit_transform(table, y), ComBat().fit_transform(table, 1 - y))


@pytest.mark.parametrize("unseen", ["keep", "missing", "refuse"])
def test_sites_that_training_did_not_hold(unseen):
    table, *_ = _sites(2)
    train = table[(table["site"] != "D") | (np.arange(len(table)) < 12)]
    few = int((train["site"] == "D").sum())
    combat = ComBat("site", covariates=["age"], unseen=unseen, min_patients=few + 1).fit(train)
    assert combat.sites_ == ["A", "B", "C"]
    assert combat.left_out_ == ["D"]
    new = table[table["site"] == "D"].tail(3)
    new = pd.concat([new, new.assign(site="elsewhere"), new.assign(site=None)])
    if unseen == "refuse":
        with pytest.raises(InputError, match=r"IGX-PREP-030[\s\S]*elsewhere"):
            combat.transform(new)
    elif unseen == "missing":
        assert np.isnan(combat.transform(new)).all()
    else:
        assert np.array_equal(combat.transform(new), new.to_numpy()[:, :30].astype(float))


def test_missing_values_constant_features_and_missing_covariates():
    table, *_ = _sites(3)
    table["flat"] = 7.0
    rng = np.random.default_rng(0)
    table["f1"] = table["f1"].mask(rng.random(len(table)) < 0.3)
    table.loc[table["site"] == "B", "f2"] = np.nan  # a site without this feature
    table["gone"] = np.nan
    table.loc[5, "age"] = np.nan
    combat = ComBat("site", covariates=["age"])
    out = pd.DataFrame(combat.fit_transform(table), columns=combat.get_feature_names_out())
    assert (out["flat"] == 7.0).all()
    assert out["gone"].isna().all()
    assert out["f1"].isna().equals(table["f1"].isna())
    assert np.isfinite(out["f0"]).all()
    assert np.isfinite(combat.transform(table.assign(f2=1.0))).any()


def test_one_site_changes_nothing_and_one_feature_is_not_shrunk():
    table, *_ = _sites(5)
    assert np.array_equal(
        ComBat().fit_transform(table.drop(columns="age").assign(site="A")), table.filter(like="f")
    )
    one = table[["f0", "site"]]
    combat = ComBat().fit(one)
    assert np.allclose(combat.effects_.shift, combat.effects_.raw_shift)
    assert np.allclose(combat.effects_.stretch**2, combat.effects_.raw_variance)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"site": "sitte"}, "020"),
        ({"site": 99}, "020"),
        ({"covariates": ["site"]}, "020"),
        ({"covariates": ["twin"]}, "031"),
        ({"covariates": ["mixed"]}, "021"),
        ({"unseen": "ignore"}, "029"),
        ({"min_patients": 1}, "003"),
    ],
)
def test_what_is_refused(options, code):
    table, *_ = _sites()
    table["twin"] = (table["site"] == "A") * 1.0
    table["mixed"] = ["old"] + [50.0] * (len(table) - 1)
    with pytest.raises(InputError, match=f"IGX-PREP-{code}"):
        ComBat(**options).fit(table if "mixed" in str(options) else table.drop(columns="mixed"))


def test_scikit_learn_contract():
    results = check_estimator(ComBat(site=0), on_fail=None, on_skip=None)
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 35


def test_noise_whose_sites_follow_the_target_says_no_when_harmonised_in_the_fold():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    areas = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 90)
        site = np.where(rng.random(90) < 0.8, y, 1 - y)
        table = (
            pd.DataFrame(rng.normal(size=(90, 15))).add_prefix("f").assign(site=np.array(["A", "B"])[site])
        )
        for train, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(table, y):
            model = make_pipeline(ComBat(), LinearDiscriminantAnalysis()).fit(table.iloc[train], y[train])
            areas.append(roc_auc_score(y[test], model.predict_proba(table.iloc[test])[:, 1]))
    assert 0.42 < np.mean(areas) < 0.54
