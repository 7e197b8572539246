from __future__ import annotations

import hashlib

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.inputs import CLICK, record, run

from schemas.decision import LateEvent
from schemas.tables import DeadLetter, SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import dead_letter_output, late_output
from streams.shared.sizes import LARGEST_BYTES, size_of


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


def test_a_longer_key_is_cut_and_described_and_of_headers_length_and_hash_stay():
    key = bytes(range(256)) * 16 + b"!"
    record = SourceRecord("clicks", 3, 17, 99, key, b"{}", (("trace", b"abc"), ("x", b"")))
    output = dead_letter_output(DeadLetter(record, DeadReason.KEY_MISMATCH, "why"))
    headers = dict(output.headers)
    assert output.key == key[:1024]
    assert headers["kairos-key-length"] == b"4097"
    assert headers["kairos-key-sha256"] == hashlib.sha256(key).hexdigest().encode()
    assert headers["kairos-headers-length"] == b"9"
    assert headers["kairos-headers-sha256"] == hashlib.sha256(b"traceabcx").hexdigest().encode()


@settings(max_examples=examples(60))
@given(*[st.sampled_from([0, 1, 4_096, 4_097, 65_536, 524_288, 524_289, 1_048_588])] * 3)
def test_no_letter_is_larger_than_what_is_sent_whatever_came(key, value, header):
    headers = (("h" * (header // 2), b"v" * (header - header // 2)),) if header else ()
    record = SourceRecord("clicks", 3, 17, 99, b"k" * key, b"\xff" * value, headers)
    output = dead_letter_output(DeadLetter(record, DeadReason.NOT_JSON, "why"))
    assert size_of(output) <= LARGEST_BYTES
    assert size_of(output) <= key + value + header + 600, "the headers that say why"


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
