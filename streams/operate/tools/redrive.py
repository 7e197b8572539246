"""Send dead letters back to where they came from, exactly once.

The reading offsets are committed in the same Kafka transaction as the records sent, so a redrive
that is killed and started again neither skips nor repeats a letter. Each filter keeps its own
place: what one filter passed over, another still finds.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.options import merged
from streams.operate.tools.feed import producing
from streams.operate.tools.letter_headers import number, texts
from streams.operate.tools.reading import Span, consuming, places, read, spans
from streams.pipeline.accept.dead_letters import DEAD_TOPIC
from streams.settings import Settings

WRONG_TIME = (DeadReason.RECORD_TS_IMPOSSIBLE, DeadReason.RECORD_TS_FUTURE)
MOST = 500
"""Letters in one transaction."""
CUT = {"kairos-length", "kairos-key-length"}
"""Headers of a letter that has not all of the record: it cannot be sent again from the letter."""
COUNTED = ("read", "sent", "partial", "truncated", "empty", "without_origin", "no_input")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters: by reason code, by topic (without prefix), not older than a time (ms UTC)."""

    reason: str | None = None
    topic: str | None = None
    since_ms: int | None = None

    def takes(self, reason: str, topic: str, letter_ms: int) -> bool:
        """Whether a letter with these headers, put down at ``letter_ms``, is meant."""
        return (
            self.reason in (None, reason)
            and self.topic in (None, topic)
            and (self.since_ms is None or letter_ms >= self.since_ms)
        )

    @property
    def name(self) -> str:
        """A short name of the reason and topic asked for: whose place in the letters it is."""
        asked = "\x00".join((self.reason or "", self.topic or ""))
        return hashlib.sha256(asked.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter, told from its headers; ``unfit`` says why it cannot be sent, "" if it can.

    ``origin``: topic, partition and offset where the record itself lies, as long as it is kept there.
    """

    record: SourceRecord
    reason: str
    origin: str
    unfit: str = ""


def opened(letter: ConsumerRecord[bytes, bytes], inputs: Collection[str]) -> Letter:
    """Return the original record: key and value as they came, its topic, its Kafka time.

    Where that time was the fault it goes back with the time at which it was put down.
    ``inputs``: topics that may be written to (without prefix); headers may say what they like.
    """
    headers = texts(letter)
    topic, reason = headers.get("kairos-topic", ""), headers.get("kairos-reason", "")
    time_ms = None if reason in WRONG_TIME else number(headers.get("kairos-timestamp-ms", ""))
    record = SourceRecord(
        topic,
        letter.partition,
        letter.offset,
        letter.timestamp if time_ms is None else time_ms,
        letter.key,
        letter.value,
    )
    place = (headers.get(f"kairos-{name}", "?") for name in ("partition", "offset"))
    origin = "{} partition {} offset {}".format(topic, *place)
    return Letter(record, reason, origin, _unfit(headers, record, inputs))


def _unfit(headers: dict[str, str], record: SourceRecord, inputs: Collection[str]) -> str:
    if not record.topic:
        return "without_origin"
    if record.topic not in inputs:
        return "no_input"
    if "kairos-partial" in headers:
        return "partial"
    if CUT & headers.keys():
        return "truncated"
    if record.key is None and record.value is None:
        return "empty"
    return ""


def chosen(
    letters: Iterable[ConsumerRecord[bytes, bytes]], wanted: Filter, inputs: Collection[str]
) -> Iterator[Letter]:
    """Yield the letters that the filter takes."""
    for raw in letters:
        letter = opened(raw, inputs)
        if wanted.takes(letter.reason, letter.record.topic, raw.timestamp):
            yield letter


async def redrive(
    settings: Settings,
    wanted: Filter,
    dry_run: bool = False,
    cut: Callable[[str], None] = lambda _: None,
) -> Counter[str]:
    """Send what is there now back to its topics; return the counts.

    ``cut`` is told where the record of a letter that was cut lies. Keys: ``read``, ``sent`` (with
    ``dry_run``: would be sent), ``partial`` (the record was accepted: a correction needs a new event_id), ``truncated``, ``empty``,
    ``without_origin``, ``no_input`` (from
    elsewhere than an input topic), and ``reason <code>`` for each letter sent.

    Raises:
        KafkaError: the broker is gone, or another redrive of this filter took over.
    """
    counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    inputs = [*merged(settings)[:-1], "catalog"]  # the last of those are the ticks, which are ours
    group = f"{settings.app_id}-redrive-{wanted.name}"
    async with consuming(settings, group_id=group) as consumer:
        span = await _unread(settings, consumer)
        if dry_run:
            async for part in read(consumer, span, MOST):
                _sort(part, wanted, inputs, counts, cut)
            return counts
        async with producing(settings, transactional_id=group) as producer:
            span = await _unread(settings, consumer)  # the fenced one may have moved it
            async for part in read(consumer, span, MOST):
                letters = _sort(part, wanted, inputs, counts, cut)
                await _send(settings, producer, letters, _after(part), group)
    return counts


def _sort(
    part: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]],
    wanted: Filter,
    inputs: Collection[str],
    counts: Counter[str],
    cut: Callable[[str], None],
) -> list[Letter]:
    """Count a part and return what can be sent of it."""
    raw = [record for records in part.values() for record in records]
    letters = list(chosen(raw, wanted, inputs))
    fit = [letter for letter in letters if not letter.unfit]
    counts["read"] += len(raw)
    counts["sent"] += len(fit)
    for letter in letters:
        if letter.unfit == "truncated":
            cut(letter.origin)
    counts.update(letter.unfit for letter in letters if letter.unfit)
    counts.update(f"reason {letter.reason}" for letter in fit)
    return fit


async def _unread(settings: Settings, consumer: AIOKafkaConsumer) -> Span:
    """Return what is there and not yet behind this filter: a re-sent letter may die again."""
    letters = await places(settings, [settings.topic(DEAD_TOPIC)])
    consumer.assign(letters)
    unread: Span = {}
    for place, (first, after) in (await spans(consumer, letters)).items():
        done = await consumer.committed(place)
        unread[place] = (max(first, done or 0), after)
    return unread


def _after(
    part: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]],
) -> dict[TopicPartition, int]:
    return {place: records[-1].offset + 1 for place, records in part.items() if records}


async def _send(
    settings: Settings,
    producer: AIOKafkaProducer,
    letters: list[Letter],
    offsets: dict[TopicPartition, int],
    group: str,
) -> None:
    async with producer.transaction():
        for letter in letters:
            record = letter.record
            await producer.send(
                settings.topic(record.topic), record.value, record.key,
                timestamp_ms=record.timestamp_ms,
            )  # fmt: skip
        await producer.send_offsets_to_transaction(offsets, group)
