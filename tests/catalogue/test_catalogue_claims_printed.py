"""Numbers as papers print them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.errors import InputError


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [
        (".048", 0.048, 0.0475, 0.0485),
        ("0.57", 0.57, 0.565, 0.575),
        ("-.35", -0.35, -0.355, -0.345),
        ("−0.30", -0.3, -0.305, -0.295),
        ("88%", 0.88, 0.875, 0.885),
        ("77.1 %", 0.771, 0.7705, 0.7715),
        ("1.64e-06", 1.64e-6, 1.635e-6, 1.645e-6),
        ("P = .02", 0.02, 0.015, 0.025),
        ("12", 12, 11.5, 12.5),
        ("2.0", 2.0, 1.95, 2.05),
        (0.5, 0.5, 0.45, 0.55),
    ],
)
def test_what_rounds_to_a_printed_number(text, value, low, high):
    printed = read_printed(text)
    assert printed.relation == "="
    assert (printed.value, printed.low, printed.high) == pytest.approx((value, low, high), rel=1e-12)


def test_bounds():
    small = read_printed("<.001")
    assert (small.relation, small.value, small.high, small.low) == ("<", 0.001, 0.001, -math.inf)
    assert small.holds(0.0009)
    assert not small.holds(0.0011)
    assert small.holds(0.0009, 0.3)
    large = read_printed("p>0.05")
    assert large.holds(0.2)
    assert not large.holds(0.01)


def test_holds_takes_a_range():
    printed = read_printed(".04")
    assert printed.holds(0.0453, 0.0453) is False
    assert printed.holds(0.041, 0.049)
    assert printed.holds(0.001, 0.5)
    assert not printed.holds(0.05, 0.06)


@pytest.mark.parametrize(
    "text", ["", "n.s.", "p", ".", "1.2.3", "1-2", "12 of 30", "%", "0,5", "nan", "--1", "<"]
)
def test_nonsense_is_refused(text):
    with pytest.raises(InputError, match="IGX-CLAIM-001"):
        read_printed(text)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_number_prints_like_its_own_print(value, digits):
    assert read_printed(f"{value:.{digits}f}").holds(value)
