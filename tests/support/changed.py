"""Each thing that may have a say in a decision, and the rich world with only that changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import numpy as np
from msgspec.structs import replace
from support.rich import SETTINGS, World, shared_epoch

from schemas.catalog import CatalogItem
from schemas.events import Click, Consent, Context, Profile, Purchase, PurchaseLine, Social
from schemas.globals import Activity, Demand, Epoch, Wakes
from schemas.receipts import PushReceipt
from schemas.vocabulary import TriggerKind
from streams.knowledge.shared import Knowledge
from streams.settings import Settings

Change = Callable[[], list[World]]
"""Worlds with one change; that one of them is decided otherwise shows that it has an effect."""
ELSEWHERE_TOLD = {"epoch.since", "catalog.brand", "social.shares_purchases"}
"""What decides which epoch is newer, and what is for the learner: `test_shared`, `test_described`, `test_friends`."""
BARE = {"epoch.arrivals"}
"""What stands in for a catalogue that is not there: changed in a world without one."""
ENVELOPE = {"schema_version", "event_id", "user_id", "item_id", "recommendation_id", "ts"}
"""Who, which and when: a record without them is none."""
INPUTS = {
    "clicks": Click, "purchases": Purchase, "context": Context, "profiles": Profile,
    "social": Social, "push-receipts": PushReceipt,
}  # fmt: skip
PARTS = {"demand": Demand, "activity": Activity, "wakes": Wakes}
TEXTS = {
    "event_names": [{"view": "fav"}], "default_timezone": ["Asia/Tokyo"], "default_locale": ["de-DE"],
    "quiet_start": ["14:00"], "quiet_end": ["13:30"], "deep_link": ["shop:{item_id}"], "bundle": [],
}  # fmt: skip
"""Other values of settings that are no numbers and no choices."""


ELSEWHERE = {
    "social", "max_value_bytes", "lateness_ms", "seen_ids", "retention_ms", "yes_ahead_ms",
    "epoch_ms", "news_users", "bundle", "engage_horizon_ms", "catch_up", "deep_link",
}  # fmt: skip
"""Settings of what is read, kept, learnt, trained and started with, each with tests of its own."""


def changes() -> dict[str, Change]:
    """By the name of what is changed: ``epoch.``, ``catalog.``, a topic or ``settings.`` and its field."""
    found = {**_epoch(), **_catalogue(), **_inputs(), **_settings()}
    return {name: change for name, change in found.items() if name not in ELSEWHERE_TOLD}


def _epoch() -> dict[str, Change]:
    found: dict[str, Change] = {}
    for name in Epoch.__struct_fields__:
        if name == "schema_version" or name in PARTS:
            continue
        found[f"epoch.{name}"] = lambda name=name: [World(epoch=e) for e in _epochs(name)]
    for part, kind in PARTS.items():
        for name in kind.__struct_fields__:
            found[f"epoch.{part}.{name}"] = lambda part=part, name=name: [
                World(epoch=replace(shared_epoch(), **{part: other}))
                for other in _others(getattr(shared_epoch(), part), name)
                if _can_be_read(replace(shared_epoch(), **{part: other}))
            ]
    return found


def _epochs(name: str) -> Iterator[Epoch]:
    epoch, empty = shared_epoch(), Epoch(number=1, holds_from_ms=epoch_later())
    value = getattr(empty, name)
    yield replace(epoch, **{name: value})
    if isinstance(value, int | float | None):
        yield replace(epoch, **{name: type(getattr(epoch, name))(getattr(epoch, name) / 2)})


def _can_be_read(epoch: Epoch) -> bool:
    return Knowledge().apply_epoch(msgspec.msgpack.encode(epoch)) is None


def epoch_later() -> int:
    """A time at which an epoch holds after the first decision was due."""
    return shared_epoch().holds_from_ms + 3_600_000


def _others(part: Any, name: str) -> Iterator[Any]:
    value = getattr(part, name)
    if isinstance(value, bytes):
        yield replace(
            part, **{name: value[: len(value) // 2] + bytes(len(value) - len(value) // 2)}
        )
        yield replace(part, **{name: value[::-1]})
        yield replace(part, **{name: value[4:] + value[:4]})
        if isinstance(part, Wakes):
            kinds = {"partitions": b"\1\0\0\0", "kinds": bytes([TriggerKind.RESTOCK])}
            yield replace(part, **{name: kinds.get(name, value)})
        else:
            yield replace(part, **{name: (np.frombuffer(value, "<f4") * 4).tobytes()})
    elif isinstance(value, tuple):
        yield replace(part, **{name: tuple(2 - each for each in value)})
    else:
        yield replace(part, **{name: value * 1000})
        yield replace(part, **{name: value / 1000})


def _catalogue() -> dict[str, Change]:
    return {
        f"catalog.{name}": lambda name=name: [_without_attribute(name)]
        for name in CatalogItem.__struct_fields__
        if name not in ENVELOPE
    }


def _without_attribute(name: str) -> World:
    world = World()
    for item in world.items:
        if name == "stock":
            item["stock"] = 0
        elif name == "stock_by_warehouse":
            item[name] = {"US-1": 1}
        elif name == "regions":
            item[name] = ["US"]
        else:
            item.pop(name, None)
    return world


def _inputs() -> dict[str, Change]:
    found: dict[str, Change] = {}
    for topic, kind in INPUTS.items():
        for name in kind.__struct_fields__:
            if name not in ENVELOPE | {"lines", "consent"}:
                found[f"{topic}.{name}"] = lambda topic=topic, name=name: _told(topic, name)
    for name in PurchaseLine.__struct_fields__:
        found[f"purchases.lines.{name}"] = lambda name=name: _lines(name)
    for name in Consent.__struct_fields__:
        for topic in ("context", "profiles", "push-receipts"):
            found[f"{topic}.consent.{name}"] = lambda topic=topic, name=name: [_no(topic, name)]
    return found


OTHER = {
    "event": "view", "order_id": "o2", "shares_purchases": False,
    "channel": "mail", "rating": 1, "lat": 10.0, "lon": 60.0,
}  # fmt: skip
"""Other values of fields that a record cannot be without, or that come in pairs."""


def _told(topic: str, name: str) -> list[World]:
    """The field left out, and (where there is one) with another value."""
    worlds = []
    for leave_out in (True, False):
        world = World()
        for told_topic, _, body in world.told:
            if told_topic == topic and name in body:
                if leave_out and name not in {*OTHER, "status"}:
                    del body[name]
                else:
                    body[name] = OTHER.get(name, _another(body[name]))
                if name == "status":
                    body[name] = "failed" if topic == "push-receipts" else "cancelled"
        worlds.append(world)
    return worlds


def _another(value: Any) -> Any:
    return ["other"] if isinstance(value, list) else value


def _lines(name: str) -> list[World]:
    world = World()
    for topic, _, body in world.told:
        if topic == "purchases":
            line = body["lines"][0]
            line[name] = "vase" if name == "item_id" else "garden" if name == "category_id" else 70
    return [world]


def _no(topic: str, name: str) -> World:
    world = World()
    for told_topic, user, body in world.told:
        if told_topic == topic and user == "u1" and "device" in {"device", *body}:
            body["consent"] = {**body.get("consent", {}), name: False}
    return world


def _settings() -> dict[str, Change]:
    names = list(Settings.__struct_fields__)
    decides = [n for n in names[names.index("event_names") :] if n not in ELSEWHERE]
    return {f"settings.{name}": lambda name=name: _set(name) for name in decides}


def _set(name: str) -> list[World]:
    """The setting at its bounds, at half and twice of it, or at its other choices."""
    worlds = []
    for value in _values(name):
        try:
            chosen = msgspec.convert(msgspec.to_builtins(SETTINGS) | {name: value}, Settings)
        except msgspec.ValidationError:
            continue
        worlds.append(World(settings=chosen))
    return worlds


def _values(name: str) -> list[Any]:
    value, hint = getattr(SETTINGS, name), get_type_hints(Settings, include_extras=True)[name]
    if name in TEXTS:
        return TEXTS[name]
    choices = get_args(get_args(hint)[0])
    if value is None:
        return [0.1, 3.0]
    if choices and isinstance(value, str):
        return [each for each in choices if each != value]
    meta = get_args(hint)[1]
    return [copy.copy(each) for each in (meta.ge, meta.le, value // 2, value * 2, 1, 2, 0.5)]
