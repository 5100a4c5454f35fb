"""Every estimator of the package through one shared check, and through scikit-learn's own."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.predict.families import SURVIVAL_FAMILIES
from imagenomics.predict.settings import (
    BoostingSettings,
    ElasticNetSettings,
    ForestSettings,
    PredictSettings,
)
from imagenomics.predict.tuned import TunedClassifier, TunedRegressor, TunedSurvival
from imagenomics.prepare.gene_modules import ModuleEigengenes
from imagenomics.prepare.group_ica import GroupICA
from imagenomics.prepare.impute import MedianImputer
from imagenomics.prepare.metagenes import Metagenes
from imagenomics.prepare.onehot import OneHot
from imagenomics.prepare.redundancy import RedundancyFilter
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.standardise import Standardiser

QUICK = PredictSettings(
    inner_folds=2,
    elastic_net=ElasticNetSettings(n_lambdas=8, l1_ratios=(0.5,)),
    forest=ForestSettings(trees=5, leaves=(1,)),
    boosting=BoostingSettings(trees=(10,), learning_rate=0.5),
)
FAMILIES = ("elastic-net", "svm", "random-forest", "boosting", "tree", "supervised-pc")
TRANSFORMERS = (
    MedianImputer(),
    Standardiser(),
    RedundancyFilter(),
    SelectTop(k=2),
    OneHot(),
    GroupICA(1, kind="structural"),
    ModuleEigengenes(min_module=2),
    Metagenes(2),
)
MODELS = tuple(
    kind(f, settings=QUICK, seed=1) for f in FAMILIES for kind in (TunedClassifier, TunedRegressor)
)
# Their labels are signed times, which scikit-learn's own checks do not know: no time is 0.
HAZARDS = tuple(TunedSurvival(f, settings=QUICK, seed=1) for f in SURVIVAL_FAMILIES)
# Checks of scikit-learn that an estimator is allowed to fail, each with its reason. None so far.
ALLOWED: dict[str, str] = {}


def _name(estimator):
    return f"{type(estimator).__name__}-{getattr(estimator, 'family', '')}".strip("-")


def _table(seed=0, n=50):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:02d}" for i in range(n)], name="patient")
    X = pd.DataFrame(np.round(rng.normal(size=(n, 6)), 1), index=ids, columns=[f"f{j}" for j in range(6)])
    y = X["f1"] - X["f4"] + rng.normal(size=n)
    X = X.mask(rng.random(X.shape) < 0.04)
    return X, y


def _output(estimator, X):
    if is_classifier(estimator):
        return estimator.predict_proba(X)
    return estimator.predict(X) if hasattr(estimator, "predict") else np.asarray(estimator.transform(X))


@pytest.mark.parametrize("estimator", TRANSFORMERS + MODELS + HAZARDS, ids=_name)
def test_house_contract(estimator):
    X, y = _table()
    y = (y > 0).astype(float) if is_classifier(estimator) or isinstance(estimator, SelectTop) else y
    X_before, y_before = X.copy(), y.copy()
    fitted = clone(estimator).fit(X, y)
    first = _output(fitted, X)
    # Nothing is changed in place.
    pd.testing.assert_frame_equal(X, X_before)
    pd.testing.assert_series_equal(y, y_before)
    # The same fit again, an array instead of a frame, and a copy from disk all give the same numbers.
    again = _output(clone(estimator).fit(X, y), X)
    assert np.array_equal(first, again, equal_nan=True)
    plain = _output(clone(estimator).fit(X.to_numpy(), y.to_numpy()), X.to_numpy())
    assert np.array_equal(first, plain, equal_nan=True)
    assert np.array_equal(first, _output(pickle.loads(pickle.dumps(fitted)), X), equal_nan=True)
    # A row's output does not depend on the other rows that are scored with it.
    for rows in (slice(7, 8), slice(7, 12)):
        assert np.array_equal(first[rows], _output(fitted, X.iloc[rows]), equal_nan=True)
    if hasattr(fitted, "transform"):
        names = fitted.get_feature_names_out()
        assert len(names) == first.shape[1]
        framed = clone(estimator).set_output(transform="pandas").fit(X, y).transform(X)
        assert list(framed.columns) == list(names)
        assert framed.index.equals(X.index)


@pytest.mark.parametrize("estimator", TRANSFORMERS + MODELS, ids=_name)
def test_scikit_learn_contract(estimator):
    results = check_estimator(clone(estimator), on_fail=None, on_skip=None)
    failed = {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"}
    assert {name: why for name, why in failed.items() if name not in ALLOWED} == {}
    assert sum(r["status"] == "passed" for r in results) > 35
