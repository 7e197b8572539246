"""From who follows whom to a decision: what a friend bought and lets others hear of is offered."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from schemas.ids import hash64
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", partitions=4,
    repeat_item_views=3, social="on",
)  # fmt: skip


def friends(log, user, names, minute, shares=False):
    ts_ms = T0_MS + minute * MINUTE_MS
    value = {"user_id": user, "ts": ts_ms, "friends": names, "shares_purchases": shares}
    log.add("social", user, value, ts_ms)


def told(shares=True, then=None, settings=SETTINGS):
    """Anna follows Bert, who buys a lamp; an hour later she looks at a kettle: the lamp's sources."""
    log = Log()
    log.catalogue(["kettle", "lamp"], T0_MS)
    friends(log, "bert", [], 0, shares)
    friends(log, "anna", ["bert"], 1)
    log.purchase("bert", ["lamp"], T0_MS + 2 * MINUTE_MS)
    if then:
        then(log)
    for k in range(4):
        log.click("anna", "view", "kettle", T0_MS + HOUR_MS + k * MINUTE_MS)
    outputs = []
    replay(log.records, Pipeline(settings, Vault(b"friends", settings.tenant)), outputs.append)
    decisions = [json.loads(o.value) for o in outputs if o.topic == "decisions"]
    names = ("lamp", f"{hash64('lamp'):016x}")
    found = [c for d in decisions for c in d["candidates"] if c["item_id"] in names]
    assert b"bert" not in b"".join(
        o.value or b"" for o in outputs if o.topic in ("decisions", "suppressions")
    )
    return {source for candidate in found for source in candidate["sources"]}


def test_what_a_friend_bought_and_shares_is_offered_with_its_reason():
    assert "friends_bought" in told()


def test_of_a_friend_who_does_not_share_nothing_is_heard():
    assert "friends_bought" not in told(shares=False)


@pytest.mark.parametrize(
    "then",
    [
        lambda log: friends(log, "bert", [], 3, shares=False),
        lambda log: log.add("social", "bert", None, T0_MS + 3 * MINUTE_MS),
        lambda log: log.add("social", "anna", None, T0_MS + 3 * MINUTE_MS),
        lambda log: friends(log, "anna", ["carl"], 3),
        lambda log: log.purchase("bert", ["lamp"], T0_MS + 3 * MINUTE_MS, status="returned"),
    ],
    ids=["withdrawn", "friend forgotten", "user forgotten", "follows another", "returned"],
)
def test_what_no_longer_stands_is_not_told(then):
    assert "friends_bought" not in told(then=then)


def test_where_the_topic_is_off_nobody_is_told():
    off = load_settings(
        {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", repeat_item_views=3
    )
    assert off.social == "off"
    assert "friends_bought" not in told(settings=off)
