"""Hard rules read tables of their own: a long list of other events makes them forget nothing."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from schemas.deeds import TABLES
from schemas.tables import SourceRecord
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings

NOON_MS, MINUTE_MS, HOUR_MS = 1_781_092_800_000, 60_000, 3_600_000
GIVEN = Settings(
    secret="s" * 40, partitions=1, consent_default="granted", quiet_start="00:00", quiet_end="00:00"
)


def record(topic, offset, ts_ms, **value):
    told = {"event_id": f"e{offset}", "user_id": "anna", "ts": ts_ms} | value
    return SourceRecord(topic, 0, offset, ts_ms, b"anna", json.dumps(told).encode())


def order(offset, ts_ms, items):
    lines = [{"item_id": item, "quantity": 1, "unit_price_minor": 100} for item in items]
    return record(
        "purchases", offset, ts_ms, order_id="o", status="placed", currency="EUR", lines=lines
    )


def views(first, ts_ms, items):
    return [
        record("clicks", first + n, ts_ms + n * 1000, event="view", item_id=item)
        for n, item in enumerate(items)
    ]


def decisions(records, given=GIVEN):
    found = []
    job = Pipeline(given, Vault(given.secret.encode(), given.tenant))
    replay(records, job, lambda output: found.append(output))
    return [json.loads(o.value) for o in found if o.topic == "decisions"]


def stopped(decision, item):
    return {c["item_id"]: c["stopped_by"] for c in decision["candidates"]}.get(item)


OTHERS = [f"o{n}" for n in range(60)]


@pytest.mark.parametrize("bought", [["kettle"], ["kettle", *(f"g{n}" for n in range(100))]])
def test_what_was_bought_is_not_pushed_however_much_was_looked_at_since(bought):
    log = [order(0, NOON_MS, bought)]
    log += views(1, NOON_MS + MINUTE_MS, OTHERS) + views(90, NOON_MS + HOUR_MS, ["kettle"] * 3)
    found = [d for d in decisions(log) if d["trigger"]["item_id"] == "kettle"]
    assert len(found) == 1
    assert stopped(found[0], "kettle") in ("recently_bought", None)
    assert found[0]["chosen_item_id"] != "kettle"


def test_where_lines_were_forgotten_within_the_cooldown_nothing_is_pushed_and_that_is_said():
    many = [f"g{n}" for n in range(TABLES["orders"].most)]
    log = [order(0, NOON_MS, ["kettle"]), order(1, NOON_MS + MINUTE_MS, many)]
    log += views(2, NOON_MS + HOUR_MS, ["kettle"] * 3)
    (decision,) = decisions(log)
    assert decision["reason"] in ("maybe_bought", "recently_bought")
    assert stopped(decision, "kettle") == "maybe_bought"
    shorter = replace(GIVEN, bought_cooldown_ms=30 * MINUTE_MS)
    assert decisions(log, shorter)[0]["chosen_item_id"] == "kettle", "outside the rule's window"


def test_a_timer_of_a_cart_ends_in_a_decision_however_much_was_looked_at_since():
    log = [record("clicks", 0, NOON_MS, event="cart", item_id="kettle")]
    log += views(1, NOON_MS + MINUTE_MS, OTHERS)
    log += [SourceRecord("ticks", 0, 0, NOON_MS + 2 * HOUR_MS, None, b"{}")]
    found = [d for d in decisions(log) if d["trigger"]["kind"] == "cart_left"]
    assert [d["trigger"]["item_id"] for d in found] == ["kettle"]
    assert (
        "cart_left"
        in next(c for c in found[0]["candidates"] if c["item_id"] == "kettle")["sources"]
    )
