from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates import gather
from streams.pipeline.candidates.catalogue_news import BEST_SCORE, SOURCE
from streams.settings import Settings

VIEW, FAV = EventType.VIEW, EventType.FAV
DROP, ARRIVAL, OTHER = TriggerKind.PRICE_DROP, TriggerKind.NEW_ARRIVAL, TriggerKind.CONTEXT_CHANGE


def test_the_changed_item_is_proposed_to_who_is_asked_about_it(build):
    due = build.due([[], []], kinds=[ARRIVAL, OTHER], items=["kettle", "kettle"])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    assert found == {(0, hash64("kettle")): pytest.approx(BEST_SCORE)}


def test_news_are_about_their_item_alone_and_others_see_what_they_saw(build):
    shared = build.shared(trending={"teapot": 1.0, "kettle": 0.5})
    history = [[("kettle", VIEW, 1), ("cup", FAV, 2)]] * 2
    due = build.due(history, kinds=[DROP, OTHER], items=["kettle", None])
    plain = build.due(history, kinds=[OTHER, OTHER])
    found, usual = (build.rows(gather(each, shared, Settings())) for each in (due, plain))
    assert {item for row, item in found if row == 0} == {hash64("kettle")}
    mine = {item: score for (row, item), score in found.items() if row == 1}
    assert mine == {item: score for (row, item), score in usual.items() if row == 1}


def test_what_is_sold_out_again_is_no_news(build):
    shared = build.shared(catalogue=[{"item_id": "kettle", "stock": 0}], trending={"cup": 1.0})
    due = build.due([[("kettle", FAV, 1)]], kinds=[TriggerKind.RESTOCK], items=["kettle"])
    assert not len(gather(due, shared, Settings()))
