from __future__ import annotations

import pytest

from streams.engine.log_check import RecreatedError
from streams.engine.topic_view import TopicView
from streams.engine.topic_watch import refuse_made_again


def view(name: bytes) -> TopicView:
    return TopicView(name, (1,), (1,))


def test_topics_that_keep_their_ids_are_fine_also_while_one_is_not_seen() -> None:
    before = {"clicks": view(b"a"), "log": view(b"b")}
    refuse_made_again(before, before, "log")
    refuse_made_again(before, {"clicks": view(b"a")}, "log")
    refuse_made_again({}, before, "log")


@pytest.mark.parametrize(
    ("topic", "remedy"), [("clicks", "another app_id"), ("log", "kairos recover")]
)
def test_a_topic_with_another_id_is_refused_with_the_remedy(topic: str, remedy: str) -> None:
    before = {"clicks": view(b"a"), "log": view(b"b")}
    with pytest.raises(RecreatedError, match=rf"topic {topic} was deleted .*{remedy}"):
        refuse_made_again(before, {**before, topic: view(b"c")}, "log")
