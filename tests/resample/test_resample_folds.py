import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.resample.fold_table import check_folds
from imagenomics.resample.splits import folds, leave_one_site_out


def _ids(n):
    return np.array([f"P{i:03d}" for i in range(n)])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20), st.integers(20, 80), st.integers(2, 6), st.integers(1, 3))
def test_each_patient_is_tested_once_and_classes_are_balanced(seed, n, k, repeats):
    y = (np.random.default_rng(seed).random(n) < 0.4).astype(float)
    if min(y.sum(), n - y.sum()) < k:
        with pytest.raises(InputError, match="IGX-RES-001"):
            folds(_ids(n), y, n_splits=k, repeats=repeats, seed=seed)
        return
    table = folds(_ids(n), y, n_splits=k, repeats=repeats, seed=seed)
    assert list(table.columns) == ["patient", "repeat", "fold"]
    assert len(table) == n * repeats
    assert not table.duplicated(["patient", "repeat"]).any()
    label = dict(zip(_ids(n), y, strict=True))
    for _, part in table.groupby("repeat"):
        for value in (0.0, 1.0):
            counts = part["fold"][part["patient"].map(label) == value].value_counts()
            assert len(counts) == k
            assert counts.max() - counts.min() <= 1


def test_folds_do_not_depend_on_the_order_of_rows():
    y = (np.arange(40) % 3 == 0).astype(float)
    order = np.random.default_rng(0).permutation(40)
    a, b = folds(_ids(40), y, seed=3), folds(_ids(40)[order], y[order], seed=3)
    pd.testing.assert_frame_equal(a, b)
    assert not a.equals(folds(_ids(40), y, seed=4))
    two = folds(_ids(40), y, seed=3, repeats=2)
    pd.testing.assert_frame_equal(two[two["repeat"] == 0], a)  # more repeats change nothing of the first


def test_rows_of_a_patient_share_its_fold():
    ids = np.repeat(_ids(30), 3)
    y = np.repeat((np.arange(30) % 2).astype(float), 3)
    assert len(folds(ids, y, seed=1)) == 30


def test_numbers_are_balanced_too():
    y = np.random.default_rng(1).normal(size=60)
    table = folds(_ids(60), y, seed=1, task="continuous")
    means = pd.Series(y).groupby(table["fold"]).mean()
    assert np.ptp(means) < 0.4


def test_too_few_of_a_class_names_counts_and_the_largest_number():
    y = np.array([1.0] * 3 + [0.0] * 30)
    with pytest.raises(InputError, match=r"30 negative, 3 positive[\s\S]*at most 3 folds"):
        folds(_ids(33), y, n_splits=5)
    with pytest.raises(InputError, match="cannot be cross-validated"):
        folds(_ids(33), np.zeros(33))
    with pytest.raises(InputError, match=r"IGX-RES-009[\s\S]*P002"):
        folds(_ids(3), [0, 1, np.nan])
    with pytest.raises(InputError, match="IGX-RES-011"):
        folds(_ids(3), [0, 1, 2])
    with pytest.raises(InputError, match="IGX-RES-010"):
        folds(_ids(3), [0, 1, 2], task="count")


def test_leave_one_site_out_tests_each_site_once():
    sites = ["B", "A", "B", "C", "A"]
    table = leave_one_site_out(_ids(5), sites)
    assert table["fold"].tolist() == [1, 0, 1, 2, 0]
    assert (table["repeat"] == 0).all()
    for bad in (["A"] * 5, ["A", None, "B", "B", "A"]):
        with pytest.raises(InputError, match="IGX-RES-005"):
            leave_one_site_out(_ids(5), bad)
    with pytest.raises(InputError, match="two sites: P000"):
        leave_one_site_out(["P000", "P000"], ["A", "B"])


def test_a_users_own_folds_are_taken():
    given_table = pd.DataFrame({"patient": ["b", "a", "c", "z"], "fold": ["two", "one", "two", "one"]})
    table = check_folds(given_table, ["a", "b", "c"])
    assert table.to_dict("list") == {"patient": ["a", "b", "c"], "repeat": [0, 0, 0], "fold": [0, 1, 1]}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"patient": ["a", "b"]}, "IGX-RES-002"),
        ({"patient": ["a", "b"], "fold": [0, None]}, "IGX-RES-002"),
        ({"patient": ["a", "b"], "fold": [0, 1], "repeat": ["x", "0"]}, "IGX-RES-002"),
        ({"patient": ["a", "b", "a"], "fold": [0, 1, 1]}, "IGX-RES-003"),
        ({"patient": ["a"], "fold": [0]}, "IGX-RES-004"),
        ({"patient": ["a", "b"], "fold": [0, 0]}, "IGX-RES-004"),
    ],
)
def test_bad_fold_tables_are_refused(frame, code):
    with pytest.raises(InputError, match=code):
        check_folds(pd.DataFrame(frame), ["a", "b"])
