from __future__ import annotations

import pytest

from streams.engine.log_check import RecreatedError
from streams.engine.store import StateStore
from streams.engine.topic_ids import ids_of, pack, refuse_made_again, unpack
from streams.engine.topic_view import UNKNOWN_ID, TopicView

IDS = {"clicks": b"a", "log": b"b"}


def test_topics_that_keep_their_ids_are_fine_also_while_one_is_not_seen() -> None:
    refuse_made_again(IDS, IDS, "log")
    refuse_made_again(IDS, {"clicks": b"a"}, "log")
    refuse_made_again({}, IDS, "log")


@pytest.mark.parametrize(
    ("topic", "remedy"), [("clicks", "another app_id"), ("log", "kairos recover")]
)
def test_a_topic_with_another_id_is_refused_with_the_remedy(topic: str, remedy: str) -> None:
    with pytest.raises(RecreatedError, match=rf"topic {topic} was deleted .*{remedy}"):
        refuse_made_again(IDS, {**IDS, topic: b"c"}, "log")


def test_a_broker_that_tells_no_ids_is_believed() -> None:
    views = {"clicks": TopicView(UNKNOWN_ID, (1,), (1,)), "log": TopicView(b"b" * 16, (1,), (1,))}
    assert ids_of(views) == {"log": b"b" * 16}


def test_a_row_of_ids_reads_as_it_was_written_and_older_states_have_none() -> None:
    assert unpack(pack(IDS)) == IDS
    assert unpack(None) == {}


def test_ids_stay_beside_the_rows_until_others_are_noted(state: StateStore) -> None:
    state.note_topic_ids(0, IDS)
    state.note_topic_ids(0, {"log": b"c", "social": b"d"})
    assert state.topic_ids(0) == {"clicks": b"a", "log": b"c", "social": b"d"}
    assert state.is_new(0)
