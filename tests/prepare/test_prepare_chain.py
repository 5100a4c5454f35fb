import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.pipeline import make_pipeline

from imagenomics.errors import InputError
from imagenomics.prepare.chain import fit_chain
from imagenomics.prepare.fold_columns import fold_columns, presort
from imagenomics.prepare.impute import MedianImputer
from imagenomics.prepare.redundancy import RedundancyFilter
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.prepare.standardise import Standardiser


def _table(seed, n=60, p=90):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8)) @ rng.normal(size=(8, p)) + 0.4 * rng.normal(size=(n, p))
    X = np.round(X, 1)
    X[rng.random(X.shape) < 0.05] = np.nan
    X[:, 3], X[:, 5] = np.nan, 2.0
    return X, (rng.random(n) < 0.4).astype(float), rng


@pytest.mark.parametrize("method", ["spearman", "pearson"])
@pytest.mark.parametrize("binary", [True, False])
def test_chain_is_the_pipeline_of_the_transformers(method, binary):
    X, y, rng = _table(7)
    if not binary:
        y = rng.normal(size=y.size)
    rows = np.sort(rng.permutation(y.size)[:45])
    options = PrepareSettings(redundancy=0.8, correlation=method, select=10)
    none = np.zeros(X.shape[1], dtype=bool)
    chain = fit_chain(
        presort(X), rows, y[rows], settings=options, task="binary" if binary else "continuous", protected=none
    )
    pipeline = make_pipeline(
        MedianImputer(), Standardiser(), RedundancyFilter(0.8, method=method), SelectTop(10)
    ).fit(X[rows], y[rows])
    assert [f"x{j}" for j in chain.columns] == list(pipeline.get_feature_names_out())
    assert np.allclose(chain.apply(X), pipeline.transform(X), atol=1e-12)


def test_rows_outside_the_training_part_do_not_enter():
    X, y, _ = _table(8)
    rows = np.arange(40)
    other = X.copy()
    other[40:] = 1e6
    none = np.zeros(X.shape[1], dtype=bool)
    chains = [
        fit_chain(presort(v), rows, y[rows], settings=PrepareSettings(), task="binary", protected=none)
        for v in (X, other)
    ]
    for name in ("columns", "fill", "centre", "scale"):
        assert np.array_equal(getattr(chains[0], name), getattr(chains[1], name))


def test_protected_columns_bypass_filter_and_selection():
    X, y, _ = _table(9)
    X[:, 10] = X[:, 11] = X[:, 0]  # redundant
    protected = np.zeros(X.shape[1], dtype=bool)
    protected[[3, 5, 10, 11]] = True  # 3 is missing for all, 5 is constant
    chain = fit_chain(
        presort(X), np.arange(60), y, settings=PrepareSettings(select=4), task="binary", protected=protected
    )
    assert {10, 11} <= set(chain.columns)
    assert not {3, 5} & set(chain.columns)
    assert chain.columns.size == 6


def test_nothing_that_varies_is_an_error():
    with pytest.raises(InputError, match="IGX-PREP-002"):
        fit_chain(
            presort(np.full((6, 3), 2.0)),
            np.arange(6),
            np.arange(6) % 2 * 1.0,
            settings=PrepareSettings(),
            task="binary",
            protected=np.zeros(3, dtype=bool),
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-4, 4)), min_size=3, max_size=25), st.integers(0, 2**20))
def test_order_statistics_of_any_part(values, seed):
    column = np.array([np.nan if v is None else float(v) for v in values])
    part = np.flatnonzero(np.random.default_rng(seed).random(column.size) < 0.7)
    if part.size < 2:
        part = np.arange(column.size)
    facts = fold_columns(presort(column[:, None]), part.astype(np.int64))
    known = column[part]
    if np.isnan(known).all():
        assert np.isnan(facts.median[0])
        assert not facts.usable[0]
        return
    median = np.nanmedian(known)
    filled = np.where(np.isnan(known), median, known)
    assert facts.median[0] == median
    assert np.isclose(facts.mean[0], filled.mean(), atol=1e-12)
    if np.ptp(filled) > 0:
        ranks = rankdata(filled) - (part.size + 1) / 2
        assert np.allclose(facts.ranks[0] * facts.rank_norm[0], ranks, atol=1e-10)
        assert np.isclose(facts.spread[0], filled.std(), atol=1e-12)
    else:
        assert not facts.usable[0]
