"""What scans skip is empty, whatever was written and deleted between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.emptied import Emptied

KEYS = st.integers(0, 9).map(lambda number: b"T%d" % number)
WRITES = st.dictionaries(KEYS, st.sampled_from([b"", None]), max_size=4)
SCANS = st.tuples(KEYS, KEYS)


def test_a_range_found_empty_is_skipped_and_a_key_put_into_it_is_not() -> None:
    emptied = Emptied()
    emptied.scanned(b"T0", b"T5", [])
    assert emptied.skip(b"T2") == b"T5"
    emptied.changed({b"T3": b""})
    assert emptied.skip(b"T2") == b"T3"


def test_a_range_is_skipped_once_all_that_was_in_it_is_deleted() -> None:
    emptied = Emptied()
    emptied.scanned(b"T0", b"T5", [b"T1", b"T2"])
    emptied.changed({b"T1": None})
    assert emptied.skip(b"T0") == b"T0"
    emptied.changed({b"T2": None})
    assert emptied.skip(b"T0") == b"T5"


@given(st.lists(st.one_of(WRITES, SCANS), max_size=30))
def test_nothing_that_is_there_is_ever_skipped(steps: list[object]) -> None:
    emptied, there = Emptied(), set[bytes]()
    for step in steps:
        match step:
            case dict():
                there |= {key for key, value in step.items() if value is not None}
                there -= {key for key, value in step.items() if value is None}
                emptied.changed(step)
            case (bytes(start), bytes(stop)):
                first = emptied.skip(start)
                assert not [key for key in there if start <= key < min(first, stop)]
                emptied.scanned(start, stop, [key for key in there if first <= key < stop])
