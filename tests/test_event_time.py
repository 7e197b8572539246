"""Law 1 and law 5 from raw records to features: accept, deduplicate, aggregate, read.

Against a count over the raw events that shares no code with the product.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.made_up import ZONES, attributes_of
from support.records import Log, at

from models.features import CONTRACT, pair_features, user_features, user_steps
from models.features.view import WINDOWS
from schemas.ids import hash64
from schemas.state import NEVER_MS, TILE_MS
from streams.accept import Vault, accept, deduplicate
from streams.aggregate import aggregate, facts_length, pack_rows, unpack_rows
from streams.aggregate.aggregate import Wave
from streams.experts.zones import zones_of
from streams.settings import load_settings

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SETTINGS = load_settings({}, default_timezone="UTC")
VAULT = Vault(b"event time", "default")
USERS, ITEMS = ("anna", "bob"), ("kettle", "lamp", "rug")
CLICKS = {"view": "view", "search": "search", "cart": "cart", "fav": "fav"}
CHANGES = {
    "Europe/London": ("2026-03-29T01:00:00+00:00", "2026-10-25T01:00:00+00:00"),
    "America/New_York": ("2026-03-08T07:00:00+00:00", "2026-11-01T06:00:00+00:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00:00+00:00", "2026-10-03T15:30:00+00:00"),
    "Asia/Kathmandu": ("2026-03-29T01:00:00+00:00",),  # no change, but a quarter of an hour
    "Pacific/Apia": ("2011-12-30T10:00:00+00:00",),  # the 30th of December never was
}
"""A moment in each zone at which its clocks change."""


class Facts:
    """What is kept of two users after some records, however they were cut."""

    def __init__(self, records, cuts=()) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.names: dict[int, str] = {}
        self.ends: Counter[str] = Counter()
        self.stream_ms = NEVER_MS
        edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
        for start, stop in pairwise(edges):
            self._absorb(records[start:stop])

    def _absorb(self, records) -> None:
        batch = accept(records, self.stream_ms, SETTINGS, VAULT)
        self.ends.update(letter.reason for letter in batch.dead)
        self.stream_ms = int(batch.stream_ms[-1])
        self.names |= batch.names
        state = unpack_rows(batch.keys, [self.rows.get(key) for key in batch.keys])
        offered = len(batch.events)
        batch = deduplicate(batch, state, SETTINGS)
        self.ends["accepted"] += len(batch.events)
        self.ends["late"] += len(batch.late)
        self.ends["duplicate"] += offered - len(batch.events) - len(batch.late)
        wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
        aggregate(state, wave, SETTINGS)
        self.rows |= dict(zip(batch.keys, pack_rows(state), strict=True))

    def bytes(self) -> dict[bytes, bytes]:
        return {key: row[: facts_length(row)] for key, row in sorted(self.rows.items())}

    def read(self, now_ms: int):
        """(keys, user features, those of every user with every item, steps) at ``now_ms``."""
        keys = sorted(self.rows)
        state = unpack_rows(keys, [self.rows[key] for key in keys])
        now = np.full(len(keys), now_ms)
        zones = zones_of(state, self.names.get, SETTINGS.default_timezone)
        due = np.repeat(np.arange(len(keys)), len(ITEMS))
        item = np.tile(np.array([hash64(name) for name in ITEMS], np.uint64), len(keys))
        category = np.tile(np.array([hash64(f"of {name}") for name in ITEMS], np.uint64), len(keys))
        told = attributes_of(np.zeros(len(due), np.uint64))
        score = np.zeros(len(due), np.float32)
        pairs = pair_features(state, due, item, category, told, score, now)
        return keys, user_features(state, now, zones), pairs, user_steps(state, now, zones)

    def of(self, user: str, now_ms: int) -> dict[str, float]:
        keys, rows, *_ = self.read(now_ms)
        row = rows[keys.index(key_of(user))].tolist()
        return dict(zip(CONTRACT.user, row, strict=True))


def key_of(user: str) -> bytes:
    (key,) = Facts([Log().click(user, "view", "kettle", at("2026-01-01T00:00:00+00:00"))]).rows
    return key


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
@settings(max_examples=400, deadline=None)
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


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=100, deadline=None)
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


# -- by hand


def views(*times: str, zone: str | None = None) -> Facts:
    log = Log()
    if zone:
        log.context("anna", at(times[0]), timezone=zone)
    for text in times:
        log.click("anna", "view", "kettle", at(text))
    return Facts(log.records)


def test_a_day_of_23_hours_begins_at_the_same_wall_time():
    # Sunday the clocks go forward: from Saturday 12:00 GMT to Sunday 12:00 BST there are 23 hours.
    seen = views("2026-03-28T11:59:00+00:00", "2026-03-28T12:00:00+00:00", zone="Europe/London")
    assert seen.of("anna", at("2026-03-29T12:00:00+01:00"))["view_1d"] == 1
    assert seen.of("anna", at("2026-03-29T11:45:00+01:00"))["view_1d"] == 2


def test_a_day_of_25_hours_begins_at_the_same_wall_time():
    # Sunday the clocks go back: from Saturday 12:00 BST to Sunday 12:00 GMT there are 25 hours.
    seen = views("2026-10-24T11:59:00+01:00", "2026-10-24T12:00:00+01:00", zone="Europe/London")
    now_ms = at("2026-10-25T12:00:00+00:00")
    assert now_ms - at("2026-10-24T12:00:00+01:00") == 25 * HOUR_MS
    assert seen.of("anna", now_ms)["view_1d"] == 1
    assert seen.of("anna", at("2026-10-25T11:45:00+00:00"))["view_1d"] == 2


def test_whoever_flies_from_tokyo_to_new_york_takes_the_day_along():
    # Tuesday 23:00 in Tokyo is Tuesday 10:00 in New York, where the day began 13 hours "later".
    log = Log()
    log.context("anna", at("2026-06-01T00:00:00+09:00"), timezone="Asia/Tokyo")
    log.click("anna", "view", "kettle", at("2026-06-02T23:00:00+09:00"))
    at_home = Facts(log.records).of("anna", at("2026-06-02T23:30:00+09:00"))
    assert at_home["local_hour"] == 23.5
    log.context("anna", at("2026-06-03T06:00:00-04:00"), timezone="America/New_York")
    seen = Facts(log.records)
    # Wednesday 10:00 there: a day ago on her wall clock is Tuesday 10:00, the view is just in.
    now = seen.of("anna", at("2026-06-03T10:00:00-04:00"))
    assert (now["view_1d"], now["local_hour"], now["weekday"]) == (1, 10, 2)
    assert seen.of("anna", at("2026-06-03T10:15:00-04:00"))["view_1d"] == 0
    assert now["hours_since_view"] == 24


def test_an_event_exactly_on_a_boundary_is_in_at_the_beginning_and_out_at_the_end():
    edge = "2026-06-02T10:00:00+00:00"
    seen = views(edge)
    assert seen.of("anna", at(edge))["view_15m"] == 0, "now is not yet past"
    assert seen.of("anna", at(edge) + 1)["view_15m"] == 1
    assert seen.of("anna", at(edge) + HOUR_MS)["view_1h"] == 1, "the window begins with it"
    assert seen.of("anna", at(edge) + HOUR_MS + TILE_MS)["view_1h"] == 0
    assert seen.of("anna", at(edge) + 7 * DAY_MS)["view_7d"] == 1
    assert seen.of("anna", at(edge) + 7 * DAY_MS + TILE_MS)["view_7d"] == 0


def test_six_days_late_counts_in_its_own_tile_and_eight_days_late_does_not():
    now = at("2026-06-20T10:00:00+00:00")
    log = Log()
    log.click("anna", "view", "kettle", now)
    for days in (6, 8):
        late = log.click("anna", "view", "kettle", now - days * DAY_MS)
        log.records[-1] = replace(late, timestamp_ms=now)
    seen = Facts(log.records, cuts=(1,))
    assert (seen.ends["accepted"], seen.ends["late"]) == (2, 1)
    row = seen.of("anna", now + 1)
    assert (row["view_1h"], row["view_1d"], row["view_7d"], row["view_30d"]) == (1, 1, 2, 2)


def test_the_future_is_a_dead_letter():
    now = at("2026-06-20T10:00:00+00:00")
    log = Log()
    log.click("anna", "view", "kettle", now)
    ahead = log.click("anna", "view", "kettle", now + DAY_MS + 1)
    log.records[-1] = replace(ahead, timestamp_ms=now)
    seen = Facts(log.records)
    assert seen.ends["ts_future"] == 1
    assert seen.of("anna", now + 1)["view_1h"] == 1


def test_the_heaviest_users_windows_saturate_and_never_shrink_as_more_comes():
    now = at("2026-06-20T10:00:00+00:00")
    counts, flags = [], []
    for events in (20, 400, 900):
        log = Log()
        for number in range(events):
            log.click("anna", "view", ITEMS[number % 3], now - number)
        facts = Facts(log.records)
        state = unpack_rows(sorted(facts.rows), [facts.rows[key] for key in sorted(facts.rows)])
        counts.append((facts.of("anna", now + 1)["view_1d"], len(state.events.data)))
        flags.append(int(state.head["flags"][0]))
    assert [count for count, _ in counts] == [20, 400, 900]
    kept = [kept for _, kept in counts]
    assert kept == sorted(kept)
    assert kept[-1] == SETTINGS.recent_events
    assert flags[0] != flags[-1], "what was cut off is flagged"
