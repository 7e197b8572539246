"""A verdict that was committed is read, and given by nobody again."""

from __future__ import annotations

from aiokafka.structs import ConsumerRecord

from schemas.tables import DeadLetter, SourceRecord
from schemas.vocabulary import DeadReason
from streams.operate.tools.verdicts import Place, verdicts
from streams.pipeline.accept import dead_letter_output
from streams.settings import Settings

SETTINGS = Settings(topic_prefix="shop.")


def letter(reason: DeadReason, offset: int) -> ConsumerRecord[bytes, bytes]:
    record = SourceRecord("shop.clicks", 3, offset, 1_700_000_000_000, b"user", b"{}")
    output = dead_letter_output(DeadLetter(record, reason, "it is so"), "shop.")
    return ConsumerRecord(
        "shop.dead-letters", 3, 0, 0, 0, output.key, output.value, None, 0, 0, list(output.headers)
    )


def test_only_what_does_not_follow_from_the_record_is_read() -> None:
    letters = [letter(DeadReason.NOT_JSON, 1), letter(DeadReason.RECORD_TS_FUTURE, 2)]
    assert verdicts(letters, SETTINGS) == {Place("shop.clicks", 3, 2): DeadReason.RECORD_TS_FUTURE}


def test_a_letter_of_somebody_else_is_passed_over() -> None:
    strange = letter(DeadReason.RECORD_TS_FUTURE, 2)
    strange.headers[:] = [("kairos-reason", b"record_ts_future"), ("kairos-offset", b"two")]
    assert verdicts([strange], SETTINGS) == {}
