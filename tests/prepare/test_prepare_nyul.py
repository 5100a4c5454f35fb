"""Nyul's standard: scanner units go away, the order of grey values stays, test patients teach nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from imagenomics.errors import InputError
from imagenomics.prepare.nyul import (
    PERCENTILES,
    NyulStandard,
    image_landmarks,
    standardise_image,
    standardise_intensities,
)

NAMES = [f"brain.p{p:g}" for p in PERCENTILES]


def _patients(seed=0, n=20):
    """The same tissue seen by scanners of any gain and offset, and a lesion 10% brighter than its median."""
    rng = np.random.default_rng(seed)
    images, rows = [], []
    for _ in range(n):
        tissue = rng.gamma(4.0, 1.0, (8, 10, 10))
        gain, offset = rng.uniform(10, 500), rng.uniform(0, 100)
        image = tissue * gain + offset
        own = image_landmarks(image, np.ones(image.shape, bool))
        rows.append([*own, 1.1 * np.median(tissue) * gain + offset])
        images.append(image)
    ids = pd.Index([f"P{i:02d}" for i in range(n)], name="patient")
    return images, pd.DataFrame(rows, columns=[*NAMES, "tumour.p50"], index=ids)


def test_gain_and_offset_of_the_scanner_go_away():
    images, table = _patients()
    step = NyulStandard(NAMES).fit(table)
    out = pd.DataFrame(step.transform(table), columns=step.get_feature_names_out())
    assert table["tumour.p50"].std() / table["tumour.p50"].mean() > 0.4
    assert out["tumour.p50"].std() / out["tumour.p50"].mean() < 0.1
    assert np.allclose(out[NAMES], step.standard_)  # the landmarks are the standard now
    assert step.standard_[0] == 0.0
    assert step.standard_[-1] == 100.0
    scaled = table * 7.0 + 3.0
    assert np.allclose(step.transform(scaled), step.transform(table))
    # An image is carried as its columns are.
    image = standardise_image(images[4], table.iloc[4][NAMES].to_numpy(), step.standard_)
    assert np.allclose(np.median(image), step.standard_[PERCENTILES.index(50.0)], atol=0.2)


def test_standard_by_hand():
    table = pd.DataFrame({"lo": [0.0, 10.0], "mid": [5.0, 18.0], "hi": [10.0, 20.0], "x": [7.5, 22.0]})
    step = NyulStandard(["lo", "mid", "hi"]).fit(table)
    assert step.standard_.tolist() == [0.0, 65.0, 100.0]
    assert np.allclose(
        step.transform(table)[:, 3], [82.5, 135.0]
    )  # the second lies beyond: the last piece goes on


def test_test_patients_teach_nothing():
    _, table = _patients(1)
    train, test = table.iloc[:12], table.iloc[12:]
    step = NyulStandard(NAMES).fit(train)
    before = step.transform(test)
    absurd = test.copy()
    absurd.iloc[1:] = absurd.iloc[1:] ** 2
    assert np.array_equal(step.transform(absurd)[0], before[0])
    assert not np.allclose(clone(step).fit(table).transform(test), before)


@quick(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_order_is_kept(seed):
    rng = np.random.default_rng(seed)
    own = np.sort(np.round(rng.normal(size=6) * 3))
    if own[0] == own[-1]:
        return
    standard = np.sort(rng.uniform(0, 100, 6))
    values = np.sort(rng.normal(size=50) * 5)
    out = standardise_intensities(values, own, standard)
    assert np.all(np.diff(out) >= -1e-9)


def test_equal_missing_and_empty_landmarks():
    table = pd.DataFrame(
        {"a": [0.0, 1, 3, np.nan], "b": [0.0, 2, 3, 5], "c": [4.0, 5, 3, 7], "x": [2.0, 2, 3, 6]}
    )
    out = NyulStandard(["a", "b", "c"]).fit_transform(table)
    assert np.isfinite(out[:2]).all()
    assert np.isnan(out[2:]).all()
    assert np.isnan(image_landmarks(np.ones((2, 2, 2)), np.zeros((2, 2, 2), bool))).all()


def test_what_is_refused():
    _, table = _patients()
    for step, code in (
        (NyulStandard(NAMES[::-1]), "025"),
        (NyulStandard(["brain.p2", "brain.p99"]), "020"),
        (NyulStandard(NAMES[:1]), "003"),
        (NyulStandard(NAMES, low=1.0, high=1.0), "003"),
    ):
        with pytest.raises(InputError, match=f"IGX-PREP-{code}"):
            step.fit(table)
    with pytest.raises(InputError, match="IGX-PREP-026"):
        NyulStandard(NAMES).fit(table * 0.0)


def test_scikit_learn_contract():
    results = check_estimator(NyulStandard(), on_fail=None, on_skip=None)
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 35
