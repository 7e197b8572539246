from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.inputs import CLICK, CONTEXT, NOW_MS, PURCHASE, RECEIPT, SETTINGS, Users, record, run

from schemas.ids import event_hash
from schemas.state import Ragged, UserState
from schemas.vocabulary import ContextField
from streams.pipeline.accept import deduplicate
from streams.pipeline.aggregate.facts import add_events

HOUR_MS = 3_600_000
SHORT = msgspec.structs.replace(SETTINGS, lateness_ms=10 * HOUR_MS)


def view(event_id, ts_ms=NOW_MS, user="u1", offset=0):
    value = CLICK | {"event_id": event_id, "user_id": user, "ts": ts_ms}
    return record("clicks", value, user.encode(), offset)


def take(*records, users=None, with_settings=SETTINGS):
    return (users or Users(with_settings)).take(list(records))


def test_a_duplicate_is_counted_once_whatever_its_content():
    other = record("clicks", CLICK | {"event_id": "a", "event": "cart", "ts": NOW_MS - 1})
    batch = take(view("a"), other, view("a"))
    assert batch.counts["accepted"] == 1
    assert batch.counts["duplicates"] == 2
    assert batch.events["pos"].tolist() == batch.facts["pos"].tolist() == [0]


def test_a_duplicate_of_an_earlier_batch_leaves_no_rows():
    users = Users(SETTINGS)
    first = [view("a"), record("purchases", PURCHASE), record("context", CONTEXT)]
    users.take(first)
    again = users.take(first)
    assert again.counts["duplicates"] == 3
    assert len(again.events) == len(again.facts) == len(again.contexts) == 0


def test_of_a_duplicate_the_no_stays_and_nothing_else_does():
    first, no = (CONTEXT | {"event_id": "a", "consent": {"push": push}} for push in (True, False))
    batch = take(record("context", first), record("context", no | {"device": "desktop"}))
    assert batch.counts["duplicates"] == 1
    again = batch.contexts[batch.contexts["pos"] == 1]
    assert again["field"].tolist() == [ContextField.CONSENT_PUSH]
    assert len(take(record("context", first), record("context", first)).contexts) == 2


def test_an_id_is_the_users_and_the_topics_own():
    purchase = record("purchases", PURCHASE | {"event_id": "a"})
    batch = take(view("a"), view("a", user="u2"), purchase)
    assert batch.counts["accepted"] == 3


def test_what_is_behind_the_users_own_newest_is_late_and_says_how_late():
    batch = take(
        view("new"), view("old", NOW_MS - 11 * HOUR_MS, offset=5),
        view("edge", NOW_MS - 10 * HOUR_MS), view("x", NOW_MS - 11 * HOUR_MS, user="u2"),
        with_settings=SHORT,
    )  # fmt: skip
    assert batch.counts["accepted"] == 3
    (late,) = batch.late
    assert (late.topic, late.offset) == ("clicks", 5)
    assert late.user == batch.keys[0].hex()
    assert late.event_hash == f"{event_hash('clicks', 'old'):016x}"
    assert (late.newest_ms, late.late_by_ms) == (NOW_MS, HOUR_MS)
    assert batch.facts["pos"].tolist() == [0, 2, 3]


def test_the_horizon_moves_with_the_events_before_not_with_those_after():
    batch = take(view("old", NOW_MS - 11 * HOUR_MS), view("new"), with_settings=SHORT)
    assert batch.counts["accepted"] == 2


def test_a_late_event_is_not_remembered():
    old = view("a", NOW_MS - 11 * HOUR_MS)
    batch = take(view("new"), old, old, view("a"), with_settings=SHORT)
    assert (batch.counts["late"], batch.counts["accepted"], batch.counts["duplicates"]) == (2, 2, 0)


def test_what_was_forgotten_for_room_is_late_not_counted_twice():
    users = Users(SETTINGS)
    many = [view(f"e{n}", NOW_MS + n) for n in range(SETTINGS.seen_ids + 3)]
    users.take(many)
    again = users.take(many)
    assert again.counts["accepted"] == 0
    assert (again.counts["late"], again.counts["duplicates"]) == (3, SETTINGS.seen_ids)


def test_receipts_are_no_events():
    opted_out = record("push-receipts", RECEIPT | {"status": "opted_out"})
    batch = take(view("a"), opted_out, opted_out, view("a"))
    assert len(batch.receipts) == len(batch.contexts) == 2
    assert (batch.counts["receipts"], batch.counts["duplicates"]) == (2, 1)


