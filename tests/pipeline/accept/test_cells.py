from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.features.places import Places
from models.features.whereabouts import cell_middle
from streams.pipeline.accept.cells import coarse_cell
from streams.settings import Settings


def test_a_known_cell() -> None:
    assert coarse_cell(37.775938728915946, -122.41795063018799, 9) == "8928308280fffff"  # h3geo.org


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_a_cell_tells_where_one_is_to_within_some_kilometres(lat: float, lon: float) -> None:
    cell = coarse_cell(lat, lon, Settings().cell_resolution)
    places = Places()
    middle = places.shops[places.shop_set([(*cell_middle(cell), None)])]
    assert middle is not None
    assert middle.km(lat, lon)[0] < 15
