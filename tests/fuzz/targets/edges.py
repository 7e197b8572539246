"""What is read at the edges: dead letters that go back, header names, ticks, the broker's answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import ConsumerRecord
from fuzz.mutate import PLAIN, SECRET, flipped
from fuzz.seeds import NOW_MS
from fuzz.target import Inputs, Target, promise
from fuzz.targets.records import HEADERS, KEYS, SETTINGS

from schemas.tables import DeadLetter, SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.clock import LOG_APPEND_TIME, BrokerClock
from streams.engine.header_names import TolerantRecords
from streams.engine.lineage import HEADER, of_lineage
from streams.engine.options import merged
from streams.engine.progress import Progress
from streams.engine.ticks import CATCH_UP_MS, tick_time
from streams.operate.tools.redrive import Filter, chosen
from streams.operate.tools.verdicts import verdicts
from streams.pipeline.accept import dead_letter_output

LARGEST_MS = 2**63 - 1
INPUTS = merged(SETTINGS)[:-1]
NUMBERS = [number for number in PLAIN if type(number) is int and -(2**63) <= number < 2**63]
TEXTS: tuple[bytes | None, ...] = (
    None, b"", b"\xff", b"9" * 30, b"9" * 5_000, "٣".encode(), b"-1", b"clicks", b"ticks", b"1e3",
    b"record_ts_future", b"internal_error", b"0", str(NOW_MS).encode(), SECRET.encode(),
)  # fmt: skip


# -- dead letters: redrive, and the verdicts that replay and explain read


def _make_letters(rng: random.Random) -> Inputs:
    return [_letter(rng, offset) for offset in range(500)]


def _letter(rng: random.Random, offset: int) -> ConsumerRecord[bytes, bytes]:
    topic = rng.choice(("clicks", "purchases", "ticks", "../clicks"))
    headers = rng.choice(((), *HEADERS))
    key = rng.choice((b"anna", *KEYS))
    record = SourceRecord(topic, 0, offset, NOW_MS, key, rng.choice((None, b"{}")), headers)
    put = dead_letter_output(DeadLetter(record, rng.choice(list(DeadReason)), "it is so"))
    told: list[tuple[str, bytes | None]] = list(put.headers)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(told) or 1)
        name = told[at][0] if told else "kairos-topic"
        told[at : at + rng.randrange(2)] = [(name, rng.choice(TEXTS))]
    return ConsumerRecord(
        "dead-letters", 0, offset, NOW_MS, 0, put.key, put.value, None, 0, 0, tuple(told)
    )  # type: ignore[arg-type]


def _check_letters(letters: Inputs) -> None:
    """A letter goes back to an input topic at a time that a broker takes, or says why it cannot."""
    for letter in chosen(letters, Filter(), INPUTS):
        if not letter.unfit:
            promise(letter.record.topic in INPUTS, "a letter goes elsewhere than to an input topic")
            time_ms = letter.record.timestamp_ms
            promise(0 <= time_ms <= LARGEST_MS, "a letter has a time that no broker takes", time_ms)
    for place in verdicts(letters, SETTINGS):
        promise(0 <= place.offset <= LARGEST_MS, "a verdict is on an offset that cannot be", place)
    of_lineage(letters, "mine", "first")


# -- header names


class _Name(str):
    """What aiokafka's builder in Python asks for the bytes of a header's name."""

    raw = b""

    def encode(self, *_: Any) -> bytes:
        return self.raw


def _name(raw: bytes) -> _Name:
    name = _Name("x")
    name.raw = raw
    return name


def _make_headers(rng: random.Random) -> Inputs:
    sound = (b"kairos-app", "é".encode(), HEADER.encode(), b"")
    return [
        tuple((flipped(rng, rng.choice(sound)), rng.choice((None, b"x"))) for _ in range(rng.randrange(4)))
        for _ in range(100)
    ]  # fmt: skip


def _check_headers(headers: Inputs) -> None:
    """Whatever a header is called, its record is read, and so are those beside it."""
    builder = _DefaultRecordBatchBuilderPy(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=1 << 20,
    )  # fmt: skip
    for offset, some in enumerate(headers):
        told = [(_name(name), value) for name, value in some]
        builder.append(offset, timestamp=7, key=b"k", value=b"%d" % offset, headers=told)
    records, found = TolerantRecords(bytes(builder.build())), []
    while records.has_next():
        found += [(record.value, len(record.headers)) for record in records.next_batch()]
    written = [(b"%d" % offset, len(some)) for offset, some in enumerate(headers)]
    promise(found == written, "a batch is not read as it was written", found)


# -- ticks and the broker's time


def _make_ticks(rng: random.Random) -> Inputs:
    def number() -> int:
        return (
            rng.choice(NUMBERS) if rng.random() < 0.3 else NOW_MS + rng.randrange(-(10**9), 10**9)
        )

    def told(make: Callable[[], int]) -> int | None:
        return None if rng.random() < 0.05 else make()

    return [(told(number), number(), told(number), number()) for _ in range(2_000)]


def _check_ticks(inputs: Inputs) -> None:
    """A tick tells a time between the stream's and the broker's, a quarter of an hour on at the most."""
    for seen_ms, seen_at_ms, stream_ms, broker_ms in inputs:
        tick_ms = tick_time(Progress({}, seen_ms, seen_at_ms), stream_ms, broker_ms)
        if tick_ms is not None:
            promise(stream_ms <= tick_ms <= broker_ms, "a tick goes back, or into the future")
            promise(tick_ms <= stream_ms + CATCH_UP_MS, "a tick leaps")


def _make_clock(rng: random.Random) -> Inputs:
    return [(rng.choice(NUMBERS), rng.choice((0, 1, -1, 2))) for _ in range(2_000)]


def _check_clock(answers: Inputs) -> None:
    """The broker's time is that of its last answer which is one of its clock's."""
    clock, told_ms = BrokerClock(SETTINGS), None
    clock.log = SimpleNamespace(**dict.fromkeys(("error", "warning", "info"), lambda *_: None))
    for time_ms, kind in answers:
        clock._take(SimpleNamespace(timestamp=time_ms, timestamp_type=kind), 0.0, NOW_MS)
        told_ms = time_ms if kind == LOG_APPEND_TIME else told_ms
        promise(clock.ms == told_ms, "the broker's time is another than it said", clock.ms)


TARGETS = {
    "letters": Target(_make_letters, _check_letters, 400),
    "header_names": Target(_make_headers, _check_headers, 300),
    "ticks": Target(_make_ticks, _check_ticks, 400),
    "clock": Target(_make_clock, _check_clock, 200),
}
