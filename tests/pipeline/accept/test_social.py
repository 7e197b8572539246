"""Whom a user follows: pseudonyms only; the newest record holds whole, one without a value forgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inputs import NOW_MS, VAULT, record, run

from schemas.ids import NO_ID, hash64, head64
from schemas.state import UserState
from schemas.vocabulary import FRIENDS, ContextField, DeadReason
from streams.pipeline.aggregate.facts import add_context

SOCIAL = {"user_id": "u1", "ts": NOW_MS, "friends": ["u2", "u3"], "shares_purchases": True}
GRANTED, DENIED = hash64("granted"), hash64("denied")


def told(*records):
    batch = run(*records)
    assert batch.dead == []
    state = UserState.fresh(batch.keys)
    add_context(state, batch.contexts)
    rows = state.context.data
    found = dict(zip(rows["field"].tolist(), rows["value"].tolist(), strict=True))
    friends = [found[field] for field in FRIENDS if found[field]]
    return friends, found[ContextField.SHARES_PURCHASES]


def heads(*names):
    return [head64(VAULT.pseudonym(name)) for name in names]


def test_friends_are_kept_as_pseudonyms_and_their_names_nowhere():
    assert told(record("social", SOCIAL)) == (heads("u2", "u3"), GRANTED)
    batch = run(record("social", SOCIAL))
    assert not batch.names
    assert batch.subscribers == ["u1"]


def test_nobody_shares_who_did_not_say_so():
    assert told(record("social", {"user_id": "u1", "ts": NOW_MS})) == ([], DENIED)


def test_who_follows_himself_or_someone_twice_follows_each_once():
    assert told(record("social", SOCIAL | {"friends": ["u2", "u1", "u2"]}))[0] == heads("u2")


def test_a_record_without_a_value_forgets_friends_and_sharing():
    later = record("social", None, offset=1, timestamp_ms=NOW_MS + 1)
    assert told(record("social", SOCIAL), later) == ([], DENIED)
    assert told(later, record("social", SOCIAL)) == ([], DENIED)


RECORDS = st.lists(
    st.tuples(
        st.integers(0, 3), st.lists(st.sampled_from("abcdefghijklmnop"), max_size=15), st.booleans()
    ),
    min_size=1,
    max_size=5,
)


@given(RECORDS, st.randoms())
def test_the_newest_record_holds_whole_whatever_the_order(told_of, random):
    records = [
        record(
            "social",
            SOCIAL | {"ts": NOW_MS - age, "friends": friends, "shares_purchases": shares},
            offset=i,
        )
        for i, (age, friends, shares) in enumerate(told_of)
    ]
    found = told(*records)
    newest = min(age for age, *_ in told_of)
    possible = [
        (heads(*list(dict.fromkeys(friends))[: len(FRIENDS)]), GRANTED if shares else DENIED)
        for age, friends, shares in told_of
        if age == newest
    ]
    assert found in possible
    random.shuffle(records)
    assert told(*records) == found


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (SOCIAL | {"friends": [""]}, b"u1", DeadReason.EMPTY_ID),
        (SOCIAL | {"friends": ["x" * 257]}, b"u1", DeadReason.ID_TOO_LONG),
        (SOCIAL | {"friends": "u2"}, b"u1", DeadReason.WRONG_TYPE),
        ({"user_id": "u1"}, b"u1", DeadReason.MISSING_FIELD),
        (SOCIAL, b"u9", DeadReason.KEY_MISMATCH),
        (SOCIAL | {"schema_version": 2}, b"u1", DeadReason.UNKNOWN_VERSION),
        (b"", b"u1", DeadReason.EMPTY_VALUE),
        (None, None, DeadReason.NULL_KEY),
        (None, b"", DeadReason.EMPTY_ID),
        (None, b"\xff", DeadReason.BAD_UTF8),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_of_its_own_count(value, key, reason):
    batch = run(record("social", value, key=key))
    assert [letter.reason for letter in batch.dead] == [reason]
    assert (batch.counts["social"], batch.counts["other_dead_letters"]) == (0, 1)
    assert len(batch.contexts) == 0


def test_social_records_are_no_events_of_law_four():
    batch = run(record("social", SOCIAL), record("social", None, offset=1))
    assert (batch.counts["social"], batch.counts["consumed"]) == (2, 0)


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [({"friends": ["u2", ""]}, "friends[1]"), ({"shares_purchases": "yes"}, "shares_purchases")],
)
def test_one_bad_field_costs_the_others_nothing_and_shares_nothing(spoilt, field):
    batch = run(record("social", SOCIAL | {"shares_purchases": False} | spoilt))
    assert [letter.field for letter in batch.partial] == [field]
    assert (batch.counts["social"], batch.counts["partial"]) == (1, 1)
    told = dict(
        zip(batch.contexts["field"].tolist(), batch.contexts["value"].tolist(), strict=True)
    )
    assert told[ContextField.SHARES_PURCHASES] == hash64("denied")
    assert told[FRIENDS[0]] != NO_ID
