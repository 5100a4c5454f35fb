"""Ranks, ties and the AUC."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from imagenomics.errors import InputError
from imagenomics.stats.ranks import auc, midranks, tie_term


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_midranks_are_those_of_scipy(values):
    np.testing.assert_array_equal(midranks(values), stats.rankdata(values))
    n = len(values)
    np.testing.assert_allclose(
        1 - tie_term(values) / (n**3 - n) if n > 1 else 1, stats.tiecorrect(midranks(values))
    )


@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans(), st.integers(1, 5)), min_size=2, max_size=40))
def test_auc_is_that_of_scikit_learn(rows):
    scores, labels, weights = map(np.array, zip(*rows, strict=True))
    if labels.all() or not labels.any():
        assert np.isnan(auc(scores, labels))
        return
    assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    weighted = roc_auc_score(labels, scores, sample_weight=weights)
    assert auc(scores, labels, weights=weights) == pytest.approx(weighted, abs=1e-12)
    repeated = auc(np.repeat(scores, weights), np.repeat(labels, weights))
    assert auc(scores, labels, weights=weights) == pytest.approx(repeated, abs=1e-12)


def test_swapped_labels_give_the_other_half():
    scores, labels = np.array([1.0, 2.0, 2.0, 3.0, 7.0]), np.array([0, 1, 0, 0, 1])
    assert auc(scores, labels) + auc(scores, 1 - labels) == 1.0


def test_what_auc_refuses():
    with pytest.raises(InputError, match="IGX-STAT-001"):
        auc([1.0, 2.0], [1])
    with pytest.raises(InputError, match="IGX-STAT-002"):
        auc([1.0, np.nan], [1, 0])
    with pytest.raises(InputError, match="IGX-STAT-002"):
        auc([1.0, 2.0], [1, 2])
    with pytest.raises(InputError, match="IGX-STAT-003"):
        auc([1.0, 2.0], [1, 0], weights=[1.0, -1.0])
