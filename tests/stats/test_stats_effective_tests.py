"""Effective numbers of tests: what they must be where the truth is known, and against the matrix itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.stats.effective_tests import correlation_eigenvalues, effective_tests


def test_independent_columns_count_in_full_and_copies_once():
    assert effective_tests(np.ones(7)) == pytest.approx((7, 7, 7))
    assert effective_tests([5.0, 0, 0, 0, 0]) == pytest.approx((1, 1, 1))
    assert effective_tests([]) == (0, 0, 0)
    assert effective_tests([1.0]) == (1, 1, 1)


def test_blocks_of_copies_count_once_each():
    random = np.random.default_rng(1)
    basis = np.linalg.qr(random.standard_normal((50, 4)) - 0.0)[0]
    basis = np.linalg.qr(basis - basis.mean(axis=0))[0]
    found = effective_tests(correlation_eigenvalues(np.repeat(basis, 5, axis=1)))
    assert found.li_ji == pytest.approx(4)
    assert found.galwey == pytest.approx(4, abs=1e-4)  # roots of rounding errors
    assert found.nyholt > 4  # known to be too large with blocks


def test_by_hand():
    """Eigenvalues 2.5, 1.2, 0.3, 0: Li & Ji 1.5 + 1.2 + 0.3; Galwey (roots)^2 / 4; Nyholt from the variance."""
    found = effective_tests([2.5, 1.2, 0.3, 0.0])
    assert found.li_ji == pytest.approx(3.0)
    assert found.galwey == pytest.approx((2.5**0.5 + 1.2**0.5 + 0.3**0.5) ** 2 / 4)
    variance = (1.5**2 + 0.2**2 + 0.7**2 + 1) / 3
    assert found.nyholt == pytest.approx(1 + 3 * (1 - variance / 4))


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
def test_eigenvalues_like_numpy(shape):
    values = np.random.default_rng(2).standard_normal(shape)
    values[:, 1] += 2 * values[:, 0]
    wanted = np.linalg.eigvalsh(np.corrcoef(values, rowvar=False))[::-1]
    np.testing.assert_allclose(correlation_eigenvalues(values), wanted, atol=1e-12)


def test_missing_values_count_as_the_mean_and_constant_columns_not():
    values = np.random.default_rng(3).standard_normal((40, 6))
    values[::7, 2] = np.nan
    filled = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
    wanted = correlation_eigenvalues(filled)
    extra = np.column_stack([values, np.full(40, 0.1), np.full(40, np.nan)])
    np.testing.assert_allclose(correlation_eigenvalues(extra), wanted, atol=1e-12)


@given(
    st.integers(0, 10_000),
    st.integers(3, 25),
    st.integers(1, 20),
    st.floats(0, 5),
)
def test_between_one_and_all(seed, n, columns, shared):
    random = np.random.default_rng(seed)
    values = random.standard_normal((n, columns)) + shared * random.standard_normal((n, 1))
    eigenvalues = correlation_eigenvalues(values)
    assert eigenvalues.sum() == pytest.approx(columns)
    for number in effective_tests(eigenvalues):
        assert 1 - 1e-6 <= number <= columns + 1e-6


def test_bad_input():
    with pytest.raises(InputError, match="IGX-ASSOC-030"):
        correlation_eigenvalues([[1.0, np.inf], [0.0, 1.0]])
    with pytest.raises(InputError, match="IGX-ASSOC-030"):
        correlation_eigenvalues([1.0, 2.0])
    for bad in ([1.0, 2.0], [3.0, -1.0], [np.nan, 1.0]):
        with pytest.raises(InputError, match="IGX-ASSOC-031"):
            effective_tests(bad)
