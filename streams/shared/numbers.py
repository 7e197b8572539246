"""Numbers as JSON has them: whole ones of any length, and one kind whatever stands behind the point."""

from __future__ import annotations

_EXACT = 2**53
"""Up to here a double says which whole number it is."""
_LONGEST = 400
_HUGE: int = 10**_LONGEST


def whole(told: float) -> int | float:
    """Return 2000 for 2000.0: what has no fraction is whole, however it was written."""
    is_whole = isinstance(told, float) and told.is_integer() and abs(told) <= _EXACT
    return int(told) if is_whole else told


def number(digits: str) -> int | float:
    """Read a number of JSON that has a point or an exponent; too large a one is infinite."""
    return whole(float(digits))


def integer(digits: str) -> int:
    """Read an integer; one of thousands of digits, which only costs time, becomes 10**400."""
    if len(digits) <= _LONGEST:
        return int(digits)
    return -_HUGE if digits[0] == "-" else _HUGE
