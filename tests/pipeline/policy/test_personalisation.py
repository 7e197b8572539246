"""Nothing of a user who allows no personalisation chooses the item: not events, profile or context."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from schemas.tables import SourceRecord
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SETTINGS = load_settings({}, quiet_start="00:00", quiet_end="00:00", send_time="now")
VAULT = Vault(b"personalisation", SETTINGS.tenant)


def pipeline() -> Pipeline:
    """A shop of four items."""
    found = Pipeline(SETTINGS, VAULT)
    for n, item in enumerate(("lamp", "rug", "vase", "kettle")):
        ts_ms = T0_MS - n * DAY_MS
        value = json.dumps({"item_id": item, "ts": ts_ms}).encode()
        found.knowledge.apply_catalog(SourceRecord("catalog", 0, n, ts_ms, item.encode(), value))
    return found


def decision(consent: dict, *, known: bool) -> dict:
    """What is decided after a cart was left, by somebody with a history, profile and context or not."""
    log = Log()
    log.context("anna", T0_MS, consent={"push": True} | consent)
    if known:
        log.context("anna", T0_MS, timezone="Asia/Tokyo", device="mobile", lat=52.5, lon=13.4)
        log.add("profiles", "anna", {"user_id": "anna", "ts": T0_MS, "interests": ["tea"]}, T0_MS)
        log.click("anna", "view", "kettle", T0_MS + 1, category_id="tea")
    log.click("anna", "cart", "kettle" if known else "vase", T0_MS + HOUR_MS)
    log.click("bert", "view", "lamp", T0_MS + 3 * HOUR_MS)
    effects = pipeline().process(0, MemoryStore(), log.records)
    told = (json.loads(o.value) for o in effects.outputs if o.topic == "decisions")
    return next(one for one in told if one["trigger"]["kind"] == "cart_left")


def considered(found: dict) -> tuple:
    """What was chosen, from what, and by which numbers."""
    names = ("item_id", "sources", "features", "scores")
    candidates = [[one[name] for name in names] for one in found["candidates"]]
    return found["chosen_item_id"], candidates, found["features"], found["scene"]


@pytest.mark.parametrize("no", [False, "denied"])
def test_a_user_with_a_history_hears_what_one_without_any_would(no):
    one, other = (decision({"personalisation": no}, known=known) for known in (True, False))
    assert considered(one) == considered(other)
    assert one["chosen_item_id"] in ("lamp", "rug", "vase")
    assert one["policy"]["personalisation"] == "denied"


@pytest.mark.parametrize(
    ("consent", "told"), [({}, "default_granted"), ({"personalisation": True}, "granted")]
)
def test_who_did_not_deny_it_hears_of_the_cart(consent, told):
    found = decision(consent, known=True)
    assert (found["chosen_item_id"], found["policy"]["personalisation"]) == ("kettle", told)
