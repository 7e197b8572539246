"""A planted world as records, and its moments as samples with the product's own features.

Users do not meet in a planted world, so each round takes every user's next moment at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.evaluate.context import Planted
from models.features import Around, pair_features, user_features, whereabouts
from models.features.calendar import DAY_MS, HOUR_MS
from models.features.pairs import nothing_told
from schemas.ids import hash64
from schemas.state import UserState
from schemas.tables import SourceRecord
from schemas.vocabulary import Scene
from streams.knowledge.catalogue import Catalogue
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.pipeline.aggregate import aggregate, pack_rows, unpack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.experts.zones import zones_of
from streams.settings import Settings

HORIZON_MS = HOUR_MS
CITY, FAR_AWAY = (52.52, 13.405), (48.137, 11.575)
"""Where users are, and where the shops of items are that are not near them."""
_AFTER_MS = 30_000
_VAULT = Vault(b"a planted world names nobody", "world")
_SCORE = np.float32(0.5)
_encode = msgspec.json.encode


def catalogue_of(planted: Planted) -> Catalogue:
    """Return the world's items as the catalogue reads them from their records."""
    catalogue = Catalogue()
    start_ms = int(planted.moments.ts_ms.min())
    for number in range(planted.world.items):
        item = item_record(planted, number, start_ms)
        fault = catalogue.apply(item["item_id"].encode(), _encode(item), start_ms)
        if fault:
            raise ValueError(fault)
    return catalogue


def item_record(planted: Planted, number: int, start_ms: int) -> dict[str, Any]:
    """Return the catalogue record of an item."""
    items, world = planted.items, planted.world
    told: dict[str, Any] = {"item_id": f"item-{number}", "ts": start_ms - 90 * DAY_MS}
    told["category_id"] = f"category-{items.category[number]}"
    for name, value in zip(items.names, items.values[number].tolist(), strict=True):
        if not np.isnan(value):
            told |= _ATTRIBUTE[name](value, world, start_ms)
    return told


def _shop(value: float, *_: Any) -> dict[str, Any]:
    lat, lon = CITY if value else FAR_AWAY
    return {"stores": [{"lat": lat, "lon": lon, "hours": "24/7"}]}


_ATTRIBUTE: dict[str, Callable[[float, Any, int], dict[str, Any]]] = {
    "weight_g": lambda v, *_: {"weight_g": v},
    "price_minor": lambda v, *_: {"price_minor": round(v), "currency": "EUR"},
    "seller_rating": lambda v, *_: {"seller_rating": v},
    "age_d": lambda v, _, start: {"created_ts": start - round(v * DAY_MS)},
    "offer": lambda v, _, s: {"offer": {"kind": "sale", "until": s + 3650 * DAY_MS}} if v else {},
    "shop_near": _shop,
    "stock_near": lambda v, w, _: {"stock_by_warehouse": {w.country if v else "ZZ": 9}},
    "own_language": lambda v, w, _: {"language": w.language if v else "zz"},
    "like_new": lambda v, *_: {"condition": "like_new" if v else "fair"},
}
"""How an attribute of the world is told in the catalogue."""


