"""Group ICA: planted sources and loadings are found, with and without noise; test patients teach nothing."""

import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from imagenomics.errors import InputError
from imagenomics.features.brain.dual_regression import dual_regression
from imagenomics.prepare.group_ica import GroupICA

SIDE, K = 24, 4


def _sources():
    """Four blobs in a plane, two of which overlap."""
    y, x = np.mgrid[:SIDE, :SIDE]
    places = [(6, 6), (6, 11), (17, 7), (16, 18)]
    maps = np.array([np.exp(-((y - a) ** 2 + (x - b) ** 2) / 8.0) for a, b in places]).reshape(K, -1)
    return (maps - maps.mean(axis=1, keepdims=True)) / maps.std(axis=1, keepdims=True)


def _series(seed=0, n=10, noise=0.0, frames=60):
    """Patients with time courses of planted size (n, K) and planted correlation of the first two (n,)."""
    rng = np.random.default_rng(seed)
    sizes, together = rng.uniform(0.5, 2.0, (n, K)), rng.uniform(-0.8, 0.8, n)
    found = []
    for i in range(n):
        raw = rng.normal(size=(frames + i, K))
        raw = np.linalg.qr(raw - raw.mean(axis=0))[0] * np.sqrt(len(raw) - 1)  # exact sizes and correlations
        raw[:, 1] = together[i] * raw[:, 0] + np.sqrt(1 - together[i] ** 2) * raw[:, 1]
        series = 100 + (raw * sizes[i]) @ _sources()
        found.append(series + noise * rng.normal(size=series.shape))
    return found, sizes, together


def _maps(seed=0, n=60, noise=0.0):
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(n, K)) * [2.0, 1.7, 1.4, 1.1]
    return 50 + loadings @ _sources() + noise * rng.normal(size=(n, SIDE * SIDE)), loadings


def _matched(components):
    """Return which source each component is, and how alike they are."""
    r = np.corrcoef(components, _sources())[: len(components), len(components) :]
    return np.abs(r).argmax(axis=1), np.abs(r).max(axis=1), r


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_planted_networks_and_what_patients_have_of_them(noise):
    patients, sizes, together = _series(noise=noise)
    step = GroupICA(K, seed=3).fit(patients)
    which, alike, r = _matched(step.components_)
    assert sorted(which) == [0, 1, 2, 3]
    assert alike.min() > 0.95
    assert (r[np.arange(K), which] > 0).all()  # blobs are skewed to the positive side
    found = pd.DataFrame(step.transform(patients), columns=step.get_feature_names_out())
    amplitude = found.filter(like="amplitude").to_numpy()
    for c in range(K):
        assert np.corrcoef(amplitude[:, c], sizes[:, which[c]])[0, 1] > 0.95
    a, b = sorted([int(np.flatnonzero(which == 0)[0]) + 1, int(np.flatnonzero(which == 1)[0]) + 1])
    assert np.corrcoef(found[f"component_{a}_component_{b}_correlation"], together)[0, 1] > 0.95
    assert step.stability_.min() > 0.95
    assert step.n_converged_ == 5


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_planted_patterns_of_tissue(noise):
    maps, loadings = _maps(noise=noise)
    train, test = maps[:45], maps[45:]
    step = GroupICA(K, kind="structural").fit(train)
    which, alike, r = _matched(step.components_)
    assert sorted(which) == [0, 1, 2, 3]
    assert alike.min() > 0.95
    found = step.transform(test)
    for c in range(K):
        sign = np.sign(r[c, which[c]])
        assert np.corrcoef(sign * found[:, c], loadings[45:, which[c]])[0, 1] > 0.95
    assert list(step.get_feature_names_out()) == [f"component_{c}_loading" for c in (1, 2, 3, 4)]
    explained = ((step.transform(train)) ** 2).sum(axis=0)
    assert (np.diff(explained) <= 1e-9 * explained.max()).all()
    assert np.allclose(step.components_ @ step.components_.T / maps.shape[1], np.eye(K), atol=1e-8)


def test_nothing_depends_on_seed_or_order_of_patients():
    patients, _, _ = _series(1, noise=0.5)
    first = GroupICA(K, seed=0).fit(patients)
    for other in (GroupICA(K, seed=77).fit(patients), GroupICA(K, seed=0).fit(patients[::-1])):
        assert np.allclose(other.components_, first.components_, atol=1e-3)
        assert np.allclose(other.transform(patients), first.transform(patients), atol=1e-3)
    again = clone(first).fit(patients)
    assert np.array_equal(again.components_, first.components_)
    alone = first.transform(patients[4:5])
    assert np.array_equal(alone[0], first.transform(patients)[4])
    assert np.array_equal(pickle.loads(pickle.dumps(first)).transform(patients[4:5]), alone)


