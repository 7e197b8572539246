from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.learning import T_MS, VIEW, signals

from schemas.globals import Signals
from streams.learner.learner import Bounds, Learner
from streams.settings import Settings

BYTES = st.binary(max_size=40)


@given(
    st.builds(
        Signals, schema_version=st.integers(0, 3), partition=st.integers(-(2**63), 2**64 - 1),
        stream_ms=st.integers(-(2**63), 2**64 - 1), users=BYTES, items=BYTES, categories=BYTES,
        types=BYTES, ts_ms=BYTES, names=st.dictionaries(st.integers(), st.text(max_size=5)),
        cells=BYTES, pushed=BYTES, pushed_ms=BYTES, segments=BYTES, shared=BYTES, unshared=BYTES,
    )
)  # fmt: skip
@settings(max_examples=examples(300), deadline=None)
def test_what_is_refused_changes_nothing_and_what_is_not_is_counted(odd):
    learner, untouched = (Learner(Settings(), Bounds(chunk=1)) for _ in range(2))
    try:
        learner.check(odd)
    except (ValueError, OverflowError):
        with pytest.raises((ValueError, OverflowError)):
            learner.absorb(odd)
        epochs = [each.epoch(1, T_MS, 0) for each in (learner, untouched)]
        assert msgspec.msgpack.encode(epochs[0]) == msgspec.msgpack.encode(epochs[1])
    else:
        learner.absorb(odd)
        learner.epoch(1, T_MS, 0)
        assert learner.left_out() == []


@pytest.mark.parametrize("ts_ms", [-1, -(2**63), 4_102_444_800_001, 2**63 - 1])
def test_a_time_that_no_calendar_has_is_refused(ts_ms):
    with pytest.raises(ValueError, match="1970 and 2100"):
        Learner(Settings()).check(signals([(1, 1, 0, VIEW, ts_ms), (1, 1, 0, VIEW, T_MS)]))
