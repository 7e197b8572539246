"""Headers of dead letters that nobody of us wrote: null, no text, numbers that are none."""

from __future__ import annotations

import pytest
from aiokafka.structs import ConsumerRecord

from schemas.vocabulary import DeadReason
from streams.operate.tools.letter_headers import LARGEST, number, texts
from streams.operate.tools.redrive import opened
from streams.operate.tools.verdicts import verdicts
from streams.settings import Settings

PUT_DOWN_MS = 1_700_000_000_000
NO_NUMBERS = (None, b"", b"-1", b"1e3", b" 7", b"9" * 5_000, b"%d" % (LARGEST + 1), "٣".encode())


def letter(*headers: tuple[str, bytes | None]) -> ConsumerRecord[bytes, bytes]:
    """A dead letter with these headers and no others."""
    return ConsumerRecord("dead-letters", 0, 5, PUT_DOWN_MS, 0, b"anna", b"{}", None, 0, 0, headers)  # type: ignore[arg-type]


def test_a_header_without_a_value_says_nothing() -> None:
    assert texts(letter(("a", None), ("b", b"x\xff"))) == {"a": "", "b": "x\ufffd"}


@pytest.mark.parametrize("told", NO_NUMBERS)
def test_what_is_no_number_of_kafkas_is_none(told: bytes | None) -> None:
    assert number((told or b"").decode()) is None


@pytest.mark.parametrize("told", [0, 7, LARGEST])
def test_a_number_is_read(told: int) -> None:
    assert number(str(told)) == told


@pytest.mark.parametrize("told", NO_NUMBERS)
def test_a_letter_whose_time_cannot_be_goes_back_with_the_time_it_was_put_down(
    told: bytes | None,
) -> None:
    found = opened(letter(("kairos-topic", b"clicks"), ("kairos-timestamp-ms", told)), ["clicks"])
    assert (found.record.timestamp_ms, found.unfit) == (PUT_DOWN_MS, "")


@pytest.mark.parametrize("told", NO_NUMBERS)
def test_a_letter_whose_offset_cannot_be_is_no_verdict(told: bytes | None) -> None:
    reason = DeadReason.INTERNAL_ERROR.encode()
    headers = (("kairos-topic", b"clicks"), ("kairos-reason", reason), ("kairos-offset", told))
    assert verdicts([letter(*headers)], Settings()) == {}
