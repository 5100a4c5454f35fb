"""Habitats: planted tissues are found, whoever comes first; test patients teach nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.errors import InputError
from imagenomics.prepare.habitats import HabitatClusters

CENTRES = np.array([[0.0, 5.0], [4.0, 0.0], [9.0, 9.0]])


def _tumours(seed=0, n=12):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([2, 2, 2], n)
    voxels = {}
    for i, share in enumerate(shares):
        kinds = rng.choice(3, int(rng.integers(200, 800)), p=share)
        voxels[f"P{i:02d}"] = CENTRES[kinds] + rng.normal(scale=0.6, size=(kinds.size, 2))
        shares[i] = np.bincount(kinds, minlength=3) / kinds.size
    return voxels, shares


@pytest.mark.parametrize("method", ["k-means", "gaussian-mixture"])
def test_planted_tissues_are_found_in_their_order(method):
    voxels, shares = _tumours()
    step = HabitatClusters(3, method=method, seed=4).fit(voxels)
    assert np.allclose(step.centres_, CENTRES, atol=0.15)
    assert np.allclose(step.transform(voxels), shares, atol=0.01)
    assert list(step.get_feature_names_out()) == ["habitat_1", "habitat_2", "habitat_3"]
    labels = step.label(np.vstack([CENTRES[[2, 0, 1]], [[np.nan, 1.0]]]))
    assert labels.tolist() == [3, 1, 2, 0]


def test_all_ways_to_hand_over_voxels_are_one():
    voxels, _ = _tumours(1)
    series = pd.Series(voxels, name="voxels")
    expected = HabitatClusters().fit_transform(voxels)
    for X in (list(voxels.values()), series, series.to_frame()):
        assert np.array_equal(HabitatClusters().fit_transform(X), expected)
    framed = HabitatClusters().set_output(transform="pandas").fit_transform(series.to_frame())
    assert list(framed.index) == list(voxels)
    assert np.allclose(framed.sum(axis=1), 1.0)


def test_test_patients_teach_nothing():
    voxels, _ = _tumours(2)
    frame = pd.Series(voxels).to_frame()
    train, test = frame.iloc[:8], frame.iloc[8:].copy()
    step = HabitatClusters(voxels_per_patient=100).fit(train)
    before = step.transform(test)
    test.iloc[1, 0] = test.iloc[1, 0] * 100
    assert np.array_equal(step.transform(test)[0], before[0])
    assert np.array_equal(clone(step).fit(train).centres_, step.centres_)
    assert not np.allclose(clone(step).fit(frame).centres_, step.centres_)


def test_a_large_tumour_does_not_decide_alone():
    rng = np.random.default_rng(0)
    voxels = {f"P{i}": CENTRES[[0, 1]][rng.integers(0, 2, 100)] + rng.normal(size=(100, 2)) for i in range(9)}
    voxels["huge"] = rng.normal(size=(50_000, 2)) * 0.5 + 30.0
    step = HabitatClusters(2, voxels_per_patient=100).fit(voxels)
    assert len(step._some(voxels["huge"])) == 100
    assert np.array_equal(step._some(voxels["huge"]), step._some(voxels["huge"]))


def test_missing_voxels_and_patients_without_any():
    voxels, _ = _tumours(3)
    voxels["P00"][:50, 1] = np.nan
    voxels["none"] = None
    voxels["empty"] = np.empty((0, 2))
    voxels["all gone"] = np.full((5, 2), np.nan)
    out = dict(zip(voxels, HabitatClusters().fit_transform(voxels), strict=True))
    assert all(np.isnan(out[p]).all() for p in ("none", "empty", "all gone"))
    assert np.isclose(out["P00"].sum(), 1.0)


def test_what_is_refused():
    voxels, _ = _tumours()
    for step, X, code in (
        (HabitatClusters(1), voxels, "003"),
        (HabitatClusters(voxels_per_patient=0), voxels, "003"),
        (HabitatClusters(method="kmeans"), voxels, "029"),
        (HabitatClusters(), {**voxels, "flat": np.ones((5, 3))}, "027"),
        (HabitatClusters(), {"a": np.ones(5)}, "027"),
        (HabitatClusters(), {"a": np.full((5, 2), np.inf)}, "027"),
        (HabitatClusters(), {"a": np.ones((5, 2))}, "028"),
    ):
        with pytest.raises(InputError, match=f"IGX-PREP-{code}"):
            step.fit(X)
    with pytest.raises(InputError, match="IGX-PREP-027"):
        HabitatClusters().fit(voxels).transform({"a": np.ones((5, 3))})


@pytest.mark.parametrize("step", [HabitatClusters(), HabitatClusters(2, method="gaussian-mixture")])
def test_scikit_learn_contract(step):
    results = check_estimator(step, on_fail=None, on_skip=None)
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 35


def test_labels_are_those_of_scikit_learn():
    from sklearn.mixture import GaussianMixture

    voxels, _ = _tumours(6)
    pool = np.vstack(list(voxels.values()))
    step = HabitatClusters(3, method="gaussian-mixture", voxels_per_patient=10_000).fit(voxels)
    x = (pool - pool.mean(axis=0)) / pool.std(axis=0)
    other = GaussianMixture(
        3, means_init=(CENTRES - pool.mean(axis=0)) / pool.std(axis=0), reg_covar=1e-4
    ).fit(x)
    assert (step.label(pool) == other.predict(x) + 1).mean() > 0.999