@dataclass(slots=True)
class Player:
    """Users' rows while a world is played."""

    planted: Planted
    settings: Settings
    catalogue: Catalogue
    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def absorb(self, records: list[SourceRecord]) -> None:
        """Take records in through the front half of the path.

        Raises:
            ValueError: the world made a record that is not accepted.
        """
        batch = accept(records, 0, self.settings, _VAULT, NO_REFUSALS)
        if batch.dead:
            raise ValueError(batch.dead[0].sentence)
        self.names |= batch.names
        state = unpack_rows(batch.keys, [self.rows.get(key) for key in batch.keys])
        batch = deduplicate(batch, state, self.settings)
        wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
        aggregate(state, wave, self.settings)
        self.rows |= dict(zip(state.keys, pack_rows(state), strict=True))

    def look(self, moments: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the feature rows of these moments (one a user) and of their offered items."""
        planted, made = self.planted, self.planted.moments
        keys = [_VAULT.pseudonym(_name(user)) for user in made.user[moments].tolist()]
        state: UserState = unpack_rows(keys, [self.rows.get(key) for key in keys])
        now_ms = made.ts_ms[moments] + 1
        zones = zones_of(state, self.names.get, self.settings.default_timezone)
        where = whereabouts(state, self.names.get)
        items = _hashes(planted)[planted.slate[moments]].ravel()
        due = np.repeat(np.arange(len(moments)), planted.world.slate)
        pair = pair_features(
            state, due, items, np.zeros(len(items), np.uint64), self.catalogue.attributes(items, now_ms[due]),
            np.full(len(items), _SCORE), now_ms,
            nothing_told, Around(zones, where, self.catalogue.places),
        )  # fmt: skip
        return user_features(state, now_ms, zones, where), pair


def samples(
    planted: Planted, settings: Settings, progress: Callable[[int], None] | None = None
) -> Dataset:
    """Return every moment of the world as a labelled sample, in the world's order."""
    player = Player(planted, settings, catalogue_of(planted))
    player.absorb(_profiles(planted))
    made, slate = planted.moments, planted.world.slate
    user = pair = None
    for chosen in _rounds(made.user):
        player.absorb([_situation(planted, i) for i in chosen.tolist()])
        seen, offered = player.look(chosen)
        if user is None or pair is None:
            user = np.zeros((len(made), seen.shape[1]), np.float32)
            pair = np.zeros((len(made), slate, offered.shape[1]), np.float32)
        user[chosen], pair[chosen] = seen, offered.reshape(len(chosen), slate, -1)
        player.absorb([record for i in chosen.tolist() for record in _acts(planted, i)])
        if progress:
            progress(len(chosen))
    if user is None or pair is None:
        raise ValueError(f"{planted.world.name}: nobody has a moment in this world")
    keys = [_VAULT.pseudonym(_name(number)) for number in made.user.tolist()]
    due = np.repeat(np.arange(len(made)), slate)
    return Dataset(
        np.frombuffer(b"".join(keys), "V16"), made.ts_ms + 1, user, planted.active, due,
        _hashes(planted)[planted.slate].ravel(), pair.reshape(len(due), -1),
        np.full(len(due), _SCORE), planted.engaged.ravel(), HORIZON_MS,
    )  # fmt: skip


def _rounds(user: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Moments of each round: the k-th of every user."""
    order = np.argsort(user, kind="stable")
    ordered = user[order]
    place = np.arange(len(user)) - np.searchsorted(ordered, ordered)
    return [np.sort(order[place == k]) for k in range(int(place.max()) + 1)]


def _profiles(planted: Planted) -> list[SourceRecord]:
    start_ms = int(planted.moments.ts_ms.min()) - HOUR_MS
    world, records = planted.world, []
    for user in range(world.users):
        liked = [f"category-{c}" for c in np.flatnonzero(planted.interests[user]).tolist()]
        told = {"user_id": _name(user), "ts": start_ms, "interests": liked}
        records.append(_record("profiles", user, start_ms, told))
        told = {"user_id": _name(user), "ts": start_ms, "event_id": "hello", "country": world.country,
                "timezone": world.timezone, "locale": f"{world.language}-{world.country}"}  # fmt: skip
        records.append(_record("context", user, start_ms, told))
    return records


def _situation(planted: Planted, i: int) -> SourceRecord:
    made = planted.moments
    user, ts_ms = int(made.user[i]), int(made.ts_ms[i])
    told: dict[str, Any] = {"event_id": f"m{i}", "user_id": _name(user), "ts": ts_ms}
    told |= {name: str(words[i]) or None for name, words in made.words.items()}
    told["scene"] = Scene(int(made.scene[i])).name.lower() if made.told[i] else None
    if made.located[i]:
        told["lat"], told["lon"] = CITY
    return _record("context", user, ts_ms, told)


def _acts(planted: Planted, i: int) -> list[SourceRecord]:
    """What followed: a search of whoever was active, a view of each item engaged with."""
    if not planted.active[i]:
        return []
    user, ts_ms = int(planted.moments.user[i]), int(planted.moments.ts_ms[i]) + _AFTER_MS
    about = {"user_id": _name(user), "ts": ts_ms}
    records = [_record("clicks", user, ts_ms, about | {"event_id": f"s{i}", "event": "search"})]
    for item in planted.slate[i][planted.engaged[i]].tolist():
        viewed = {"event_id": f"v{i}-{item}", "event": "view", "item_id": f"item-{item}"}
        records.append(_record("clicks", user, ts_ms, about | viewed))
    return records


def _record(topic: str, user: int, ts_ms: int, value: dict[str, Any]) -> SourceRecord:
    return SourceRecord(topic, 0, 0, ts_ms, _name(user).encode(), _encode(value))


def _name(user: int) -> str:
    return f"user-{user}"


def _hashes(planted: Planted) -> NDArray[np.uint64]:
    return np.array([hash64(f"item-{i}") for i in range(planted.world.items)], np.uint64)
