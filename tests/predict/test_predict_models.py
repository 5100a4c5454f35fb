import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.predict.build import MODELS, build_model
from imagenomics.predict.settings import BoostingSettings, ForestSettings, PredictSettings
from imagenomics.predict.tuned import TunedClassifier, TunedRegressor

SMALL = PredictSettings(
    inner_folds=3, forest=ForestSettings(trees=30), boosting=BoostingSettings(trees=(10, 30))
)


def _table(seed=0, n=90, p=25):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    X = pd.DataFrame(rng.normal(size=(n, p)), index=ids, columns=[f"t1.lesion.f{j}" for j in range(p)])
    z = 2 * X.iloc[:, 4] - 2 * X.iloc[:, 9] + rng.normal(size=n)
    X = X.mask(rng.random(X.shape) < 0.03)
    return X, z


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("task", ["binary", "continuous"])
def test_every_model_learns_and_scores_the_right_way_up(name, task):
    X, z = _table()
    y = (z > 0).astype(float) if task == "binary" else z
    model = build_model(name, task=task, settings=SMALL, seed=3).fit(X.iloc[:60], y.iloc[:60])
    score = model.predict_proba(X.iloc[60:])[:, 1] if task == "binary" else model.predict(X.iloc[60:])
    assert np.isfinite(score).all()
    if name == "majority":
        assert np.ptp(score) == 0
    else:
        # Few cuts, or one component, say less of two effects that have nothing in common.
        assert np.corrcoef(score, z.iloc[60:])[0, 1] > (0.35 if name in ("tree", "supervised-pc") else 0.5)
    if task == "binary":
        assert score.min() >= 0
        assert score.max() <= 1


def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(InputError, match=r"IGX-PRED-001[\s\S]*did you mean 'elastic-net'"):
        build_model("elastic net", task="binary")
    with pytest.raises(InputError, match="IGX-PRED-002"):
        build_model("svm", task="ranks")
    X, z = _table()
    with pytest.raises(InputError, match=r"IGX-PRED-003[\s\S]*t1.lesion.f1"):
        TunedRegressor(baseline=("t1.lesion.f",)).fit(X, z)
    with pytest.raises(InputError, match="IGX-PRED-007"):
        TunedClassifier("random-forest", settings=SMALL).fit(X, z > 0).weights()
    with pytest.raises(InputError, match="IGX-PRED-006"):
        TunedClassifier().fit(X, np.zeros(len(X)))


def test_weights_name_the_columns_that_matter():
    X, z = _table(n=150)
    model = TunedClassifier(seed=1).fit(X, (z > 0).astype(float))
    top = model.weights().abs().nlargest(2).index
    assert set(top) == {"t1.lesion.f4", "t1.lesion.f9"}
    assert model.weights()["t1.lesion.f4"] > 0 > model.weights()["t1.lesion.f9"]


def test_the_same_fit_twice_and_another_seed():
    X, z = _table()
    y = (z > 0).astype(float)
    a, b = (TunedClassifier(seed=5).fit(X, y) for _ in range(2))
    assert np.array_equal(a.predict_proba(X), b.predict_proba(X))
    assert np.array_equal(a.inner_losses_, b.inner_losses_)
    assert not np.array_equal(TunedClassifier(seed=6).fit(X, y).inner_losses_, a.inner_losses_)


def test_text_columns_become_levels_and_unknown_ones_pass():
    X, z = _table()
    y = (z > 0).astype(float)
    site = np.where(np.arange(len(X)) % 3 == 0, "A", "B")
    clinical = pd.DataFrame({"age": np.arange(len(X), dtype=float), "site": site}, index=X.index)
    model = build_model("clinical", task="binary", seed=1).fit(clinical, y)
    new = clinical.iloc[:3].assign(site=["C", None, "A"])
    assert np.isfinite(model.predict_proba(new)).all()
    ids = clinical.assign(code=[f"x{i}" for i in range(len(X))])
    with pytest.raises(InputError, match=r"IGX-PRED-005[\s\S]*column 'code'"):
        build_model("clinical", task="binary").fit(ids, y)
    with pytest.raises(InputError, match=r"IGX-PRED-005[\s\S]*age"):
        build_model("clinical", task="binary").fit(clinical.assign(age=np.inf), y)


def test_baseline_columns_are_always_in_the_model():
    rng = np.random.default_rng(8)
    X, z = _table(p=120)
    X = X.assign(age=rng.normal(size=len(X)), sex=np.where(rng.random(len(X)) < 0.5, "f", "m"))
    model = TunedClassifier(baseline=("age", "sex"), seed=2).fit(X, (z > 0).astype(float))
    assert {"age", "sex=f", "sex=m"} <= set(model.columns_)
    assert len(model.columns_) == 60 + 3


def test_a_strong_baseline_is_not_lost_among_image_columns():
    """Image and clinical columns together do about as well as the clinical one alone, where images are noise."""
    rng = np.random.default_rng(9)
    X, _ = _table(n=200, p=150)
    age = rng.normal(size=200)
    y = (age + 0.5 * rng.normal(size=200) > 0).astype(float)
    both = TunedClassifier(baseline=("age",), seed=2).fit(X.assign(age=age).iloc[:120], y[:120])
    score = both.predict_proba(X.assign(age=age).iloc[120:])[:, 1]
    assert np.corrcoef(score, age[120:])[0, 1] > 0.9


def test_columns_must_be_those_of_the_fit():
    X, z = _table()
    model = TunedClassifier(seed=1).fit(X, (z > 0).astype(float))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"t1.lesion.f0": "other"}))


def test_too_few_for_inner_folds_still_fits():
    X, _ = _table(n=12)
    y = np.zeros(12)
    y[3] = 1
    model = TunedClassifier().fit(X, y)
    assert np.isnan(model.inner_losses_).all()
    assert np.isfinite(model.predict_proba(X)).all()
