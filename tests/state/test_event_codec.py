"""Recent events come back from how they are stored, and look there as the remembered ids do."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.moments import moments
from schemas.state import EVENT, SEEN, Ragged
from streams.state.event_codec import restored, stored

HASHES, WIDE = st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1)
events = st.lists(
    st.tuples(
        st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), HASHES, HASHES,
        st.integers(-1, 2**63 - 1), WIDE, WIDE, WIDE, st.integers(0, 255),
    ),
    max_size=9,
)  # fmt: skip


@given(events)
def test_events_of_any_time_come_back_as_they_were(rows):
    data = np.array(rows, EVENT)
    offsets = np.array([0, len(data)])
    when, whats = (Ragged(part, offsets) for part in stored(data))
    assert restored(when, whats).data.tobytes() == data.tobytes()


@given(events)
def test_a_stored_moment_is_the_remembered_one_byte_for_byte(rows):
    data = np.array(rows, EVENT)
    seen = moments(data["ts_ms"], data["event"])
    assert seen.dtype == SEEN
    assert stored(data)[0].tobytes() == seen.tobytes()
