"""Kappa and alpha: chance is 0, intervals cover, edges, bad ratings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.stats.agreement.kappa import cohen_kappa, count_ratings, fleiss_kappa
from imagenomics.stats.agreement.krippendorff import krippendorff_alpha

NAN = np.nan


def _readers(rng, n, k, *, keep=0.6):
    """Each reader says the truth with probability ``keep``, else any of three: kappa is keep squared."""
    truth = rng.integers(0, 3, (n, 1))
    return np.where(rng.random((n, k)) < keep, truth, rng.integers(0, 3, (n, k)))


def test_cohen_intervals_cover():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(600):
        a, b = _readers(rng, 100, 2).T
        found = cohen_kappa(a, b)
        hits.append(found.low <= 0.36 <= found.high)
    assert abs(np.mean(hits) - 0.95) < 0.03


def test_fleiss_intervals_cover_and_agree_with_the_jackknife():
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(600):
        found = fleiss_kappa(count_ratings(_readers(rng, 60, 4), categories=(0, 1, 2)))
        hits.append(found.low <= 0.36 <= found.high)
    assert abs(np.mean(hits) - 0.95) < 0.03
    counts = count_ratings(_readers(rng, 400, 4))
    without = [float(fleiss_kappa(np.delete(counts, i, axis=0)).estimate) for i in range(400)]
    error = np.sqrt(399 * np.var(without))
    found = fleiss_kappa(counts)
    assert np.isclose((found.high - found.low) / 2 / 1.959964, error, rtol=0.01)


def test_alpha_intervals_cover():
    rng = np.random.default_rng(2)
    hits = []
    for seed in range(150):
        ratings = _readers(rng, 60, 4).astype(float)
        ratings[rng.random(ratings.shape) < 0.2] = NAN
        found = krippendorff_alpha(ratings, level="nominal", draws=200, seed=seed)
        hits.append(found.low <= 0.36 <= found.high)
    assert np.mean(hits) > 0.88


def test_kappa_without_agreement_is_zero():
    rng = np.random.default_rng(3)
    a, b, c = rng.integers(0, 4, (3, 4000))
    assert abs(cohen_kappa(a, b).estimate) < 0.03
    assert abs(fleiss_kappa(count_ratings(np.column_stack([a, b, c]))).estimate) < 0.03
    assert abs(krippendorff_alpha(np.column_stack([a, b, c]), level="ordinal", draws=0).estimate) < 0.04


@quick(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_alpha_by_its_definition(seed, level):
    """Observed over expected disagreement, pair by pair."""
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 5, (7, 3)).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = NAN
    units = [row[~np.isnan(row)] for row in ratings]
    units = [u for u in units if u.size > 1]
    values = np.concatenate(units) if units else np.zeros(0)

    def apart(a, b):
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        if level == "ratio":
            return ((a - b) / (a + b)) ** 2
        low, high = min(a, b), max(a, b)
        between = ((values >= low) & (values <= high)).sum()
        return (between - ((values == a).sum() + (values == b).sum()) / 2) ** 2

    observed = sum(sum(apart(a, b) for a in u for b in u) / (u.size - 1) for u in units)
    expected = sum(apart(a, b) for a in values for b in values)
    found = krippendorff_alpha(ratings, level=level, draws=0).estimate
    if expected == 0:
        assert np.isnan(found)
    else:
        assert np.isclose(found, 1 - (values.size - 1) * observed / expected)


def test_perfect_agreement_keeps_a_width():
    a = ["x", "y", "x", "y", "x"]
    for found in (cohen_kappa(a, a), fleiss_kappa(count_ratings(np.column_stack([a, a])))):
        assert found.estimate == 1.0
        assert found.low < 0.5
        assert found.high == 1.0


def test_weights_follow_the_declared_order():
    a = ["low", "mid", "high", "mid", "low"]
    b = ["mid", "mid", "high", "high", "low"]
    order = ["low", "mid", "high"]
    numbers = [[order.index(v) for v in side] for side in (a, b)]
    declared = cohen_kappa(a, b, weights="quadratic", categories=order)
    assert declared.estimate == cohen_kappa(*numbers, weights="quadratic").estimate
    assert declared.estimate != cohen_kappa(a, b, weights="quadratic").estimate  # 'high' sorts before 'low'


def test_missing_ratings():
    with_gaps = cohen_kappa(["a", "b", None, "a", "b"], ["a", "b", "a", NAN, "a"])
    assert with_gaps.n == 3
    assert with_gaps.estimate == cohen_kappa(["a", "b", "b"], ["a", "b", "a"]).estimate
    assert np.isnan(cohen_kappa([None], ["a"]).estimate)
    assert np.isnan(cohen_kappa(["a", "a"], ["a", "a"]).estimate)
    assert np.isnan(krippendorff_alpha([[1, NAN], [NAN, 2]], level="interval").estimate)
    assert np.isnan(fleiss_kappa([[2, 0], [2, 0]]).estimate)
    words = krippendorff_alpha([["a", "a", None], ["b", "b", "b"], ["a", "b", "a"]], level="nominal", draws=0)
    codes = krippendorff_alpha([[0, 0, NAN], [1, 1, 1], [0, 1, 0]], level="nominal", draws=0)
    assert words.estimate == codes.estimate


def test_same_seed_same_interval():
    ratings = _readers(np.random.default_rng(4), 30, 3)
    first, again, other = (krippendorff_alpha(ratings, level="ordinal", draws=100, seed=s) for s in (1, 1, 2))
    assert (first.low, first.high) == (again.low, again.high)
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: cohen_kappa(["a"], ["a", "b"]), "020"),
        (lambda: cohen_kappa(["a"], ["b"], weights="cubic"), "023"),
        (lambda: cohen_kappa(["a"], ["z"], categories=["a", "b"]), "025"),
        (lambda: fleiss_kappa([[1, 2], [2, 2]]), "024"),
        (lambda: fleiss_kappa([[1, 0], [0, 1]]), "024"),
        (lambda: fleiss_kappa([[0.5, 1.5]]), "024"),
        (lambda: krippendorff_alpha([[1, 2]], level="ordinl"), "023"),
        (lambda: krippendorff_alpha([[-1, 2]], level="ratio"), "026"),
        (lambda: krippendorff_alpha([["a", "b"]], level="interval"), "022"),
        (lambda: krippendorff_alpha([1, 2], level="interval"), "020"),
    ],
)
def test_what_is_refused(call, code):
    with pytest.raises(InputError, match=f"IGX-STAT-{code}"):
        call()
