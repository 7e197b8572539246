"""However little a log holds, and whatever texts are in it, it is decided and learnt from: nothing raises."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log

from schemas.globals import Epoch
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", min_gap_ms=0,
    social="on", partitions=2, repeat_item_views=2,
)  # fmt: skip

users = st.sampled_from(["anna", "anna", "bert"])
texts = st.sampled_from([
    "lamp", "507f1f77bcf86cd799439011", "12345678901234567890123", "85283473fffffff", "-1", "0x1",
    "é", "\x00", "UTC", "Mars/Base", "de-DE", "f" * 256,
])  # fmt: skip
minutes = st.sampled_from([0, 1, 30, 61, 60 * 25, 60 * 24 * 40])
events = st.sampled_from(
    ["view", "search", "cart", "remove_cart", "fav", "share", "follow", "like"]
)


def _click(log, user, ts_ms, event, text):
    log.click(user, event, text, ts_ms, category_id=text, query=text)


def _order(log, user, ts_ms, status, text):
    log.purchase(user, [text, "lamp"], ts_ms, status=status)


def _context(log, user, ts_ms, text):
    told = dict.fromkeys(("device", "locale", "timezone", "country", "region", "place"), text)
    log.context(user, ts_ms, lat=52.5, lon=13.4, consent={"push": True}, **told)


def _profile(log, user, ts_ms, segments):
    fields = {"segments": segments, "interests": segments}
    log.add("profiles", user, {"user_id": user, "ts": ts_ms} | fields, ts_ms)


def _social(log, user, ts_ms, shares):
    told = {"user_id": user, "ts": ts_ms, "friends": ["anna", "bert"], "shares_purchases": shares}
    log.add("social", user, None if shares is None else told, ts_ms)


def _item(log, user, ts_ms, text):
    log.add(
        "catalog", text, {"item_id": text, "ts": ts_ms, "title": text, "category_id": text}, ts_ms
    )


def _tick(log, user, ts_ms):
    log.tick(ts_ms)


records = st.one_of(
    st.tuples(st.just(_click), events, texts),
    st.tuples(st.just(_order), st.sampled_from(["placed", "returned", "cancelled"]), texts),
    st.tuples(st.just(_context), texts),
    st.tuples(st.just(_profile), st.lists(texts, max_size=3)),
    st.tuples(st.just(_social), st.sampled_from([True, False, None])),
    st.tuples(st.just(_item), texts),
    st.tuples(st.just(_tick)),
)


def run(told):
    """Replay (record, user, minutes after the one before) and return accepted events and the last epoch."""
    log, now_ms = Log(), T_MS
    for (kind, *rest), user, later in told:
        now_ms += later * 60_000
        kind(log, user, now_ms, *rest)
    done = replay(log.records, Pipeline(SETTINGS, Vault(b"tiny", SETTINGS.tenant)), lambda _: None)
    return done.counts(), msgspec.msgpack.decode(done.epoch, type=Epoch)


@settings(max_examples=examples(300))
@given(st.lists(st.tuples(records, users, minutes), min_size=1, max_size=6))
def test_any_few_records_are_decided_and_learnt_from(told):
    counts, epoch = run(told)
    sent = sum(kind in (_click, _order, _context) for (kind, *_), *_ in told)
    assert counts.get("consumed", 0) == sent
    assert epoch.number >= 1


@pytest.mark.parametrize("status", ["returned", "cancelled"])
def test_the_first_order_of_a_user_who_shares_may_be_a_return(status):
    _, epoch = run([((_social, True), "anna", 0), ((_order, status, "lamp"), "anna", 1)])
    assert not epoch.bought_by


@pytest.mark.parametrize("segment", ["507f1f77bcf86cd799439011", "12345678901234567890123", "-1"])
def test_a_segment_may_be_called_by_any_number(segment):
    counts, _ = run([((_profile, [segment]), "anna", 0), ((_click, "view", "lamp"), "anna", 1)])
    assert counts["accepted"] == 1
