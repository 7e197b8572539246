from __future__ import annotations

from types import SimpleNamespace

from schemas.tables import Output
from streams.engine.lineage import of_lineage, stamped


def record(offset: int, *headers: tuple[str, bytes]) -> SimpleNamespace:
    return SimpleNamespace(offset=offset, headers=headers)


def test_signals_say_whose_they_are() -> None:
    (output,) = stamped([Output("signals", None, b"facts", partition=0)], "shop")
    assert output == Output("signals", None, b"facts", (("kairos-app", b"shop"),), 0)


def test_one_lineage_is_read_and_what_says_nothing_is_of_the_first() -> None:
    records = [record(0), record(1, ("kairos-app", b"old")), record(2, ("kairos-app", b"new"))]
    offsets = {
        app_id: [each.offset for each in of_lineage(records, app_id, "old")]
        for app_id in ("old", "new", "third")
    }
    assert offsets == {"old": [0, 1], "new": [2], "third": []}
