"""A lower price, stock again, a new item: from the catalogue's versions to a push, in a replay."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from streams.knowledge.shared import Knowledge
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

NOON_MS = at("2026-03-20T12:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", min_gap_ms=0
)


def stock_up(log, hour, item, **more):
    record = {"item_id": item, "ts": NOON_MS + int(hour * HOUR_MS), "category_id": "kitchen"} | more
    log.add("catalog", item, record, record["ts"])


def shop():
    """A day: who looked at what, and what became of it in the catalogue."""
    log = Log()
    for item in ("kettle", "teapot", "cup", "plate"):
        stock_up(log, 0, item, price_minor=3000, currency="EUR", stock=0 if item == "cup" else 5)
    log.click("anna", "view", "kettle", NOON_MS + MINUTE_MS, category_id="kitchen")
    log.click("bert", "view", "cup", NOON_MS + 2 * MINUTE_MS, category_id="kitchen")
    for n, item in enumerate(("kettle", "teapot", "plate")):
        log.click("cleo", "view", item, NOON_MS + (3 + n) * MINUTE_MS, category_id="kitchen")
    log.click("dora", "search", None, NOON_MS + 70 * MINUTE_MS)
    stock_up(log, 1.3, "kettle", price_minor=2000, currency="EUR", stock=5)
    stock_up(log, 1.4, "cup", price_minor=3000, currency="EUR", stock=7)
    stock_up(log, 1.5, "jug", price_minor=1500, currency="EUR")
    for hour in range(2, 5):
        log.click("dora", "search", None, NOON_MS + hour * HOUR_MS + MINUTE_MS)
    log.tick(NOON_MS + 6 * HOUR_MS)
    return log.records


def told(records, batch=50, **more):
    outputs = []
    conf = load_settings({}, **{n: getattr(SETTINGS, n) for n in (
        "consent_default", "quiet_start", "quiet_end", "min_gap_ms")}, **more)  # fmt: skip
    job = Pipeline(conf, Vault(b"news", conf.tenant), Knowledge())
    replay(records, job, outputs.append, batch)
    return outputs


def pushes(outputs):
    found = [json.loads(o.value) for o in outputs if o.topic == "recommendations"]
    news = ("price_drop", "restock", "new_arrival")
    return {
        (p["subscriber_id"], p["trigger"], p["items"][0]["item_id"])
        for p in found
        if p["trigger"] in news
    }, len([p for p in found if p["trigger"] in news])


def test_who_cares_hears_of_it_once_and_nobody_else():
    found, count = pushes(told(shop()))
    assert found == {
        ("anna", "price_drop", "kettle"),
        ("cleo", "price_drop", "kettle"),
        ("bert", "restock", "cup"),
        ("cleo", "new_arrival", "jug"),
    }
    assert count == 4


def test_the_reason_is_in_the_recommendation():
    values = [json.loads(o.value) for o in told(shop()) if o.topic == "recommendations"]
    (push,) = [v for v in values if v["trigger"] == "restock"]
    assert push["reason_codes"][0] == "restock"
    assert push["template_id"] == "kairos.restock"
    assert push["interruption_level"] == "passive"


@pytest.mark.parametrize("batch", [1, 3, 1_000])
def test_a_replay_in_any_batches_gives_the_same_bytes(batch):
    public = ("decisions", "recommendations", "suppressions")
    first, again = (
        [o for o in outputs if o.topic in public] for outputs in (told(shop()), told(shop(), batch))
    )
    assert first == again


def test_it_can_be_turned_off():
    assert pushes(told(shop(), news_users=0)) == (set(), 0)
