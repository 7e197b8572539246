from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.accept.cells import geohash

lats, lons = st.floats(-90, 90), st.floats(-180, 180)


@pytest.mark.parametrize(
    ("lat", "lon", "digits", "cell"),
    [
        (57.64911, 10.40744, 6, "u4pruy"),  # the example of geohash.org
        (42.605, -5.603, 5, "ezs42"),
        (0, 0, 4, "s000"),
        (90, 180, 3, "zzz"),
        (-90, -180, 3, "000"),
    ],
)
def test_known_cells(lat, lon, digits, cell):
    assert geohash(lat, lon, digits) == cell


@given(lats, lons, st.integers(1, 5))
def test_a_finer_cell_lies_in_its_coarser_one(lat, lon, digits):
    assert geohash(lat, lon, 6).startswith(geohash(lat, lon, digits))
