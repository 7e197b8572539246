"""A small world in which everything is told: what is changed in it should change a decision."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from h3 import latlng_to_cell

from models.bundle import Bundle
from schemas.globals import Activity, Demand, Epoch, Wakes
from schemas.ids import hash64, head64
from schemas.tables import SourceRecord
from schemas.vocabulary import TriggerKind
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.store import MemoryStore

NOON_MS = 1_781_092_800_000  # 10 June 2026, 12:00 UTC
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
VAULT = Vault(b"w" * 40, "default")
SETTINGS = Settings(
    partitions=1, secret="w" * 40, social="on", follow_up_ms=2 * HOUR_MS, diversity=0.3,
    diversity_likeness=0.3, novelty=0.3, category_mix=0.3, item_ceiling=0.5, seller_ceiling=0.5,
    cold_floor=0.3, min_gap_ms=30 * MINUTE_MS,
)  # fmt: skip
ITEMS = ("kettle", "pan", "lamp", "chair", "vase")
CELL = latlng_to_cell(51.5, -0.1, SETTINGS.cell_resolution)
WHEN_ACTIVE = np.full(24, 0.01)
WHEN_ACTIVE[20] = 1.0


def packed(*names: str) -> tuple[bytes, bytes]:
    """Items with scores, best first."""
    scores = np.linspace(1, 0.4, len(names))
    return np.array([hash64(n) for n in names], "<u8").tobytes(), scores.astype("<f4").tobytes()


def shared_epoch() -> Epoch:
    """An epoch of which no field is empty."""
    keys = np.sort(np.array([0, hash64("kitchen")], np.uint64))
    columns = {
        name: np.full(2, 1.0 + n, "<f4").tobytes()
        for n, name in enumerate(Demand.__struct_fields__[1:])
    }
    segments = np.stack((WHEN_ACTIVE, np.roll(WHEN_ACTIVE, -2)))
    week = np.zeros((7, 24))
    week[:, 15] = 3.0
    return Epoch(
        number=NOON_MS - HOUR_MS, holds_from_ms=NOON_MS - HOUR_MS, since=1, catalog_version=3,
        trending=packed("lamp", "kettle", "t1"),
        category_trending={hash64("kitchen"): packed("pan", "kettle", "t2")},
        neighbours={hash64("kettle"): packed("pan", "t3"), hash64("pan"): packed("lamp", "t4")},
        arrivals=packed("chair", "t5"),
        cell_trending={hash64(CELL): packed("lamp", "t6")},
        segment_trending={hash64("loyal"): packed("chair", "t7")},
        exposure=packed("kettle", "lamp"),
        cold_share=0.1,
        categories_of={hash64(f"t{n}"): hash64("kitchen") for n in range(12)},
        described={hash64("vase"): packed("kettle", "lamp"), hash64("t8"): packed("kettle")},
        words={VAULT.word("red"): packed("kettle", "t9")},
        bought_by={head64(VAULT.pseudonym("u2")): packed("vase", "t10")},
        demand=Demand(keys=keys.tobytes(), **columns),
        activity=Activity(
            segments=segments.astype("<f4").tobytes(),
            shares=np.array([0.7, 0.3], "<f4").tobytes(), week=week.astype("<f4").tobytes(),
            own_strength=5.0, segment_strength=20.0,
            weights=(0.7, 1.0, 0.5, 0.5, 0.5, 0.2, 0.0, 0.1),
        ),
        wakes=Wakes(
            users=VAULT.pseudonym("u2")[:8], partitions=np.zeros(1, "<u4").tobytes(),
            items=np.array([hash64("lamp")], "<u8").tobytes(),
            kinds=np.array([TriggerKind.PRICE_DROP], "u1").tobytes(),
        ),
        names={hash64(f"t{n}"): f"t{n}" for n in range(12)},
        lambda_t=0.7, lambda_c=0.6, bias=0.1,
    )  # fmt: skip


def _item(number: int, name: str) -> dict[str, Any]:
    return {
        "item_id": name, "ts": NOON_MS - 9 * DAY_MS, "category_id": "decor" if name == "vase" else "kitchen", "title": f"A {name}",
        "language": "en", "price_minor": 2_000 + 100 * number, "currency": "EUR", "stock": 5,
        "created_ts": NOON_MS - 3 * DAY_MS + number, "brand": "Acme", "seller_id": "s1",
        "seller_rating": 4.5, "condition": "good", "weight_g": 300.0, "size": "30x20x10",
        "regions": ["GB", "DE"], "stores": [{"lat": 51.5, "lon": -0.1, "hours": "Mo-Su 00:00-24:00"}],
        "stock_by_warehouse": {"GB-1": 4}, "offer": {"kind": "sale", "until": NOON_MS + 9 * DAY_MS},
        "embedding": [1.0, float(number)], "deep_link": f"https://s/{name}",
        "image_url": f"https://i/{name}",
    }  # fmt: skip


def plain_items() -> list[dict[str, Any]]:
    """Items of which the catalogue knows that they are there: what the epoch names is offered."""
    return [{"item_id": f"t{n}", "ts": NOON_MS - 9 * DAY_MS} for n in range(12)]


@dataclass
class World:
    """Everything that a decision may depend on; ``told``: (topic, user, body) in the order of time."""

    settings: Settings = SETTINGS
    epoch: Epoch = field(default_factory=shared_epoch)
    items: list[dict[str, Any]] = field(
        default_factory=lambda: [_item(n, name) for n, name in enumerate(ITEMS)] + plain_items()
    )
    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=lambda: copy.deepcopy(TOLD))

    def decisions(self, bundle: Bundle) -> list[tuple[str, bytes | None]]:
        """What is decided, suppressed and sent, the whole path through."""
        knowledge = Knowledge(None, self.settings.zero_price == "price")
        for offset, item in enumerate(self.items):
            value = json.dumps(item).encode()
            record = SourceRecord(
                "catalog", 0, offset, NOON_MS - DAY_MS, item["item_id"].encode(), value
            )
            assert knowledge.apply_catalog(record) is None
        assert knowledge.apply_epoch(msgspec.msgpack.encode(self.epoch)) is None
        pipeline, store = Pipeline(self.settings, VAULT, knowledge, bundle), MemoryStore()
        outputs, offsets, sent = [], dict[str, int](), ""
        for topic, user, body in self.told:
            at_ms = body["ts"]
            if topic == "push-receipts":
                body = {"recommendation_id": sent} | body
            if topic != "clock":
                body = {"user_id": user} | body
            value = json.dumps(body).encode()
            offset = offsets[topic] = offsets.get(topic, -1) + 1
            record = SourceRecord(topic, 0, offset, at_ms, user.encode(), value)
            for effects in pipeline.process_whole(0, store, [record]):
                store.apply(effects.rows)
                outputs += effects.outputs
            pushes = [o for o in outputs if o.topic == "recommendations"]
            sent = json.loads(pushes[0].value)["recommendation_id"] if pushes else ""
        kept = ("decisions", "suppressions", "recommendations")
        return [(o.topic, o.value) for o in outputs if o.topic in kept]


_CONTEXT = {
    "device": "mobile", "os": "ios", "app_version": "1", "locale": "en-GB", "timezone": "Europe/London",
    "country": "GB", "region": "London", "lat": 51.5, "lon": -0.1, "place": "home", "network": "wifi",
    "app_minutes": 45.0, "consent": {"push": True, "personalisation": True},
}  # fmt: skip
_CLICK = {
    "item_id": "kettle", "category_id": "kitchen", "price_minor": 2500, "currency": "EUR",
    "session_id": "s", "quantity": 2, "device": "mobile",
}  # fmt: skip


def _click(
    number: int, user: str, event: str, minute: int, **more: Any
) -> tuple[str, str, dict[str, Any]]:
    body = {"event_id": f"e{number}", "event": event, "ts": NOON_MS + minute * MINUTE_MS}
    return "clicks", user, body | more


def _told() -> list[tuple[str, str, dict[str, Any]]]:
    profile = {
        "ts": NOON_MS - 80 * MINUTE_MS, "segments": ["loyal"], "interests": ["kitchen"], "age_band": "30",
        "signup_ts": NOON_MS - 99 * DAY_MS, "groups": {"test": "a"}, "consent": {"push": True},
    }  # fmt: skip
    order = {
        "event_id": "p1", "order_id": "o1", "ts": NOON_MS + 10 * MINUTE_MS, "status": "placed",
        "currency": "EUR",
        "lines": [{"item_id": "pan", "quantity": 1, "unit_price_minor": 900, "category_id": "kitchen"}],
    }  # fmt: skip
    back = order | {"event_id": "p2", "ts": NOON_MS + 11 * MINUTE_MS, "status": "returned"}
    order["lines"][0]["quantity"] = 2
    back["lines"] = [order["lines"][0] | {"quantity": 1}]
    receipt = {"ts": NOON_MS + 70 * MINUTE_MS, "status": "opened", "channel": "push", "rating": 4}
    return [
        ("context", "u2", {"event_id": "c2", "ts": NOON_MS - 4 * HOUR_MS, "consent": {"push": True}}),
        _click(20, "u2", "view", -200, item_id="lamp", price_minor=3000, currency="EUR"),
        ("social", "u1", {"ts": NOON_MS - 2 * HOUR_MS, "friends": ["u2"], "shares_purchases": True}),
        ("context", "u1", {"event_id": "c1", "ts": NOON_MS - 90 * MINUTE_MS, **_CONTEXT}),
        ("profiles", "u1", profile),
        *(_click(30 + n, "u1", "view", n - 75, item_id="chair", category_id="kitchen", price_minor=0, currency="EUR") for n in range(9)),
        _click(40, "u3", "cart", -60, item_id="pan"),
        _click(1, "u1", "search", 0, query="red kettle", category_id="kitchen"),
        _click(2, "u1", "view", 2, **_CLICK),
        _click(3, "u1", "cart", 4, **_CLICK),
        ("purchases", "u1", order),
        ("purchases", "u1", back),
        _click(4, "u9", "comment", 66),
        ("push-receipts", "u1", receipt),
        ("context", "u1", {"event_id": "c3", "ts": NOON_MS + 90 * MINUTE_MS, "scene": "in_store"}),
        _click(5, "u9", "comment", 200),
    ]  # fmt: skip


TOLD = _told()
