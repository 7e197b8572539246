from __future__ import annotations

from typing import Any

import pytest
from support.inputs import CONTEXT, record, run

from schemas.ids import hash64
from schemas.vocabulary import EventType


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ({"scene": "in_store"}, [EventType.IN_STORE]),
        ({"scene": "In_Store", "device": "desktop"}, [EventType.IN_STORE]),
        ({"scene": "on the moon", "device": "desktop"}, [EventType.ON_DESKTOP]),
        ({"device": "mobile", "place": "store"}, [EventType.IN_STORE]),
        ({"device": "mobile", "place": "transit"}, [EventType.IN_MOBILE_COMMUTE]),
        ({"device": "desktop", "place": "transit"}, []),
        ({"device": "mobile", "network": "wifi"}, [EventType.ON_WIFI]),
        ({"device": "mobile", "network": "wifi", "place": "gym"}, []),
        ({"device": "mobile"}, []),
        ({"network": "wifi"}, []),
        ({"scene": None, "device": None, "place": None}, []),
        (
            {"scene": "travelling", "app_minutes": 3.0},
            [EventType.TRAVELLING, EventType.APP_MINUTES],
        ),
    ],
)
def test_a_report_counts_in_the_tile_of_its_situation(
    told: dict[str, Any], kinds: list[EventType]
) -> None:
    bare = {key: value for key, value in CONTEXT.items() if key != "device"}
    batch = run(record("context", bare | told))
    assert batch.facts["type"].tolist() == kinds


def test_contradictions_are_kept_as_told() -> None:
    batch = run(record("context", CONTEXT | {"device": "mobile", "place": "store"}))
    told = {hash64(text) for text in ("mobile", "store")}
    assert set(batch.contexts["value"].tolist()) == told
