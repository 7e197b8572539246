from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.state import NEVER_MS
from schemas.timeline import Timeline

HUGE = 2**62

blocks = st.lists(
    st.tuples(
        st.lists(st.integers(0, 30) | st.just(NEVER_MS), min_size=1, max_size=8).map(sorted),
        st.integers(-5, 0),
    ),
    min_size=1,
    max_size=4,
)
times = st.one_of(st.integers(0, 40), st.just(HUGE))


@given(blocks, times)
def test_joined_every_block_answers_as_it_does_alone(told, due_ms):
    alone = [Timeline.of(np.array(ms, np.int64), before_ms) for ms, before_ms in told]
    joined, start = Timeline.joined(alone), 0
    for number, one in enumerate(alone):
        here = np.array([number])
        mine = np.arange(len(one))
        assert joined.block_of(mine + start).tolist() == [number] * len(one)
        assert joined.before(mine + start).tolist() == one.before(mine).tolist()
        assert joined.last_ms(here) == one.last_ms(np.array([0])) == one.ms[-1]
        (alone_at,) = one.reached(np.array([0]), np.array([due_ms]))
        (at,) = joined.reached(here, np.array([due_ms]))
        assert at == (len(joined) if alone_at == len(one) else alone_at + start)
        start += len(one)


def test_before_its_first_record_a_partition_has_the_stream_time_of_its_last_batch():
    one, other = Timeline.of(np.array([7, 9]), 5), Timeline.of(np.array([3]), 2)
    assert Timeline.joined([one, other]).before(np.arange(3)).tolist() == [5, 7, 2]
