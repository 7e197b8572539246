"""Law 1 and law 5 from raw records to features: accept, deduplicate, aggregate, read.

Against a count over the raw events that shares no code with the product.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.facts import ITEMS, USERS, Facts, key_of
from support.made_up import ZONES
from support.records import Log, at

from models.features import CONTRACT
from models.features.view import WINDOWS
from schemas.state import TILE_MS

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CLICKS = {"view": "view", "search": "search", "cart": "cart", "fav": "fav"}
CHANGES = {
    "Europe/London": ("2026-03-29T01:00:00+00:00", "2026-10-25T01:00:00+00:00"),
    "America/New_York": ("2026-03-08T07:00:00+00:00", "2026-11-01T06:00:00+00:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00:00+00:00", "2026-10-03T15:30:00+00:00"),
    "Asia/Kathmandu": ("2026-03-29T01:00:00+00:00",),  # no change, but a quarter of an hour
    "Pacific/Apia": ("2011-12-30T10:00:00+00:00",),  # the 30th of December never was
}
"""A moment in each zone at which its clocks change."""
SCRIPTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from((*CLICKS, "buy", "zone")),
        st.integers(0, 2),
        # Around the change, six days wide: inside the lateness horizon of any newest event.
        st.integers(-3 * 24 * 4, 3 * 24 * 4).map(lambda quarter: quarter * TILE_MS)
        | st.integers(-3 * DAY_MS, 3 * DAY_MS),
    ),
    min_size=1, max_size=24,
)  # fmt: skip


def streams(zone: str):
    """A change of the zone's clocks, and what two users do around it."""
    return st.tuples(st.tuples(st.just(zone), st.sampled_from(CHANGES[zone])), SCRIPTS)


STREAMS = st.sampled_from(ZONES).flatmap(streams)


def built(stream):
    """Records of a stream, in its order, and the plain events: (user, what, item, ts_ms)."""
    (zone, change), script = stream
    log, events = Log(), []
    for user, what, item, shift_ms in script:
        ts_ms = at(change) + shift_ms
        events.append((USERS[user], what, ITEMS[item], ts_ms))
        if what == "buy":
            log.purchase(USERS[user], [ITEMS[item]], ts_ms)
        elif what == "zone":
            log.context(USERS[user], ts_ms, timezone=ZONES[(ZONES.index(zone) + item) % len(ZONES)])
        else:
            about = None if what == "search" else ITEMS[item]
            more = {"query": "q"} if what == "search" else {"category_id": f"of {ITEMS[item]}"}
            log.click(USERS[user], CLICKS[what], about, ts_ms, **more)
    return log.records, events


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=examples(400), deadline=None)
@given(data=st.data())
def test_any_order_any_batching_and_any_duplication_give_the_same_facts_and_features(zone, data):
    records, events = built(data.draw(streams(zone)))
    random = data.draw(st.randoms(use_true_random=False))
    twice = [*records, *random.sample(records, len(records) // 2)]
    random.shuffle(twice)
    one = Facts(records)
    other = Facts(twice, data.draw(st.lists(st.integers(0, 60), max_size=5)))
    assert one.bytes() == other.bytes()
    assert other.ends["duplicate"] == len(twice) - len(records)
    assert one.ends["late"] == other.ends["late"] == 0
    now_ms = max(ts_ms for *_, ts_ms in events) + data.draw(st.integers(-DAY_MS, 4 * DAY_MS))
    for first, second in zip(one.read(now_ms)[1:], other.read(now_ms)[1:], strict=True):
        assert first.tobytes() == second.tobytes()


def window_start(now_ms: int, zone: str, window: str) -> int:
    begin_ms = now_ms - WINDOWS[window]
    if window.endswith("d"):
        local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        wall = (local - timedelta(days=int(window[:-1]))).replace(tzinfo=ZoneInfo(zone))
        begin_ms = round(wall.timestamp() * 1000)
    return begin_ms // TILE_MS * TILE_MS


def newest_zone(events, user: str, stream) -> str:
    told = [
        (ts_ms, number, item)
        for number, (who, what, item, ts_ms) in enumerate(events)
        if (who, what) == (user, "zone")
    ]
    if not told:
        return "UTC"
    newest_ms = max(told)[0]
    if sum(ts_ms == newest_ms for ts_ms, *_ in told) > 1:
        return ""  # a tie is broken by hash, which this count does not know
    (zone, _), _ = stream
    return ZONES[(ZONES.index(zone) + ITEMS.index(max(told)[2])) % len(ZONES)]


@settings(max_examples=examples(150), deadline=None)
@given(STREAMS, st.integers(-DAY_MS, 30 * DAY_MS))
def test_every_window_equals_a_count_over_the_raw_events(stream, later_ms):
    records, events = built(stream)
    facts = Facts(records)
    now_ms = max(ts_ms for *_, ts_ms in events) + later_ms
    counted = {"view": ("view",), "search": ("search",), "cart": ("cart",), "fav": ("fav",),
               "purchase": ("buy",), "any": (*CLICKS, "buy")}  # fmt: skip
    for user in {who for who, *_ in events}:
        zone = newest_zone(events, user, stream)
        if not zone:
            continue
        row = facts.of(user, now_ms)
        for window in WINDOWS:
            begin_ms = window_start(now_ms, zone, window)
            for name, kinds in counted.items():
                expected = sum(
                    who == user and what in kinds and begin_ms <= ts // TILE_MS * TILE_MS < now_ms
                    for who, what, _, ts in events
                )
                assert row[f"{name}_{window}"] == expected, (name, window, zone)


@settings(max_examples=examples(100), deadline=None)
@given(STREAMS, st.integers(0, 30 * DAY_MS))
def test_counts_per_item_equal_a_count_over_the_raw_events(stream, later_ms):
    records, events = built(stream)
    now_ms = max(ts_ms for *_, ts_ms in events) + 1 + later_ms
    keys, _, pairs, _ = Facts(records).read(now_ms)
    known = {key_of(user): user for user in USERS}
    acts = {"item_views": "view", "item_carts": "cart", "item_favs": "fav", "item_purchases": "buy"}
    for row, key in enumerate(keys):
        for number, item in enumerate(ITEMS):
            found = dict(zip(CONTRACT.pair, pairs[row * len(ITEMS) + number].tolist(), strict=True))
            for name, act in acts.items():
                assert found[name] == events_of(events, known[key], act, item, now_ms)


def events_of(events, user: str, act: str, item: str, now_ms: int) -> int:
    return sum(
        (who, what, about) == (user, act, item) and ts // TILE_MS * TILE_MS < now_ms
        for who, what, about, ts in events
    )