def test_test_patients_teach_nothing():
    series = pd.Series(_series(2)[0], index=[f"P{i}" for i in range(10)])
    train, test = series.iloc[:7], series.iloc[7:].copy()
    step = GroupICA(K).fit(train)
    before = step.transform(test)
    learned = step.components_.copy()
    test.iloc[1] = test.iloc[1] * 50 + 3
    after = step.transform(test)
    assert np.array_equal(after[[0, 2]], before[[0, 2]])
    assert np.array_equal(step.components_, learned)
    assert np.array_equal(clone(step).fit(train).components_, learned)
    assert not np.allclose(clone(step).fit(series).components_, learned)
    structural = GroupICA(K, kind="structural").fit(_maps()[0][:40])
    canary = _maps()[0][40:].copy()
    one = structural.transform(canary[:1])
    canary[1:] += 1e3
    assert np.array_equal(structural.transform(canary)[:1], one)


def test_all_ways_to_hand_over_series_are_one():
    patients, _, _ = _series(3, n=6)
    names = [f"P{i}" for i in range(6)]
    expected = GroupICA(K, n_starts=1).fit_transform(patients)
    series = pd.Series(patients, index=names)
    packed = np.empty(6, dtype=object)
    packed[:] = patients
    for X in (dict(zip(names, patients, strict=True)), series, series.to_frame("bold"), packed):
        assert np.array_equal(GroupICA(K, n_starts=1).fit_transform(X), expected)
    maps, _ = _maps(n=20)
    table = GroupICA(K, kind="structural").fit_transform(maps)
    assert np.array_equal(GroupICA(K, kind="structural").fit_transform([m[None] for m in maps]), table)


def test_courses_are_those_of_dual_regression():
    patients, _, _ = _series(4, n=6, noise=1.0)
    step = GroupICA(K, n_starts=1, outputs=("amplitude",)).fit(patients)
    other = dual_regression(patients[0], step.components_)
    assert np.array_equal(step.courses(patients[0]), other.courses)
    assert np.allclose(step.transform(patients[:1])[0], other.courses.std(axis=0, ddof=1), rtol=1e-12)


def test_missing_frames_and_patients_without_any():
    patients, _, _ = _series(5, n=6)
    patients[0][:5, 3] = np.nan
    patients += [None, np.empty((0, SIDE * SIDE)), np.full((9, SIDE * SIDE), np.nan)]
    step = GroupICA(K, n_starts=1).fit(patients)
    out = step.transform(patients)
    assert np.isnan(out[6:]).all()
    assert np.isfinite(out[:6]).all()
    assert step.n_patients_ == 6
    assert np.array_equal(out[0], step.transform([patients[0][5:]])[0])


def test_one_component_and_constant_series():
    patients, _, _ = _series(6, n=5)
    step = GroupICA(1).fit(patients)
    assert step.transform(patients).shape == (5, 1)
    out = GroupICA(2, n_starts=1).fit(patients).transform([np.ones((20, SIDE * SIDE))])
    assert out[0, :2].tolist() == [0.0, 0.0]
    assert np.isnan(out[0, 2])


def test_noise_says_that_its_components_are_not_stable():
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(30, 300)) for _ in range(5)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # whether a start settles in noise is a matter of luck
        step = GroupICA(6, max_iter=200).fit(noise)
    assert step.stability_.mean() < 0.9
    with pytest.warns(UserWarning, match="none of 2 starts"):
        GroupICA(6, max_iter=2, n_starts=2).fit(noise)


def test_what_is_refused():
    patients, _, _ = _series(n=4)
    maps = list(_maps(n=4)[0][:, None, :])
    for step, X, code in (
        (GroupICA(0), patients, "003"),
        (GroupICA(K, n_starts=0), patients, "003"),
        (GroupICA(K, patient_components=K - 1), patients, "003"),
        (GroupICA(K, outputs=()), patients, "003"),
        (GroupICA(K, kind="fmri"), patients, "029"),
        (GroupICA(K, outputs=("amplitud",)), patients, "029"),
        (GroupICA(K), [*patients, patients[0][:, :-1]], "027"),
        (GroupICA(K), [np.full((60, 9), np.inf)], "027"),
        (GroupICA(K), [None, None], "040"),
        (GroupICA(K), [np.ones((60, 30))], "040"),
        (GroupICA(K), [p[: K + 1] for p in patients], "041"),
        (GroupICA(K, kind="structural"), maps, "040"),
        (GroupICA(K, kind="structural"), [np.zeros((1, 50))] * 9, "040"),
        (GroupICA(K, kind="structural"), patients, "042"),
    ):
        with pytest.raises(InputError, match=f"IGX-PREP-{code}"):
            step.fit(X)
    step = GroupICA(K, n_starts=1).fit(patients)
    for X, code in (([patients[0][:3]], "041"), ([patients[0][:, 1:]], "027")):
        with pytest.raises(InputError, match=f"IGX-PREP-{code}"):
            step.transform(X)
    with pytest.raises(InputError, match="did you mean 'functional'"):
        GroupICA(K, kind="functionl").fit(patients)


def test_the_how_to_runs():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "brain.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.S)
    namespace: dict[str, object] = {}
    for block in blocks[next(i for i, b in enumerate(blocks) if "import GroupICA" in b) :][:2]:
        exec(block, namespace)
    assert namespace["ica"].transform(namespace["series"][8:]).shape == (4, 6)
    assert namespace["ica"].stability_.min() > 0.99
    assert namespace["morphometry"].components_.shape == (2, 500)
