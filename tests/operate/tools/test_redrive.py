"""Redriving dead letters: original bytes, exactly once, and nothing that cannot be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from schemas.tables import DeadLetter, SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.options import merged
from streams.operate.tools.feed import producing
from streams.operate.tools.reading import read_all
from streams.operate.tools.redrive import Filter, chosen, opened, redrive
from streams.pipeline.accept import dead_letter_output
from streams.settings import Settings

INPUTS = merged(Settings())[:-1]
NO_INPUTS = (
    "ticks",
    "globals",
    "recommendations",
    "dead-letters",
    "social",
    "../clicks",
    "clicks ",
)
PUT_DOWN_MS = 1_700_000_000_000
HAPPENED_MS = 1_480_000_000_000


def letter(
    value: bytes | None, reason: DeadReason = DeadReason.NOT_JSON, topic: str = "clicks",
    key: bytes | None = b"user", offset: int = 0,
) -> ConsumerRecord[bytes, bytes]:  # fmt: skip
    """A dead letter as it lies on its topic."""
    record = SourceRecord(topic, 0, offset, HAPPENED_MS, key, value)
    output = dead_letter_output(DeadLetter(record, reason, "it is so"))
    return ConsumerRecord(
        "dead-letters", 0, offset, PUT_DOWN_MS, 0, output.key, output.value, None, 0, 0,
        list(output.headers),
    )  # fmt: skip


def test_a_letter_gives_back_the_original_record() -> None:
    found = opened(letter(b"\xff\x00raw"), INPUTS)
    assert found.record == SourceRecord("clicks", 0, 0, HAPPENED_MS, b"user", b"\xff\x00raw")
    assert found.unfit == ""


def test_a_letter_of_one_field_is_left_alone_its_record_was_accepted() -> None:
    record = SourceRecord("clicks", 0, 0, HAPPENED_MS, b"user", b"{}")
    partial = dead_letter_output(
        DeadLetter(record, DeadReason.BAD_PRICE, "it is so", "price_minor")
    )
    given = letter(b"{}")
    given.headers[:] = partial.headers
    assert opened(given, INPUTS).unfit == "partial"


@pytest.mark.parametrize("reason", [DeadReason.RECORD_TS_FUTURE, DeadReason.RECORD_TS_IMPOSSIBLE])
def test_a_letter_whose_time_was_the_fault_goes_back_with_the_time_it_was_put_down(
    reason: DeadReason,
) -> None:
    assert opened(letter(b"{}", reason), INPUTS).record.timestamp_ms == PUT_DOWN_MS


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (letter(b"x" * 600_000), "truncated"),
        (letter(b"x", key=b"k" * 5_000), "truncated"),
        (letter(None, key=None), "empty"),
        (letter(b"x", topic=""), "without_origin"),
        *((letter(b"x", topic=name), "no_input") for name in NO_INPUTS),
        (letter(None), ""),
        (letter(b"x", key=None), ""),
    ],
)
def test_a_letter_that_cannot_be_sent_says_why(
    given: ConsumerRecord[bytes, bytes], why: str
) -> None:
    assert opened(given, INPUTS).unfit == why


def test_a_letter_says_where_its_record_lies() -> None:
    assert (
        opened(letter(b"x" * 600_000, offset=12), INPUTS).origin == "clicks partition 0 offset 12"
    )


@pytest.mark.parametrize(
    ("wanted", "offsets"),
    [
        (Filter(), [0, 1, 2]),
        (Filter(reason="not_json"), [0, 2]),
        (Filter(topic="purchases"), [2]),
        (Filter(reason="ts_future", topic="purchases"), []),
        (Filter(since_ms=PUT_DOWN_MS), [0, 1, 2]),
        (Filter(since_ms=PUT_DOWN_MS + 1), []),
    ],
)
def test_a_filter_takes_what_it_names(wanted: Filter, offsets: list[int]) -> None:
    letters = [
        letter(b"a", offset=0),
        letter(b"b", DeadReason.TS_FUTURE, offset=1),
        letter(b"c", topic="purchases", offset=2),
    ]
    assert [found.record.offset for found in chosen(letters, wanted, INPUTS)] == offsets


def test_each_combination_of_reason_and_topic_has_its_own_place() -> None:
    names = {Filter(r, t).name for r in (None, "a", "b") for t in (None, "a", "b")}
    assert len(names) == 9
    assert Filter("a", since_ms=1).name == Filter("a").name


async def put_down(own: Settings, letters: Iterable[ConsumerRecord[bytes, bytes]]) -> None:
    async with producing(own) as producer:
        for found in letters:
            await producer.send(
                own.topic("dead-letters"), found.value, found.key, partition=found.offset % 2,
                timestamp_ms=found.timestamp, headers=list(found.headers),
            )  # fmt: skip


async def values(own: Settings, topic: str) -> list[bytes | None]:
    return sorted((r.value for r in await read_all(own, topic)), key=lambda v: v or b"")


def many(n: int) -> list[ConsumerRecord[bytes, bytes]]:
    return [letter(b"%05d" % i, offset=i) for i in range(n)]


@pytest.mark.kafka
async def test_a_letter_that_names_another_topic_is_counted_and_not_sent(own: Settings) -> None:
    await put_down(own, [letter(b"forged", topic="recommendations"), letter(b"sound", offset=1)])
    counts = await redrive(own, Filter())
    assert (counts["sent"], counts["no_input"]) == (1, 1)
    assert await values(own, "recommendations") == []
    assert await values(own, "clicks") == [b"sound"]


@pytest.mark.kafka
async def test_letters_go_back_once_with_key_bytes_and_time(own: Settings) -> None:
    await put_down(own, [*many(1_200), letter(b"x" * 600_000)])
    cut: list[str] = []
    counts = await redrive(own, Filter(), cut=cut.append)
    assert cut == ["clicks partition 0 offset 0"]
    assert counts["read"] == 1_201
    assert counts["sent"] == counts["reason not_json"] == 1_200
    assert counts["truncated"] == 1
    sent = await read_all(own, "clicks")
    assert sorted(r.value for r in sent) == [b"%05d" % i for i in range(1_200)]
    assert {(r.key, r.timestamp) for r in sent} == {(b"user", HAPPENED_MS)}
    assert (await redrive(own, Filter()))["read"] == 0


@pytest.mark.kafka
async def test_a_dry_run_counts_and_sends_nothing(own: Settings) -> None:
    await put_down(own, many(10))
    assert (await redrive(own, Filter(), dry_run=True))["sent"] == 10
    assert await values(own, "clicks") == []
    assert (await redrive(own, Filter()))["sent"] == 10


@pytest.mark.kafka
async def test_what_one_filter_passed_over_another_finds(own: Settings) -> None:
    await put_down(own, [letter(b"a"), letter(b"b", topic="purchases", offset=1)])
    assert (await redrive(own, Filter(topic="purchases")))["sent"] == 1
    assert (await redrive(own, Filter(topic="clicks")))["sent"] == 1
    assert await values(own, "clicks") == [b"a"]
    assert await values(own, "purchases") == [b"b"]


@pytest.mark.kafka
async def test_a_redrive_that_dies_half_way_repeats_nothing_and_skips_nothing(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_down(own, many(40))
    monkeypatch.setattr("streams.operate.tools.redrive.MOST", 10)
    with pytest.raises(KafkaError):
        await redrive(dying(own, after=23, monkeypatch=monkeypatch), Filter())
    assert len(await values(own, "clicks")) < 40
    monkeypatch.undo()
    await redrive(own, Filter())
    assert await values(own, "clicks") == [b"%05d" % i for i in range(40)]


def dying(own: Settings, after: int, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Make the ``after``-th send of the redrive fail."""
    from aiokafka import AIOKafkaProducer

    send: Callable[..., object] = AIOKafkaProducer.send
    left = [after]

    async def failing(self: AIOKafkaProducer, *args: object, **options: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise KafkaError("the power went")
        return await send(self, *args, **options)  # type: ignore[misc]

    monkeypatch.setattr(AIOKafkaProducer, "send", failing)
    return own