def test_the_state_may_hold_more_users_than_the_batch():
    batch = run(view("a"))
    state = UserState.fresh([*batch.keys, b"x" * 16, b"y" * 16])
    assert deduplicate(batch, state, SETTINGS).counts["accepted"] == 1


def test_the_batch_that_came_in_is_left_as_it_was():
    users = Users(SETTINGS)
    users.take([view("a")])
    batch = run(view("a"), view("b"))
    before = (batch.events.copy(), dict(batch.counts))
    deduplicate(batch, users.state(batch.keys), SETTINGS)
    assert (batch.events.tolist(), batch.counts) == (before[0].tolist(), before[1])


TINY = SHORT
"""With ``seen_ids`` below the setting's bound as well, so that short sequences overflow it."""
steps = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2"]),
        st.integers(0, 90),  # the id
        st.one_of(st.integers(-20, 20), st.integers(-3, 3)),  # hours
    ),
    max_size=160,
)


def outcome(records, cuts, seen_ids, kind=Users):
    users = kind(msgspec.structs.replace(TINY, seen_ids=seen_ids))
    accepted, late, total = [], [], {"duplicates": 0, "late": 0, "accepted": 0}
    for start, stop in zip([0, *cuts], [*cuts, len(records)], strict=True):
        batch = users.take(records[start:stop])
        accepted += [batch.records[pos].offset for pos in batch.events["pos"]]
        late += batch.late
        total = {name: n + batch.counts[name] for name, n in total.items()}
    return accepted, late, total


@given(steps, st.lists(st.integers(0, 160), max_size=12), st.integers(1, 64))
@settings(max_examples=examples(100))
def test_any_split_into_batches_accepts_the_same_events(script, cuts, seen_ids):
    records = [
        view(f"e{number}", NOW_MS + hours * HOUR_MS, user, offset)
        for offset, (user, number, hours) in enumerate(script)
    ]
    inside = sorted({cut for cut in cuts if cut < len(records)})
    whole = outcome(records, [], seen_ids)
    assert outcome(records, inside, seen_ids) == whole
    assert outcome(records, list(range(1, len(records))), seen_ids) == whole
    assert sum(whole[2].values()) == len(records)


@given(steps)
@settings(max_examples=examples(50))
def test_in_time_every_id_is_accepted_exactly_once(script):
    roomy = msgspec.structs.replace(TINY, lateness_ms=400 * HOUR_MS, seen_ids=1000)
    users = Users(roomy)
    records = [view(f"e{number}", NOW_MS + hours * HOUR_MS, user) for user, number, hours in script]
    batch = users.take(records)
    assert batch.counts["late"] == 0
    assert batch.counts["accepted"] == len({(user, number) for user, number, _ in script})


class RealUsers(Users):
    """The aggregate itself keeps the state, all users in one table."""

    def __init__(self, with_settings):
        super().__init__(with_settings)
        self.table = UserState.fresh([])

    def state(self, keys):
        known = self.table.keys
        fresh = UserState.fresh(known + [key for key in keys if key not in known])
        fresh.head[: len(known)] = self.table.head
        fresh.seen = Ragged(
            self.table.seen.data, np.resize(self.table.seen.offsets, len(fresh) + 1)
        )
        fresh.seen.offsets[len(known) :] = len(self.table.seen.data)
        self.table = fresh
        return fresh.take(np.array([fresh.keys.index(key) for key in keys], np.int64))

    def remember(self, batch):
        events = batch.events.copy()
        events["user"] = [self.table.keys.index(batch.keys[user]) for user in events["user"]]
        add_events(self.table, events, self.settings.lateness_ms, self.settings.seen_ids)


@given(steps, st.lists(st.integers(0, 160), max_size=12), st.integers(1, 64))
@settings(max_examples=examples(50))
def test_the_aggregate_remembers_what_deduplicate_expects(script, cuts, seen_ids):
    records = [
        view(f"e{number}", NOW_MS + hours * HOUR_MS, user, offset)
        for offset, (user, number, hours) in enumerate(script)
    ]
    inside = sorted({cut for cut in cuts if cut < len(records)})
    whole = outcome(records, [], seen_ids)
    assert outcome(records, inside, seen_ids, RealUsers) == whole
