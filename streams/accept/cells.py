"""Coarse places: a geohash cell instead of a coordinate."""

from __future__ import annotations

_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def geohash(lat: float, lon: float, digits: int) -> str:
    """Return the geohash of a point in degrees (4 digits: 39 km x 20 km at the equator).

    Source: G. Niemeyer, geohash.org, 2008: bits of longitude and latitude taken in turn by
    bisection, five bits a digit.
    """
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    point = (lon, lat)
    code = 0
    for bit in range(5 * digits):
        span = spans[bit % 2]
        middle = (span[0] + span[1]) / 2
        above = point[bit % 2] >= middle
        span[0 if above else 1] = middle
        code = code << 1 | above
    return "".join(_BASE32[code >> shift & 31] for shift in range(5 * (digits - 1), -1, -5))
