"""Rows of earlier versions are read by the names of their sections and columns."""

from __future__ import annotations

import numpy as np
import pytest
from state.golden import HERE, load

from schemas.state import FORGOTTEN, ROW_VERSION
from schemas.vocabulary import CONSENTS
from streams.state import upgrade
from streams.state.event_codec import COUNTED_AS
from streams.state.layouts import EARLIER, TODAY, Layout
from streams.state.rows import RowError, facts_length, pack_rows, unpack_rows
from streams.state.store import USER
from streams.state.upgrade import upgraded


@pytest.fixture(params=[*EARLIER])
def old(request: pytest.FixtureRequest) -> dict[bytes, bytes]:
    rows = load(HERE / f"rows-{request.param}.msgpack.zst").rows(0)
    return {key[1:]: row for key, row in rows.items() if key.startswith(USER)}


def test_beside_rows_of_this_version_too(old):
    keys = list(old)
    new = dict(zip(keys, pack_rows(unpack_rows(keys, [*old.values()])), strict=True))
    assert {row[0] for row in new.values()} == {ROW_VERSION}
    mixed = [old[key] if n % 2 else new[key] for n, key in enumerate(keys)]
    assert pack_rows(unpack_rows(keys, mixed)) == [new[key] for key in keys]


def test_a_row_of_this_version_is_left_alone(old):
    for row in old.values():
        new = upgraded(row)
        assert upgraded(new) is new
        assert facts_length(row) == facts_length(new)


def test_a_row_that_was_cut_off_or_has_more_is_refused(old):
    for row in (*old.values(),):
        for spoilt in (row[:1], row[:40], row[:-1], row + b"x"):
            with pytest.raises(RowError):
                upgraded(spoilt)


def test_every_column_that_an_earlier_version_lacks_says_that_it_was_forgotten():
    for layout in EARLIER.values():
        for section, then, now in pairs(layout):
            counts = {*TODAY.facts, *TODAY.journals, "moments", "events"}
            new = (
                {*now.names} - {*then.names} - (counts if section in ("head", "journal") else set())
            )
            assert {f"{section}.{name}" for name in new} <= FORGOTTEN.keys()


def pairs(layout: Layout) -> list[tuple[str, np.dtype, np.dtype]]:
    """Each section that was there before, then and today."""
    sections = [
        (name, then, today[name])
        for before, today in ((layout.facts, TODAY.facts), (layout.journals, TODAY.journals))
        for name, then in before.items()
        if name in today
    ]
    return [
        ("head", layout.head, TODAY.head),
        ("journal", layout.journal, TODAY.journal),
        *sections,
    ]


def test_new_sections_and_columns_in_any_order_are_what_is_stated(old, monkeypatch):
    """A layout that nobody has yet: a section and two columns more, a count that is wider."""
    tile = np.dtype([("type", "u1"), ("again_ms", "<i8"), ("n", "<u4"), ("tile", "<u4")])
    head = np.dtype([*((name, TODAY.head[name]) for name in TODAY.head.names), ("since_ms", "<i8")])
    facts = {"tiles": tile, **{k: v for k, v in TODAY.facts.items() if k != "tiles"}}
    journals = {"carts": np.dtype([("item", "<u8")]), **TODAY.journals}
    journal = np.dtype([(name, "<u2") for name in journals])
    monkeypatch.setattr(upgrade, "TODAY", Layout(head, facts, journal, journals))
    monkeypatch.setitem(FORGOTTEN, "tiles.again_ms", -1)
    monkeypatch.setitem(FORGOTTEN, "head.since_ms", "newest_ms")
    for row in old.values():
        new, before = upgraded(row), EARLIER[row[0]]
        found, was = np.frombuffer(new, head, 1)[0], np.frombuffer(row, before.head, 1)[0]
        assert found["since_ms"] == was["newest_ms"]
        at, tiles = head.itemsize + int(found["sealed"]), int(was["tiles"])
        then = np.frombuffer(
            row, before.facts["tiles"], tiles, before.head.itemsize + int(was["sealed"])
        )
        now = np.frombuffer(new, tile, tiles, at)
        assert now[["tile", "n", "type"]].tolist() == then[["tile", "n", "type"]].tolist()
        assert set(now["again_ms"].tolist()) <= {-1}


def test_what_was_answered_about_consent_moves_into_the_journal(old):
    moved = 0
    for row in old.values():
        before = EARLIER[row[0]]
        head = np.frombuffer(row, before.head, 1)[0]
        at = before.head.itemsize + int(head["sealed"])
        for name, dtype in before.facts.items():
            count = int(head[COUNTED_AS.get(name, name)])
            context = np.frombuffer(row, dtype, count, at)
            at += count * dtype.itemsize
        answers = context[np.isin(context["field"], CONSENTS)]
        state = unpack_rows([b"k" * 16], [row])
        assert state.consent.data.tolist() == answers.tolist()
        assert not np.isin(state.context.data["field"], CONSENTS).any()
        moved += len(answers)
    assert moved > 0
