from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine.ready import why_not
from streams.engine.topic_view import TopicView
from streams.engine.topic_watch import raised, unread


def app(**more: Any) -> SimpleNamespace:
    known = more.pop("known", True)
    ready = SimpleNamespace(is_set=lambda: known)
    engine = SimpleNamespace(halted=more.pop("halted", ""), ready=ready)
    return SimpleNamespace(engine=engine, **{"rebalancing": False, "in_recovery": False, **more})


def test_a_worker_that_takes_records_in_is_ready() -> None:
    assert why_not(app()) == ""


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"rebalancing": True}, "being assigned"),
        ({"in_recovery": True}, "their state is being read"),
        ({"known": False}, "epochs are still being read"),
        ({"known": False, "in_recovery": True, "halted": "topic x has 8"}, "topic x has 8"),
    ],
)
def test_a_worker_that_does_not_says_why(state: dict[str, Any], reason: str) -> None:
    assert reason in why_not(app(**state))


def test_another_number_of_partitions_is_named_with_the_way_out() -> None:
    four, eight = (TopicView(b"", (1,) * n, (1,) * n) for n in (4, 8))
    assert raised({"clicks": four, "context": four}, 4) == ""
    said = raised({"clicks": four, "context": eight}, 4)
    assert said.startswith("topic context has 8 partitions, the state has 4")
    assert "another app_id" in said


def test_partitions_of_the_catalogue_that_nobody_reads_are_named_with_the_way_out() -> None:
    four, eight = (TopicView(b"", (1,) * n, (1,) * n) for n in (4, 8))
    assert unread(four, "catalog", 4) == ""
    assert unread(None, "catalog", 4) == ""
    said = unread(eight, "catalog", 4)
    assert said.startswith("topic catalog has 8 partitions, of which 4 are read")
    assert "anew with 4 partitions" in said
