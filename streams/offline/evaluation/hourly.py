"""A log as an hourly grid: who its users were at every hour, by the product's own state.

Only the front half of the path runs (accept, deduplicate, aggregate): features read facts, and
facts do not depend on what was decided (DESIGN law 1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluate.time import EventLog, HourGrid
from models.features import user_features, user_steps, whereabouts
from models.features.calendar import DAY_MS, HOUR_MS, zone_table
from schemas.state import NEVER_MS, UserState
from schemas.tables import SourceRecord
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.pipeline.aggregate import aggregate, pack_rows, unpack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.experts.zones import zones_of
from streams.settings import Settings

MOST_MOMENTS = 200_000
"""A grid with more moments is thinned evenly, by pseudonym and hour."""
TEST_SHARE = 3
"""The last day in so many is in the test block."""
_USER_TOPICS = ("clicks", "purchases", "context")
_SECRET = b"an evaluation names nobody"
Rows = NDArray[np.float32]
_MIX = 0x9E3779B97F4A7C15


class HistoryError(ValueError):
    """A log cannot be read as a history; the message says why."""


@dataclass(slots=True, frozen=True)
class Span:
    """The hours of a log: hour 0 is a local midnight, the days are whole."""

    start_ms: int
    hours: int

    @property
    def end_ms(self) -> int:
        """When the last hour ends."""
        return self.start_ms + self.hours * HOUR_MS

    @property
    def test_hour(self) -> int:
        """Where the test block begins: the last third of the days."""
        days = self.hours // 24
        return (days - days // TEST_SHARE) * 24


def read_history(
    records: Iterable[SourceRecord],
    name: str,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
    like: EventLog | None = None,
) -> EventLog:
    """Return a log's events and its hourly grid, in the local time of ``default_timezone``.

    ``like``: take the hours of this log, so that both have the same test block. The same log
    gives the same numbers, whatever the deployment's secret.

    Raises:
        HistoryError: there is nothing in the log.
    """
    log = [record for record in records if record.topic in _USER_TOPICS]
    if not log:
        raise HistoryError(f"{name}: the log has no event of any user")
    times = [record.timestamp_ms for record in log]
    span = Span(like.start_ms, like.hours) if like else _span(times, settings.default_timezone)
    history = _History(settings, span, _share(log, span))
    done = 0
    for hour in range(span.hours + 1):
        end = bisect_left(times, span.start_ms + hour * HOUR_MS, done)
        history.absorb(log[done:end])
        done = end
        if hour < span.hours:
            history.look(hour)
        if progress:
            progress(hour, span.hours)
    return history.log(name)


@dataclass(slots=True)
class _History:
    """The walk through the log: rows by pseudonym, events so far, moments so far."""

    settings: Settings
    span: Span
    share: float
    vault: Vault = field(init=False)
    rows: dict[bytes, bytes] = field(default_factory=dict)
    numbers: dict[bytes, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    facts: list[NDArray[Any]] = field(default_factory=list)
    moments: list[tuple[NDArray[np.int64], int, Rows, Rows]] = field(default_factory=list)
    stream_ms: int = NEVER_MS

    def __post_init__(self) -> None:
        self.vault = Vault(_SECRET, self.settings.tenant)

    def absorb(self, records: list[SourceRecord]) -> None:
        """Fold an hour's records into the users' rows."""
        if not records:
            return
        batch = accept(records, self.stream_ms, self.settings, self.vault, NO_REFUSALS)
        self.stream_ms = int(batch.stream_ms[-1])
        self.names |= batch.names
        state = self._state(batch.keys)
        batch = deduplicate(batch, state, self.settings)
        wave = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
        aggregate(state, wave, self.settings)
        self.rows |= dict(zip(batch.keys, pack_rows(state), strict=True))
        for key in batch.keys:
            self.numbers.setdefault(key, len(self.numbers))
        number = np.array([self.numbers[key] for key in batch.keys], np.int64)
        facts = batch.facts.copy()
        facts["user"] = number[facts["user"]]
        self.facts.append(facts)

    def look(self, hour: int) -> None:
        """Take the features of (a share of) the known users as this hour begins."""
        keys = [key for key in self.numbers if self._taken(key, hour)]
        now_ms = np.full(len(keys), self.span.start_ms + hour * HOUR_MS)
        state = self._state(keys)
        zones = zones_of(state, self.names.get, self.settings.default_timezone)
        number = np.array([self.numbers[key] for key in keys], np.int64)
        where = whereabouts(state, self.names.get)
        features = user_features(state, now_ms, zones, where, self.settings.half_lives_h)
        steps = user_steps(state, now_ms, zones)
        self.moments.append((number, hour, features, steps))

    def log(self, name: str) -> EventLog:
        """Return everything as columns."""
        facts = np.concatenate(self.facts)
        facts = facts[np.argsort(facts["ts_ms"], kind="stable")]
        user, ts_ms, kind, line = (
            facts[column].astype(np.int64) for column in ("user", "ts_ms", "type", "line")
        )
        return EventLog(
            name, self.settings.default_timezone, np.frombuffer(b"".join(self.numbers), "V16"),
            user, ts_ms, kind, line, facts["item"], facts["category"],
            self.span.start_ms, self.span.hours, self.span.test_hour, self._grid(),
        )  # fmt: skip

    def _grid(self) -> HourGrid:
        users, hours, features, steps = zip(*self.moments, strict=True)
        lengths = [len(user) for user in users]
        return HourGrid(
            np.concatenate(users), np.repeat(np.array(hours, np.int64), lengths),
            np.concatenate(features), np.concatenate(steps),
        )  # fmt: skip

    def _state(self, keys: list[bytes]) -> UserState:
        return unpack_rows(keys, [self.rows.get(key) for key in keys])

    def _taken(self, key: bytes, hour: int) -> bool:
        if self.share >= 1:
            return True
        mixed = (int.from_bytes(key[:8], "little") + hour * _MIX) * _MIX % 2**64
        return mixed < self.share * 2**64


def _span(times: list[int], zone: str) -> Span:
    index, table = zone_table([zone], times[0], times[0])
    offset_ms = int(table.offset_ms(index, np.array([times[0]]))[0])
    start_ms = (times[0] + offset_ms) // DAY_MS * DAY_MS - offset_ms
    return Span(start_ms, int(-(-(times[-1] + 1 - start_ms) // DAY_MS)) * 24)


def _share(log: list[SourceRecord], span: Span) -> float:
    """Which share of the moments is kept: users known at each hour, summed, against the most."""
    first: dict[bytes | None, int] = {}
    for record in log:
        first.setdefault(record.key, record.timestamp_ms)
    moments = sum(max(span.end_ms - ms, 0) // HOUR_MS for ms in first.values())
    return min(1.0, MOST_MOMENTS / max(moments, 1))
