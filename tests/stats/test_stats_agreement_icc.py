"""Intraclass correlation: what it says of known variances, and how often its intervals cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.stats.agreement.icc import FORMS, icc


def _measured(rng, features, n, k, *, between, judges, error):
    patients = rng.normal(scale=np.sqrt(between), size=(features, n, 1))
    readers = rng.normal(scale=np.sqrt(judges), size=(features, 1, k))
    return patients + readers + rng.normal(scale=np.sqrt(error), size=(features, n, k))


@pytest.mark.parametrize(
    ("form", "judges", "truth"),
    [
        ("ICC(1,1)", 0.0, 0.75),
        ("ICC(2,1)", 0.5, 3.0 / 4.5),
        ("ICC(3,1)", 7.0, 0.75),
        ("ICC(1,k)", 0.0, 0.9),
        ("ICC(3,k)", 7.0, 0.9),
    ],
)
def test_intervals_cover_the_truth(form, judges, truth):
    # Readers are drawn anew for each feature: form 2 with 6 of them, as its interval is approximate.
    k = 6 if form == "ICC(2,1)" else 3
    values = _measured(np.random.default_rng(3), 4000, 30, k, between=3.0, judges=judges, error=1.0)
    found = icc(values, form=form)
    covered = ((found.low <= truth) & (truth <= found.high)).mean()
    assert abs(covered - 0.95) < (0.03 if form.startswith("ICC(2") else 0.012)
    assert abs(np.median(found.estimate) - truth) < 0.05


def test_features_in_one_pass_are_features_one_by_one():
    values = _measured(np.random.default_rng(0), 40, 12, 3, between=1.0, judges=0.3, error=1.0)
    values[np.random.default_rng(1).random(values.shape) < 0.05] = np.nan
    for form in FORMS:
        together = icc(values, form=form)
        for j, one in enumerate(values):
            alone = icc(one[~np.isnan(one).any(axis=1)], form=form)
            for name in ("estimate", "low", "high", "p", "n"):
                assert np.isclose(getattr(together, name)[j], getattr(alone, name), rtol=1e-10, atol=1e-13)


def test_without_differences_of_readers_form_3_is_the_correlation_of_equal_variances():
    rng = np.random.default_rng(2)
    x = rng.normal(size=50)
    y = x + rng.normal(size=50)
    y = (y - y.mean()) / y.std() * x.std() + 100.0
    assert np.isclose(icc(np.column_stack([x, y]), form="ICC(3,1)").estimate, np.corrcoef(x, y)[0, 1])
    assert icc(np.column_stack([x, y]), form="ICC(2,1)").estimate < 0.01


@quick(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e3, 1e3), st.floats(0.01, 100.0), st.sampled_from(FORMS))
def test_scale_shift_and_order_do_not_matter(seed, shift, factor, form):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(9, 3)) + rng.normal(size=(9, 1))
    other = (values * factor + shift)[rng.permutation(9)][:, rng.permutation(3)]
    first, second = icc(values, form=form), icc(other, form=form)
    for name in ("estimate", "low", "high"):
        assert np.isclose(getattr(first, name), getattr(second, name), rtol=1e-6, atol=1e-8)
    assert first.low <= first.estimate <= first.high


@pytest.mark.parametrize("form", FORMS)
def test_the_ends(form):
    x = np.arange(6.0)
    same = icc(np.column_stack([x, x, x]), form=form)
    assert (same.low, same.estimate, same.high) == (1.0, 1.0, 1.0)
    assert np.isnan(icc(np.full((5, 2), 0.1 + 0.2), form=form).estimate)  # nothing varies, but for rounding
    assert np.isnan(icc([[1.0, 2.0]], form=form).estimate)  # one patient
    gone = icc([[1.0, np.nan], [np.nan, 2.0]], form=form)
    assert gone.n == 0
    assert np.isnan(gone.low)


def test_what_is_refused():
    for values, code in (
        ([1.0, 2.0], "021"),
        (np.ones((4, 1)), "021"),
        ([[1, np.inf], [2, 3]], "022"),
        ([["a", "b"], ["c", "d"]], "022"),
    ):
        with pytest.raises(InputError, match=f"IGX-STAT-{code}"):
            icc(values)
    with pytest.raises(InputError, match=r"IGX-STAT-023[\s\S]*ICC\(2,1\)"):
        icc(np.eye(3), form="ICC(2.1)")
    with pytest.raises(InputError, match="IGX-STAT-005"):
        icc(np.eye(3), confidence=95)
