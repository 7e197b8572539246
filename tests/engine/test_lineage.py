from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from schemas.tables import Output
from streams.engine.lineage import KEY, Publisher, of_lineage, read_claim, stamped


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


CLAIM = msgspec.msgpack.encode(Publisher("shop", "first"))


def test_a_claim_names_who_publishes() -> None:
    assert read_claim(KEY, CLAIM) == Publisher("shop", "first")


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\xc1", CLAIM.replace(b"shop", b"sh\xff\xfe"), b"\x91" * 5_000, CLAIM[:-1]],
)
def test_a_claim_that_nobody_can_read_names_nobody_and_ends_no_worker(value) -> None:
    assert read_claim(KEY, value) is None


def test_other_records_of_globals_are_no_claims() -> None:
    assert read_claim(b"epoch/0", CLAIM) is None
    assert read_claim(None, CLAIM) is None
