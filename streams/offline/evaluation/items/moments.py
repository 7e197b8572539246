"""A log as moments at which an item was wanted, with what was known just before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS
from schemas.globals import Signals
from schemas.ids import NO_ID
from schemas.state import EVENT, NEVER_MS, Ragged, UserState
from schemas.tables import DueUsers, SourceRecord
from schemas.vocabulary import EventType, Standing, TriggerKind, among
from streams.knowledge.shared import Shared
from streams.knowledge.shelf import shelf
from streams.learner.learner import Learner
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.pipeline.assemble import starting_knowledge
from streams.pipeline.publish.signals import signals_output
from streams.settings import Settings
from streams.state.refill import tables_of

_SECRET = b"an evaluation names nobody"
_USER_TOPICS = ("clicks", "purchases")
_NO_WISH = (EventType.REMOVE_CART, EventType.RETURN, EventType.CANCEL, EventType.APP_MINUTES)
LISTS = 30
"""Longest list of an epoch here: longer ones must be cut to fit into one, again and again."""
MOST_EPOCHS = 80
"""Epochs of a log, so that a year takes no longer than a week: a week has one every three hours."""

STEP_MS = 4 * HOUR_MS
"""How often `day_ahead` asks."""
TRAIN_FROM, TEST_FROM = 2 / 9, 7 / 9
"""Shares of the log's days: before the first nothing is asked, from the second on it is test."""


@dataclass(slots=True, frozen=True)
class Moments:
    """``n`` queries: who, when, and (row, item) pairs of what was wanted then.

    ``user``: number in the log; ``test``: whether it lies in the test block.
    """

    user: NDArray[np.int64]
    now_ms: NDArray[np.int64]
    wanted_row: NDArray[np.int64]
    wanted_item: NDArray[np.uint64]
    test: NDArray[np.bool_]

    def __len__(self) -> int:
        """Moments."""
        return len(self.user)

    @classmethod
    def joined(cls, parts: list[Moments]) -> Moments:
        """All of them, one part after the other."""
        first = np.cumsum([0, *(len(part) for part in parts)])
        rows = [part.wanted_row + start for part, start in zip(parts, first, strict=False)]
        return cls(
            np.concatenate([part.user for part in parts]),
            np.concatenate([part.now_ms for part in parts]),
            np.concatenate(rows),
            np.concatenate([part.wanted_item for part in parts]),
            np.concatenate([part.test for part in parts]),
        )

    def take(self, rows: NDArray[Any]) -> Moments:
        """The chosen moments (mask or sorted indices)."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.wanted_row] >= 0
        return Moments(
            self.user[rows], self.now_ms[rows], place[self.wanted_row[kept]],
            self.wanted_item[kept], self.test[rows],
        )  # fmt: skip


@dataclass(slots=True)
class ItemLog:
    """Facts that name an item, by user and then time; ``starts``: where each user's begin.

    ``signals``: what the learner is told, with the time at which it is; ``catalogue``: records.
    """

    keys: list[bytes]
    facts: NDArray[Any]
    starts: NDArray[np.int64]
    signals: list[tuple[int, Signals]]
    catalogue: list[SourceRecord]
    begin_ms: int
    days: int

    @property
    def epoch_ms(self) -> int:
        """Stream time between epochs."""
        return max(HOUR_MS, -(-self.days * DAY_MS // MOST_EPOCHS // HOUR_MS) * HOUR_MS)

    def day_ms(self, share: float) -> int:
        """Return when the day begins that lies at this share of the log."""
        return self.begin_ms + round(self.days * share) * DAY_MS

    def before(self, user: NDArray[np.int64], now_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many facts of each user lie before each time: an end index into ``facts``."""
        span = int(self.facts["ts_ms"].max(initial=0)) + 2
        owner = np.repeat(np.arange(len(self.keys)), np.diff(self.starts))
        return np.searchsorted(
            owner * span + self.facts["ts_ms"], user * span + np.minimum(now_ms, span - 1)
        )


