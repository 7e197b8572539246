"""An item launched an hour ago has neighbours: from the first clicks, or from its description alone, to
a decision, no training between; and a search without a click finds items.
"""

from __future__ import annotations

import json

from support.records import Log, at

from schemas.ids import hash64
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", partitions=2,
    epoch_ms=HOUR_MS, repeat_item_views=3,
)  # fmt: skip


def candidates_of(user, launched):
    """A day of visits; in its last hour some look at a new lamp beside the kettle, then one user
    looks at the kettle again and again.
    """
    log, evening_ms = Log(), T0_MS + 24 * HOUR_MS
    log.catalogue(["kettle", "teapot", *(f"thing{n}" for n in range(7))], T0_MS)
    for hour in range(24):
        for n in range(6):
            for k, item in enumerate(("kettle", "teapot", f"thing{(hour + n) % 7}")):
                log.click(
                    f"old{hour}-{n}", "view", item, T0_MS + hour * HOUR_MS + (n * 3 + k) * MINUTE_MS
                )
    if launched:
        log.catalogue(["lamp"], evening_ms)
    for n in range(5):
        for k, item in enumerate(("kettle", "lamp")[: 1 + launched]):
            log.click(f"new{n}", "view", item, evening_ms + (n * 2 + k) * MINUTE_MS)
    for k in range(4):
        log.click(user, "view", "kettle", evening_ms + HOUR_MS + k * MINUTE_MS)
    return offered(log, evening_ms + HOUR_MS)


def offered(log, after_ms):
    """Item -> sources of all candidates in decisions from then on."""
    found = {}

    def note(output):
        if output.topic == "decisions":
            decision = json.loads(output.value)
            if decision["now_ms"] >= after_ms:
                found.update({c["item_id"]: c["sources"] for c in decision["candidates"]})

    replay(log.records, Pipeline(SETTINGS, Vault(b"launch", SETTINGS.tenant)), note)
    return found


def names(found, item):
    return found.get(item, found.get(f"{hash64(item):016x}"))


def test_an_item_launched_an_hour_ago_is_offered_to_who_likes_its_neighbour():
    found = candidates_of("anna", launched=True)
    assert "neighbours" in names(found, "teapot"), "what has been there all day"
    assert "neighbours" in names(found, "lamp")


def test_what_was_never_launched_is_not_offered():
    assert names(candidates_of("anna", launched=False), "lamp") is None


def put(log, item, title, ts_ms):
    log.add("catalog", item, {"item_id": item, "ts": ts_ms, "title": title}, ts_ms)


def day_of_a_shop():
    """Nobody ever met the two items launched in its last hour."""
    log = Log()
    put(log, "kettle", "Steel kettle, red", T0_MS - 400 * 24 * HOUR_MS)
    put(log, "chair", "Garden chair", T0_MS - 400 * 24 * HOUR_MS)
    for n in range(8):
        for k, item in enumerate(("kettle", "chair")):
            log.click(f"old{n}-{item}", "view", item, T0_MS + (n * 2 + k) * MINUTE_MS)
    put(log, "copper", "Copper kettle", T0_MS + 20 * MINUTE_MS)
    put(log, "umbrella", "Umbrella", T0_MS + 21 * MINUTE_MS)
    return log


def test_an_item_that_nobody_met_is_offered_to_who_looks_at_what_is_described_alike():
    log = day_of_a_shop()
    for k in range(4):
        log.click("anna", "view", "kettle", T0_MS + HOUR_MS + k * MINUTE_MS)
    found = offered(log, T0_MS + HOUR_MS)
    assert "content" in found["copper"]
    assert "content" not in found.get("umbrella", [])
    assert "content" not in found.get("chair", [])


def test_a_search_without_any_click_yields_what_its_words_find():
    log = day_of_a_shop()
    log.click("bert", "search", None, T0_MS + HOUR_MS, query="RED kettle")
    log.click("carl", "search", None, T0_MS + HOUR_MS, query="nothing we have")
    log.tick(T0_MS + 12 * HOUR_MS)
    found = offered(log, T0_MS + HOUR_MS)
    assert "searched" in found["kettle"]
    assert "searched" in found["copper"]
    assert "searched" not in found.get("chair", [])
