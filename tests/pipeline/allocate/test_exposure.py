from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from support.due import EVENING_MS, Person, candidate_set, due_users

from schemas.globals import Epoch
from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import EpochView, Shared
from streams.pipeline.allocate.diversity import diversify
from streams.pipeline.allocate.ranking import ranked
from streams.settings import Settings

A, B, C = (hash64(item) for item in ("a", "b", "c"))


def knowledge(exposure=(), cold_share=None, known=(), sellers=()):
    items, shares = zip(*exposure, strict=True) if exposure else ((), ())
    near = (np.array([1], "<u8").tobytes(), np.array([0.5], "<f4").tobytes())
    epoch = Epoch(
        number=1, holds_from_ms=0, cold_share=cold_share, neighbours=dict.fromkeys(known, near),
        exposure=(np.array(items, "<u8").tobytes(), np.array(shares, "<f4").tobytes()),
    )  # fmt: skip
    catalogue = Catalogue()
    for item, seller in sellers:
        body = {"item_id": item, "ts": EVENING_MS, "seller_id": seller}
        assert catalogue.apply(item.encode(), json.dumps(body).encode(), 0) is None
    return Shared(EpochView.decode(epoch), catalogue)


def penalties(shared, **told):
    """Anna is offered a, b and c; Bert is offered a alone."""
    due = due_users(Person(), Person())
    pairs = candidate_set((0, A, 0.5, 0.5), (0, B, 0.4, 0.5), (0, C, 0.3, 0.5), (1, A, 0.5, 0.5))
    found = diversify(due, pairs, shared, Settings(**told))
    return found if found.penalty is None else (found.penalty.tolist(), ranked(found, 2))


def test_all_is_off_by_default():
    shared = knowledge([(A, 0.9)], cold_share=0.0, sellers=[("a", "shop")])
    assert penalties(shared).penalty is None


def test_an_item_over_its_ceiling_comes_last_and_alone_is_still_said():
    shared = knowledge([(A, 0.3), (B, 0.2)])
    assert penalties(shared, item_ceiling=0.25) == ([1, 0, 0, 1], [[1, 2, 0], [3]])
    assert penalties(shared, item_ceiling=0.5)[0] == [0] * 4


def test_a_sellers_items_count_together():
    sellers = [("a", "big"), ("b", "big"), ("c", "small")]
    shared = knowledge([(A, 0.3), (B, 0.3), (C, 0.4)], sellers=sellers)
    assert penalties(shared, seller_ceiling=0.5)[0] == [1, 1, 0, 1]
    nobody = knowledge([(A, 0.3), (B, 0.3)])
    assert penalties(nobody, seller_ceiling=0.5)[0] == [0] * 4


@pytest.mark.parametrize(("cold_share", "short"), [(0.0, 1.0), (0.05, 0.5), (0.1, 0.0), (0.4, 0.0)])
def test_known_items_give_way_to_a_cold_one_while_cold_ones_had_too_little(cold_share, short):
    shared = knowledge(cold_share=cold_share, known=(A, B))
    assert penalties(shared, cold_floor=0.1)[0] == [pytest.approx(short)] * 2 + [0, 0]


def test_without_pushes_or_an_epoch_no_limit_holds():
    assert penalties(knowledge(known=(A, B)), cold_floor=0.5).penalty is None
    nothing = Shared(None, Catalogue())
    assert penalties(nothing, cold_floor=0.5, item_ceiling=0.1, seller_ceiling=0.1).penalty is None


def test_the_epoch_survives_its_bytes():
    epoch = Epoch(number=1, holds_from_ms=0, cold_share=0.25)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(epoch), type=Epoch)
    assert EpochView.decode(again).cold_share == 0.25
