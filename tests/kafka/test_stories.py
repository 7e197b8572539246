"""The three stories of DESIGN section 9, on a real Kafka with real workers."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from support.records import Log, at
from support.stories import USER as WHO
from support.stories import check_cancel, check_upsert, evening, morning, night

from models.bundle.handmade import write_linear_bundle
from models.bundle.manifest import Weights
from schemas.vocabulary import Scene
from streams.operate.tools.reading import read_all
from streams.pipeline.aggregate import facts_length
from streams.state.store import USER

pytestmark = pytest.mark.kafka


def test_the_cart_and_the_clock(shop):
    it = shop(partitions=1)
    it.worker("first")
    log = Log()
    evening(log)
    night(log)
    it.send(log.records)
    it.wait(lambda: it.values("recommendations"), "the push of the night")
    morning(log)
    it.send(log.records[6:])
    it.wait(lambda: len(it.values("recommendations")) > 1, "the cancel")
    upsert, cancel = it.values("recommendations")
    check_upsert(upsert)
    check_cancel(cancel, upsert)
    assert len(it.values("decisions")) == 1


def test_the_bad_night(shop):
    """Shuffled, doubled, malformed between; killed with -9 after the cart; another takes over."""
    it = shop(partitions=1, session_timeout_ms=3_000)
    doomed = it.worker("first")
    log = Log()
    evening(log)
    told = log.records * 2
    for bad in (b"", b"{", b'{"event_id": "x"}'):
        told.append(log.add("clicks", WHO, bad, told[0].timestamp_ms))
    random.Random(3).shuffle(told)
    it.send(told)
    it.wait(lambda: it.consumed() == 9, "the evening")
    doomed.kill()
    second = Log()
    night(second)
    morning(second)
    it.worker("second")
    it.send(second.records)
    it.wait(lambda: len(it.values("recommendations")) > 1, "the cancel")
    upsert, cancel = it.values("recommendations")
    check_upsert(upsert)
    check_cancel(cancel, upsert)
    counts = it.changelog()[0].counts()
    assert (counts["accepted"], counts["duplicates"], counts["dead_letters"]) == (4, 3, 3)
    assert counts["consumed"] == 10
    reasons = [
        dict(r.headers)["kairos-reason"].decode()
        for r in asyncio.run(read_all(it.settings, "dead-letters"))
    ]
    assert sorted(reasons) == ["empty_value", "missing_field", "not_json"]
    assert it.facts() == _facts_of_story_one()


def _facts_of_story_one() -> dict[bytes, bytes]:
    from streams.pipeline.accept import Vault
    from streams.pipeline.pipeline import Pipeline
    from streams.settings import load_settings
    from streams.state.store import MemoryStore

    log = Log()
    for chapter in (evening, night, morning):
        chapter(log)
    store, settings = MemoryStore(), load_settings({})
    pipeline = Pipeline(settings, Vault(b"a story told to nobody", settings.tenant))
    store.apply(pipeline.process(0, store, log.records).rows)
    return {k: v[: facts_length(v)] for k, v in store.rows.items() if k.startswith(USER)}


NOON = "2026-03-20T12:{}:00+00:00"
ITEMS = {
    "umbrella": {"weight_g": 300, "price_minor": 3000},
    "parasol-base": {"weight_g": 20_000, "price_minor": 3000},
}


def outdoors(log: Log, user: str, **situation: str) -> None:
    """Two things of equal history, both in the cart; the situation differs."""
    log.context(user, at(NOON.format("00")), timezone="UTC", consent={"push": True}, **situation)
    for minute, event in (("10", "view"), ("20", "cart")):
        for item in ITEMS:
            log.click(user, event, item, at(NOON.format(minute)), category_id="garden")


def write_story_bundle(folder: Path, with_context: bool = True) -> Path:
    """Temporal: the parasol base a little likelier; context: on the move light things win."""
    experts = {
        "temporal_user": {"1": 1.0},
        "temporal_item": {"1": -1.0, "weight_log": 0.02},
    }
    if with_context:
        experts |= {
            "context_user": {"1": 1.0},
            "context_item": {"1": 0.0, "scene.mobile_commute*weight_log": -0.6},
        }
    scenes = {
        Scene.MOBILE_COMMUTE: {"device_mobile": 6.0, "place_transit": 6.0},
        Scene.DESKTOP_HOME: {"device_desktop": 6.0, "place_home": 6.0},
    }
    write_linear_bundle(folder, experts, scenes, Weights(lambda_t=1.0, lambda_c=1.0), "story")
    return folder


@pytest.mark.parametrize("with_context", [True, False])
def test_the_same_shopper_in_two_scenes(shop, tmp_path, with_context):
    bundle = write_story_bundle(tmp_path / "bundle", with_context)
    it = shop(partitions=1, bundle=str(bundle))
    catalog = Log()
    for item, attributes in ITEMS.items():
        record = {"item_id": item, "ts": at(NOON.format("00")), "category_id": "garden", "stock": 5}
        catalog.add("catalog", item, record | attributes, at(NOON.format("00")))
    it.send(catalog.records)
    it.worker("first")
    log = Log()
    outdoors(log, "mover", device="mobile", place="transit")
    outdoors(log, "sitter", device="desktop", place="home")
    log.records.sort(key=lambda record: record.timestamp_ms)
    log.tick(at(NOON.format("20")) + 3_600_000)
    it.send(log.records)
    it.wait(lambda: len(it.values("recommendations")) >= 2, "both pushes")
    chosen = {r["subscriber_id"]: r for r in it.values("recommendations")}
    decisions = {d["decision_id"]: d for d in it.values("decisions")}
    moving = decisions[chosen["mover"]["recommendation_id"]]
    sitting = decisions[chosen["sitter"]["recommendation_id"]]
    assert sitting["chosen_item_id"] == "parasol-base", "at a desk the temporal expert decides"
    if not with_context:
        assert moving["degraded"]
        assert chosen["mover"]["degraded"]
        assert moving["scores"]["context"] is None
        return
    assert moving["chosen_item_id"] == "umbrella"
    assert not moving["degraded"]
    assert max(moving["scene"], key=moving["scene"].get) == "mobile_commute"
    assert max(sitting["scene"], key=sitting["scene"].get) == "desktop_home"
    for each in moving["candidates"]:
        assert None not in (each["scores"]["temporal"], each["scores"]["context"])
        assert (each["scores"]["lambda_t"], each["scores"]["lambda_c"]) == (1.0, 1.0)
