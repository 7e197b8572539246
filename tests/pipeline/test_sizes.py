"""Whatever comes in, no output and no row of the state is larger than what a stock broker takes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log

from models.bundle import Bundle, reference_path
from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.shared.sizes import LARGEST_BYTES, size_of
from streams.shared.times import FIRST_MS
from streams.state.store import MemoryStore

T_MS = 1_780_000_000_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", min_gap_ms=0,
    debounce_ms=1_000, repeat_item_views=2, candidates_scored=200, candidates_per_source=200,
    recent_events=1_000, social="on",
)  # fmt: skip
BUNDLE = Bundle.load(reference_path())
VAULT = Vault(b"sizes", SETTINGS.tenant)

users = st.sampled_from(["anna", "u" * 256])
fillers = st.sampled_from(["", "x" * 240, "\x01" * 240, "é" * 120])
sizes = st.sampled_from([1, 300, 70_000, 600_000, 1_048_000])


def _orders(log, user, filler, size):
    lines = max(1, size // 400)
    for n in range(3):
        items = [f"{n}-{k}{filler}" for k in range(lines)]
        log.purchase(user, items, T_MS + n, event_id=f"{user[:9]}{n}{lines}{filler[:1]}")


def _views(log, user, filler, size):
    for n in range(2 + size // 20_000):
        item = f"v{n // 2}{filler}"
        log.click(user, "view", item, T_MS + 5_000 * n, category_id=f"c{filler}", query=item)


def _refused(log, user, filler, size):
    headers = ((filler[:9], b"v" * size),)
    log.records.append(
        SourceRecord("clicks", 0, 10**6 + size, T_MS, b"k" * size, filler.encode() + b"\xff" * size, headers)
    )  # fmt: skip


def _profile(log, user, filler, size):
    names = [f"{n}{filler}" for n in range(size // 300)]
    log.add(
        "profiles", user, {"user_id": user, "ts": T_MS, "segments": names, "interests": names}, T_MS
    )


def _friends(log, user, filler, size):
    names = [f"{n}{filler}" for n in range(size // 300)]
    told = {"user_id": user, "ts": T_MS, "friends": names, "shares_purchases": size % 7 != 0}
    log.add("social", user, told, T_MS)


def _context(log, user, filler, size):
    told = dict.fromkeys(("device", "os", "place", "region", "locale"), f"t{filler}")
    log.context(user, T_MS + size % 100, lat=52.5, lon=13.4, **told)


def _catalogue(knowledge, filler, size):
    """Items that are looked at, each with texts as long as a record may have them."""
    text = (filler or "y") * (size // 500 + 1)
    for n in range(3):
        item = {"item_id": f"v{n}{filler}", "ts": T_MS, "title": text, "deep_link": text}
        item |= {"image_url": text, "offer": {"kind": text, "until": T_MS + 10**9, "code": text}}
        name, value = item["item_id"].encode(), json.dumps(item).encode()
        knowledge.apply_catalog(SourceRecord("catalog", 0, 0, FIRST_MS, name, value))


kinds = st.sampled_from([_orders, _views, _refused, _profile, _friends, _context])


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(st.lists(st.tuples(kinds, users, fillers, sizes), min_size=1, max_size=4), fillers, sizes)
@example([(_orders, "anna", "x" * 240, 1_048_000)], "", 1)
@example([(_refused, "anna", "x" * 240, 1_048_000)], "", 1)
def test_no_output_and_no_row_is_larger_than_the_bound(told, filler, size):
    knowledge, log, store = Knowledge(), Log(), MemoryStore()
    _catalogue(knowledge, filler, size)
    for kind, user, text, much in told:
        kind(log, user, text, much)
    log.tick(T_MS + 10 * 24 * 3_600_000)
    effects = Pipeline(SETTINGS, VAULT, knowledge, BUNDLE).process(0, store, log.records)
    assert max(map(size_of, effects.outputs), default=0) <= LARGEST_BYTES
    rows = effects.rows.items()
    assert max(len(key) + len(value or b"") for key, value in rows) <= LARGEST_BYTES
