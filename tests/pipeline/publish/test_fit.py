"""A decision fits into a record: its last candidates go, and it says how many."""

from __future__ import annotations

import json

import msgspec
from msgspec.structs import replace
from support.publishing import GRANTED, KETTLE, LONDONER, TEAPOT, tell

from schemas.decision import Decision
from streams.offline.explain import check_choice, check_scores
from streams.pipeline.publish.fit import encode_decision
from streams.shared.sizes import LARGEST_BYTES


def decision(others: int) -> Decision:
    """A decision for the kettle, the first of its candidates but for one, with ``others`` after it."""
    told = tell(LONDONER, pairs=[(0, KETTLE, 0.5, 1.0), (0, TEAPOT, 0.25, 1.0)])
    (raw,) = (output.value for _, output in told.published.outputs if output.topic == "decisions")
    made = msgspec.json.decode(raw, type=Decision)
    kettle, teapot = made.candidates
    more = [replace(teapot, item_id=f"{n:03}" + "\x01" * 250) for n in range(others)]
    return replace(made, candidates=[teapot, *more, kettle])


def test_one_that_fits_stays_as_it_is():
    made = decision(200)
    assert encode_decision(made) == msgspec.json.encode(made)


def test_of_one_that_is_too_large_the_last_candidates_go_but_never_the_chosen_one():
    made = decision(2_000)
    value = encode_decision(made)
    again = json.loads(value)
    dropped = again["numbers"]["candidates_dropped"]
    assert LARGEST_BYTES - 5_000 < len(value) <= LARGEST_BYTES
    assert dropped + len(again["candidates"]) == len(made.candidates)
    assert [c["item_id"] for c in again["candidates"]] == [
        *(c.item_id for c in made.candidates[: len(again["candidates"]) - 1]), "kettle",
    ]  # fmt: skip


def test_what_has_no_room_cannot_be_checked_and_is_not_called_wrong():
    cut = msgspec.json.decode(encode_decision(decision(2_000)), type=Decision)
    for check in (check_scores(cut, None, GRANTED), check_choice(cut, GRANTED)):
        assert check.same is None
        assert "no room" in check.detail
