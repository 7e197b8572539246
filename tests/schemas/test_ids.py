from __future__ import annotations

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import NO_ID, event_hash, hash64


@given(st.sampled_from(["clicks", "purchases", "context"]), st.text(max_size=40))
def test_an_events_hash_is_48_bits_of_topic_nul_and_id(topic, event_id):
    digest = blake2b(f"{topic}\x00{event_id}".encode(), digest_size=6).digest()
    assert event_hash(topic, event_id) == int.from_bytes(digest, "little")


@given(st.text())
def test_a_hash_is_the_documented_blake2b_and_never_none(text):
    assert hash64(text) == int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
    assert hash64(text) != NO_ID


def test_hashes_are_the_same_on_every_machine():
    assert hash64("kettle") == 0xA903FDC1355AF018
    assert event_hash("clicks", "e1") == 0x3B05F6108FB2
