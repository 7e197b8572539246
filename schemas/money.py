"""Currencies as numbers: prices are compared only in one currency, which both told."""

from __future__ import annotations

NO_PRICE = -1
"""A price in minor units that nobody told."""
NO_CURRENCY = 0
_LETTERS, _FIRST, _BITS = 3, ord("A") - 1, 5


def currency_number(code: str | None) -> int:
    """Return a code of three letters, in any case, as a number of 15 bits; `NO_CURRENCY` for anything else."""
    if code is None or len(code) != _LETTERS or not code.isascii() or not code.isalpha():
        return NO_CURRENCY
    number = 0
    for letter in code.upper():
        number = number << _BITS | (ord(letter) - _FIRST)
    return number