def read_log(
    records: Iterable[SourceRecord],
    settings: Settings,
    zone_offset_ms: int = 0,
    like: ItemLog | None = None,
) -> ItemLog:
    """Accept a log hour by hour; days begin at midnight ``zone_offset_ms`` east of UTC.

    ``like``: take the days of this log, so that both have the same test block.
    """
    vault, reading = Vault(_SECRET, settings.tenant), _Reading()
    every = list(records)
    log = [record for record in every if record.topic in _USER_TOPICS]
    times = np.array([record.timestamp_ms for record in log])
    begin_ms = (int(times[0]) + zone_offset_ms) // DAY_MS * DAY_MS - zone_offset_ms
    cuts = np.flatnonzero(np.diff(times // HOUR_MS)) + 1
    stream_ms = NEVER_MS
    for chunk in np.split(np.arange(len(log)), cuts):
        batch = accept([log[i] for i in chunk.tolist()], stream_ms, settings, vault, NO_REFUSALS)
        stream_ms = int(batch.stream_ms[-1])
        reading.take(batch)
    catalogue = [record for record in every if record.topic == "catalog"]
    days = int(-(-(int(times[-1]) + 1 - begin_ms) // DAY_MS))
    if like is not None:
        begin_ms, days = like.begin_ms, like.days
    return reading.log(catalogue, begin_ms, days)


@dataclass(slots=True)
class _Reading:
    numbers: dict[bytes, int] = field(default_factory=dict)
    facts: list[NDArray[Any]] = field(default_factory=list)
    signals: list[tuple[int, Signals]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)

    def take(self, batch: Any) -> None:
        for key in batch.keys:
            self.numbers.setdefault(key, len(self.numbers))
        number = np.array([self.numbers[key] for key in batch.keys], np.int64)
        facts = batch.facts.copy()
        facts["user"] = number[facts["user"]] if len(facts) else 0
        self.facts.append(facts)
        fresh = {number: name for number, name in batch.names.items() if number not in self.told}
        self.told |= fresh.keys()
        for output in signals_output(batch, 0, fresh):
            signals = msgspec.msgpack.decode(output.value or b"", type=Signals)
            self.signals.append((int(batch.stream_ms[-1]), signals))

    def log(self, catalogue: list[SourceRecord], begin_ms: int, days: int) -> ItemLog:
        facts = np.concatenate(self.facts)
        facts = facts[facts["item"] != NO_ID]
        facts = facts[np.lexsort((facts["ts_ms"], facts["user"]))]
        starts = np.searchsorted(facts["user"], np.arange(len(self.numbers) + 1))
        return ItemLog(
            list(self.numbers), facts, starts, self.signals, catalogue, begin_ms, days
        )  # fmt: skip


def walk(
    log: ItemLog, moments: Moments, settings: Settings, learnt_until_ms: int | None = None
) -> Iterable[tuple[NDArray[np.int64], DueUsers, Shared]]:
    """Yield moments epoch by epoch, in time: their rows, the users as they were, what is shared.

    An epoch knows only what came before it began; a user's events are those strictly before.
    ``learnt_until_ms``: the epoch of this time holds on; users and catalogue go on all the same.
    """
    served = replace(settings, candidates_per_source=min(settings.candidates_per_source, LISTS))
    learner, knowledge = Learner(served), starting_knowledge(None, served)
    step_ms = log.epoch_ms
    epoch_of = (moments.now_ms - log.begin_ms) // step_ms
    told = shelved = 0
    for number, each in enumerate(np.unique(epoch_of).tolist(), start=1):
        now_ms = log.begin_ms + each * step_ms
        holds_from_ms = now_ms if learnt_until_ms is None else min(now_ms, learnt_until_ms)
        while told < len(log.signals) and log.signals[told][0] < holds_from_ms:
            learner.absorb(log.signals[told][1])
            told += 1
        while shelved < len(log.catalogue) and log.catalogue[shelved].timestamp_ms < now_ms:
            record = log.catalogue[shelved]
            knowledge.apply_catalog(record)
            shelved += 1
        learner.read(shelf(knowledge.catalogue, learner.known(), holds_from_ms))
        epoch = learner.epoch(number, holds_from_ms, knowledge.catalogue.version)
        knowledge.apply_epoch(msgspec.msgpack.encode(epoch))
        rows = np.flatnonzero(epoch_of == each)
        now = moments.take(rows)
        yield (
            rows,
            due_users(log, now.user, now.now_ms, settings),
            Shared(knowledge.newest(), knowledge.catalogue),
        )


def due_users(
    log: ItemLog, user: NDArray[np.int64], now_ms: NDArray[np.int64], settings: Settings
) -> DueUsers:
    """Return users as they were just before their ``now_ms``: the newest ``recent_events``."""
    stop = log.before(user, now_ms)
    first = np.maximum(log.starts[user], stop - settings.recent_events)
    lengths = stop - first
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    index = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], lengths)
    events = np.zeros(len(index), EVENT)
    for name in EVENT.names or ():
        events[name] = log.facts[name][index]
    state = UserState.fresh([log.keys[i] for i in user.tolist()])
    state.events = Ragged(events, offsets)
    for name, rows in tables_of(state.events).items():
        setattr(state, name, rows)
    nobody = np.zeros(len(user), np.uint64)
    kind = np.full(len(user), TriggerKind.CONTEXT_CHANGE, np.uint8)
    never = np.full(len(user), -1)
    return DueUsers(
        state,
        kind,
        nobody,
        nobody,
        nobody,
        never,
        now_ms,
        np.zeros(len(user), np.int64),
        now_ms,
        np.full(len(user), Standing.STANDS, np.uint8),
    )


def purchases(log: ItemLog) -> Moments:
    """What was bought, just before it was: a moment an order, by users who had done something."""
    return _events(log, log.facts["type"] == EventType.PURCHASE)


def next_items(log: ItemLog) -> Moments:
    """What came next, other than the item of the user's event before."""
    facts = log.facts
    same = np.zeros(len(facts), bool)
    same[1:] = (facts["item"][1:] == facts["item"][:-1]) & (facts["user"][1:] == facts["user"][:-1])
    return _events(log, ~same & ~among(facts["type"], _NO_WISH))


def within_a_day(log: ItemLog) -> Moments:
    """What was bought in a day, asked as it begins, of users who were there before."""
    bought = log.facts[log.facts["type"] == EventType.PURCHASE]
    day = (bought["ts_ms"] - log.begin_ms) // DAY_MS
    now_ms = log.begin_ms + day * DAY_MS
    return _asked(log, bought["user"].astype(np.int64), now_ms, bought["item"])


def day_ahead(log: ItemLog) -> Moments:
    """What was bought within a day of every `STEP_MS` before the test block: more to learn from.

    Only days that end before the test block begins.
    """
    bought = log.facts[log.facts["type"] == EventType.PURCHASE]
    steps = DAY_MS // STEP_MS
    last_ms = log.begin_ms + (bought["ts_ms"] - log.begin_ms) // STEP_MS * STEP_MS
    now_ms = (last_ms[:, None] - np.arange(steps) * STEP_MS).ravel()
    row = np.repeat(np.arange(len(bought)), steps)
    resolved = now_ms + DAY_MS <= log.day_ms(TEST_FROM)
    row, now_ms = row[resolved], now_ms[resolved]
    return _asked(log, bought["user"][row].astype(np.int64), now_ms, bought["item"][row])


def _events(log: ItemLog, chosen: NDArray[np.bool_]) -> Moments:
    facts = log.facts[chosen]
    user, ts_ms = facts["user"].astype(np.int64), facts["ts_ms"].astype(np.int64)
    return _asked(log, user, ts_ms, facts["item"])


def _asked(
    log: ItemLog, user: NDArray[np.int64], now_ms: NDArray[np.int64], item: NDArray[np.uint64]
) -> Moments:
    """One moment a (user, time), with every item wanted then; in order of time."""
    known = (now_ms >= log.day_ms(TRAIN_FROM)) & (log.before(user, now_ms) > log.starts[user])
    user, now_ms, item = user[known], now_ms[known], item[known]
    order = np.lexsort((item, user, now_ms))
    user, now_ms, item = user[order], now_ms[order], item[order]
    fresh = np.ones(len(user), bool)
    fresh[1:] = (user[1:] != user[:-1]) | (now_ms[1:] != now_ms[:-1])
    row = np.cumsum(fresh) - 1
    once = np.ones(len(user), bool)
    once[1:] = (row[1:] != row[:-1]) | (item[1:] != item[:-1])
    user, now_ms = user[fresh], now_ms[fresh]
    test = now_ms >= log.day_ms(TEST_FROM)
    return Moments(user, now_ms, row[once], item[once].astype(np.uint64), test)
