"""JSON has one kind of number: what has no fraction is whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.shared.numbers import integer, number, whole


@pytest.mark.parametrize(
    ("digits", "found"),
    [
        ("2000.0", 2000),
        ("-0.0", 0),
        ("1.5e3", 1500),
        ("9007199254740992.0", 2**53),
    ],
)
def test_what_has_no_fraction_is_whole(digits, found):
    assert (number(digits), type(number(digits))) == (found, int)


@pytest.mark.parametrize("digits", ["0.35", "1e-9", "1e16", "1e999"])
def test_what_has_one_or_is_not_exact_stays_as_it_is(digits):
    assert isinstance(number(digits), float)


@given(st.integers() | st.floats(allow_nan=False))
def test_no_number_changes_its_value(told):
    assert whole(told) == told


def test_an_integer_of_thousands_of_digits_is_only_very_large():
    assert integer("9" * 5000) == -integer("-" + "9" * 5000) == 10**400
    assert integer("17") == 17
