"""Prices are compared in one currency only, the whole path through."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import starting_knowledge
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings

NOON = at("2026-06-10T12:00:00Z")
HOUR_MS = 3_600_000


def shop(currency: str, now_minor: int, looked_minor: int) -> Log:
    """A kettle looked at and left in the cart for a price in euros, or in another currency."""
    log = Log()
    for name, minor in (("kettle", now_minor), ("pan", 900)):
        body = {"item_id": name, "ts": NOON - HOUR_MS, "price_minor": minor, "currency": "EUR"}
        log.add("catalog", name, body, NOON - HOUR_MS)
    log.context("u1", NOON, consent={"push": True})
    told = {"price_minor": looked_minor, "currency": currency}
    log.click("u1", "view", "kettle", NOON + 1, **told)
    log.click("u1", "cart", "kettle", NOON + 2, **told)
    log.click("clock", "comment", None, NOON + 3 * HOUR_MS)
    return log


def reasons(log: Log, **chosen: str) -> tuple[list[str], dict]:
    """Reason codes of the one push, and what it says of its item."""
    settings = Settings(partitions=1, secret="s" * 40, epoch_ms=600_000, **chosen)
    vault, outputs = Vault(settings.secret.encode(), settings.tenant), []
    replay(
        log.records, Pipeline(settings, vault, starting_knowledge(None, settings)), outputs.append
    )
    (push,) = [json.loads(o.value) for o in outputs if o.topic == "recommendations"]
    return push["reason_codes"], push["items"][0]


@pytest.mark.parametrize(
    ("currency", "cheaper"), [("EUR", True), ("eur", True), ("JPY", False), ("XXX", False)]
)
def test_cheaper_is_said_in_one_currency_only(currency, cheaper):
    codes, item = reasons(shop(currency, 1900, 3000))
    assert item["item_id"] == "kettle"
    assert ("price_drop" in codes) == cheaper


def test_equal_is_no_drop():
    assert "price_drop" not in reasons(shop("EUR", 3000, 3000))[0]


@pytest.mark.parametrize(("zero", "price"), [("unknown", None), ("price", 0)])
def test_0_is_a_price_only_where_the_shop_says_so(zero, price):
    codes, item = reasons(shop("EUR", 0, 3000), zero_price=zero)
    assert (item.get("price_minor"), "price_drop" in codes) == (price, price == 0)
