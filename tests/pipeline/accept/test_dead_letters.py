from __future__ import annotations

import hashlib

import msgspec
from support.inputs import CLICK, record, run

from schemas.decision import LateEvent
from schemas.tables import DeadLetter, SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import dead_letter_output, late_output


def letter(key, value, topic="clicks"):
    return DeadLetter(SourceRecord(topic, 3, 17, 99, key, value), DeadReason.NOT_JSON, "why")


def test_bytes_stay_and_the_reason_is_in_the_headers():
    output = dead_letter_output(letter(b"\xff\x00", b"\x00\xfe{", "shop.clicks"), "shop.")
    assert (output.topic, output.key, output.value) == ("dead-letters", b"\xff\x00", b"\x00\xfe{")
    assert dict(output.headers) == {
        "kairos-reason": b"not_json",
        "kairos-sentence": b"why",
        "kairos-topic": b"clicks",
        "kairos-partition": b"3",
        "kairos-offset": b"17",
        "kairos-timestamp-ms": b"99",
    }


def test_a_null_key_and_a_null_value_stay_null():
    output = dead_letter_output(letter(None, None))
    assert (output.key, output.value) == (None, None)


def test_half_a_mebibyte_stays_whole():
    value = b"x" * 512 * 1024
    output = dead_letter_output(letter(b"k", value))
    assert output.value == value
    assert "kairos-length" not in dict(output.headers)


def test_a_larger_value_is_cut_and_described():
    value = bytes(range(256)) * 2048 + b"!"
    output = dead_letter_output(letter(b"k", value))
    headers = dict(output.headers)
    assert output.value == value[: 64 * 1024]
    assert headers["kairos-length"] == str(len(value)).encode()
    assert headers["kairos-sha256"] == hashlib.sha256(value).hexdigest().encode()


def test_what_accept_refuses_comes_out_as_it_went_in():
    (dead,) = run(record("clicks", CLICK | {"event": "stare"})).dead
    output = dead_letter_output(dead)
    assert output.value == dead.record.value
    assert dict(output.headers)["kairos-reason"] == b"unknown_event"


def test_a_late_event_is_ledgered_under_its_pseudonym():
    event = LateEvent(
        user="ab" * 16, topic="clicks", partition=0, offset=1, event_hash="0" * 16,
        ts_ms=1, newest_ms=10, late_by_ms=4,
    )  # fmt: skip
    output = late_output(event)
    assert (output.topic, output.key) == ("late", b"ab" * 16)
    assert msgspec.json.decode(output.value, type=LateEvent) == event
