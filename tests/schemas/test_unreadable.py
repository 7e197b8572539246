"""Bytes that are no message: whatever they are, a reader catches what decoding them raises."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.globals import Epoch, EpochHead, Signals, Snapshot
from schemas.parts import Part
from schemas.unreadable import UNREADABLE
from streams.engine.lineage import Publisher
from streams.state.marker import Marker

MESSAGES = (Epoch, EpochHead, Signals, Snapshot, Part, Publisher, Marker)
TEXT_THAT_IS_NONE = msgspec.msgpack.encode({"app_id": "ab", "first": "ab"}).replace(b"ab", b"a\xff")
DEEP = b"\x91" * 5_000 + b"\xc0"


@pytest.mark.parametrize("message", MESSAGES)
@settings(max_examples=examples(200), deadline=None)
@given(value=st.one_of(st.binary(max_size=40), st.just(TEXT_THAT_IS_NONE), st.just(DEEP)))
def test_decoding_any_bytes_raises_nothing_else(message, value):
    with suppress(*UNREADABLE):
        msgspec.msgpack.decode(value, type=message)


def test_text_that_is_no_utf8_is_none_of_msgspecs_own_errors():
    with pytest.raises(UnicodeError) as raised:
        msgspec.msgpack.decode(TEXT_THAT_IS_NONE, type=Publisher)
    assert not isinstance(raised.value, msgspec.MsgspecError)
