"""Eight numbers side by side against numpy: each operation on numbers that no rounding hides."""

import numpy as np
import pytest
from numba import njit

from imagenomics.stats.eight import WIDTH, load, spread, spread_at, store, transpose, where_above


@njit
def compute(a, b, out):
    for k in range(0, a.size, WIDTH):
        x, y = load(a, k), load(b, k)
        total = x
        total += y
        total -= spread(2.0)
        store(out[0], k, x + y)
        store(out[1], k, x - y)
        store(out[2], k, x * y)
        store(out[3], k, x / y)
        store(out[4], k, total)
        store(out[5], k, where_above(x, y, x, spread_at(b, 1)))
        store(out[6], k, x - y * y)


@njit
def turn(a, at, step, into, there, other_step):
    transpose(a, at, step, into, there, other_step)


def test_arithmetic_is_that_of_numpy():
    random = np.random.default_rng(1)
    a, b = random.standard_normal((2, 24))
    a[3], b[5] = np.nan, 0.0
    out = np.zeros((7, 24))
    compute(a, b, out)
    with np.errstate(divide="ignore"):
        expected = [a + b, a - b, a * b, a / b, a + b - 2.0, np.where(a > b, a, b[1]), a - b * b]
    np.testing.assert_allclose(out, expected, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(("step", "other_step"), [(8, 8), (11, 8), (9, 15)])
def test_transposing_changes_rows_into_columns_and_nothing_else(step, other_step):
    a, into = np.arange(200.0), np.full(200, -1.0)
    turn(a, 3, step, into, 5, other_step)
    rows = np.array([a[3 + step * k : 3 + step * k + 8] for k in range(8)])
    columns = np.array([into[5 + other_step * k : 5 + other_step * k + 8] for k in range(8)])
    np.testing.assert_array_equal(columns, rows.T)
    assert (into == -1).sum() == 200 - 64


def test_what_is_at_no_whole_place_is_read_as_well():
    a = np.arange(40.0)
    out = np.zeros((7, 40))
    compute(a[1:33], a[5:37], out[:, 3:35])
    np.testing.assert_array_equal(out[0, 3:35], a[1:33] + a[5:37])
