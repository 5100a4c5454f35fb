import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.prepare.impute import MedianImputer, column_medians
from imagenomics.prepare.onehot import OneHot
from imagenomics.prepare.redundancy import RedundancyFilter
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.standardise import Standardiser
from imagenomics.stats.ranks import auc

NAN = np.nan


def test_median_imputer_fills_and_drops():
    train = pd.DataFrame({"a": [1.0, 3.0, NAN, 10.0], "gone": [NAN] * 4, "b": [1.0, 2.0, 3.0, 4.0]})
    imputer = MedianImputer().fit(train)
    assert imputer.dropped_ == ["gone"]
    assert list(imputer.get_feature_names_out()) == ["a", "b"]
    new = pd.DataFrame({"a": [NAN], "gone": [5.0], "b": [NAN]})
    assert imputer.transform(new).tolist() == [[3.0, 2.5]]
    with pytest.raises(InputError, match="IGX-PREP-002"):
        MedianImputer().fit(train[["gone"]])


def test_medians_are_those_of_numpy():
    X = np.random.default_rng(0).normal(size=(23, 40))
    X[np.random.default_rng(1).random(X.shape) < 0.3] = NAN
    assert np.array_equal(column_medians(X), np.nanmedian(X, axis=0))


def test_frames_keep_their_names():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["x", "y", "z"])
    out = Standardiser().set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == ["x", "y", "z"]
    assert np.allclose(out.mean(), 0.0)
    assert np.allclose(out.std(ddof=0), 1.0)
    with pytest.raises(InputError, match="IGX-PREP-001"):
        Standardiser().fit(frame).get_feature_names_out(["x", "y", "q"])


def test_standardiser_ignores_missing_and_keeps_constants():
    X = np.array([[1.0, 7.0, 0.1 + 0.2], [3.0, 7.0, 0.3], [NAN, 7.0, 0.3]])
    out = Standardiser().fit_transform(X)
    assert out[:2, 0].tolist() == [-1.0, 1.0]
    assert np.isnan(out[2, 0])
    assert np.abs(out[:, 1:]).max() < 1e-12  # constant, and constant but for rounding


def test_redundancy_keeps_the_first_of_equal_columns():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=50), rng.normal(size=50)
    X = np.column_stack([a, np.full(50, 3.0), np.exp(a), b, -2.0 * a])
    assert RedundancyFilter(0.95).fit(X).kept_.tolist() == [0, 3]
    assert 2 in RedundancyFilter(0.95, method="pearson").fit(X).kept_  # exp is monotone, not linear
    assert RedundancyFilter(1.0).fit(X).kept_.tolist() == [0, 2, 3, 4]


def test_redundancy_is_greedy_in_order_across_blocks():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(30, 12)) @ rng.normal(size=(12, 400)) + 0.3 * rng.normal(size=(30, 400))
    correlation = np.abs(np.corrcoef(X.T))
    kept: list[int] = []
    for j in range(400):
        if all(correlation[j, k] <= 0.6 for k in kept):
            kept.append(j)
    assert RedundancyFilter(0.6, method="pearson").fit(X).kept_.tolist() == kept


@pytest.mark.parametrize("bad", [0.0, 1.5, -1.0])
def test_redundancy_refuses_a_threshold(bad):
    with pytest.raises(InputError, match="IGX-PREP-003"):
        RedundancyFilter(bad).fit(np.eye(4))
    with pytest.raises(InputError, match=r"IGX-PREP-004[\s\S]*did you mean 'spearman'"):
        RedundancyFilter(method="spearmann").fit(np.eye(4))


def test_select_scores_are_auc_and_spearman():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(3)
    X = np.round(rng.normal(size=(40, 6)), 1)  # ties
    y = (rng.random(40) < 0.3).astype(float)
    z = rng.normal(size=40)
    expected = [abs(auc(column, y) - 0.5) for column in X.T]
    assert np.allclose(SelectTop(3).fit(X, y).scores_, expected, atol=1e-14)
    rho = [abs(spearmanr(column, z)[0]) for column in X.T]
    assert np.allclose(SelectTop(3).fit(X, z).scores_, rho, atol=1e-12)
    best = np.sort(np.argsort(-np.array(rho))[:3])
    assert SelectTop(3).fit(X, z).kept_.tolist() == best.tolist()


def test_select_takes_the_first_of_equal_columns():
    x = np.arange(10.0)
    assert SelectTop(2).fit(np.column_stack([x, -x, np.exp(x), x]), x).kept_.tolist() == [0, 1]
    with pytest.raises(InputError, match="IGX-PREP-003"):
        SelectTop(0).fit(np.eye(3), [0, 1, 0])


def test_one_hot_unknown_and_missing_levels_are_zero():
    train = pd.DataFrame({"site": ["A", "B", None, "A"], "sex": ["f", "m", "f", "m"]})
    encoder = OneHot().fit(train)
    assert list(encoder.get_feature_names_out()) == ["site=A", "site=B", "sex=f", "sex=m"]
    new = pd.DataFrame({"site": ["C", None, "B"], "sex": ["f", "x", "m"]})
    assert encoder.transform(new).tolist() == [[0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]]
