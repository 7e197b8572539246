"""What the learner makes of the catalogue's words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.learning import T_MS, VIEW, signals

from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.epoch_view import EpochView
from streams.knowledge.shelf import shelf
from streams.learner.described import COLD, COMMON_SHARE, FEW, PER_WORD, Describer
from streams.learner.learner import Learner
from streams.settings import Settings

DAY_MS = 86_400_000
OLD_MS = T_MS - 400 * DAY_MS


def catalogue(*told, created_ms=OLD_MS):
    """``told``: (item, title) or (item, title, created_ms[, embedding])."""
    made = Catalogue()
    for item, title, *more in told:
        created = more[0] if more else created_ms
        record = {"item_id": item, "ts": OLD_MS, "title": title, "created_ts": created}
        if len(more) > 1:
            record["embedding"] = more[1]
        assert made.apply(item.encode(), json.dumps(record).encode(), 0) is None
    return made


SHOP = (
    ("kettle", "Steel kettle, red"),
    ("chair", "Garden chair"),
    ("new", "Copper kettle", T_MS - DAY_MS),
)


def learned(shop, seen=("kettle", "chair"), users=3, now_ms=T_MS):
    """Everybody saw what was ``seen``."""
    learner = Learner(Settings())
    learner.absorb(
        signals(
            [
                (user, hash64(item), 0, VIEW, T_MS - 1)
                for user in range(1, users + 1)
                for item in seen
            ]
        )
    )
    learner.read(shelf(shop, learner.known(), now_ms))
    return EpochView.decode(learner.epoch(1, now_ms, 0))


def items_of(lists, key):
    return lists[hash64(key)][0].tolist()


def test_an_item_that_nobody_met_is_among_what_it_is_described_like():
    epoch = learned(catalogue(*SHOP))
    assert items_of(epoch.described, "kettle") == [hash64("new")]
    assert items_of(epoch.described, "chair") == []


def test_the_shops_embedding_alone_places_it_too():
    told = (("kettle", [1.0, 0.1]), ("chair", [0.0, 1.0]))
    old = [(item, None, OLD_MS, vector) for item, vector in told]
    epoch = learned(catalogue(*old, ("new", None, T_MS - DAY_MS, [2.0, 0.0])))
    assert items_of(epoch.described, "kettle") == [hash64("new")]
    assert items_of(epoch.described, "chair") == []


def test_without_its_words_or_once_people_know_it_it_is_not():
    silent = catalogue(*SHOP[:2], ("new", "Umbrella", T_MS - DAY_MS))
    assert not len(learned(silent).described)
    assert not len(learned(catalogue(*SHOP), seen=("kettle", "new"), users=COLD).described)
    assert len(learned(catalogue(*SHOP), seen=("kettle", "new"), users=COLD - 1).described)


def test_what_is_long_there_or_from_the_future_is_not_launched():
    for created_ms in (OLD_MS, T_MS + DAY_MS):
        shop = catalogue(*SHOP[:2], ("new", "Copper kettle", created_ms))
        assert not len(learned(shop).described)


def test_words_of_titles_find_items_those_that_people_meet_first():
    epoch = learned(catalogue(*SHOP))
    assert items_of(epoch.words, "kettle") == [hash64("kettle"), hash64("new")]
    assert items_of(epoch.words, "garden") == [hash64("chair")]
    assert items_of(epoch.words, "umbrella") == []


def test_the_rarer_word_says_more():
    epoch = learned(catalogue(*SHOP))
    (rare, *_), (common, *_) = (epoch.words[hash64(word)][1].tolist() for word in ("red", "kettle"))
    assert rare > common > 0


def test_a_word_of_nearly_all_items_finds_nothing_and_lists_end():
    many = [(f"thing{n}", f"the item {n % 2}") for n in range(2 * FEW)]
    epoch = learned(catalogue(*many), seen=[item for item, _ in many])
    assert items_of(epoch.words, "the") == []
    assert 2 * FEW * COMMON_SHARE < FEW
    assert len(items_of(epoch.words, "1")) == min(FEW, PER_WORD)


@pytest.mark.parametrize("items", [2, 4, FEW])
def test_however_few_items_there_are_a_word_of_nearly_all_finds_nothing(items):
    few = [(f"thing{n}", f"lamp for {'rooms' if n % 2 else 'halls'}") for n in range(items)]
    epoch = learned(catalogue(*few), seen=[item for item, _ in few])
    assert items_of(epoch.words, "for") == items_of(epoch.words, "lamp") == []
    assert items_of(epoch.words, "rooms") != []


def test_the_words_of_the_only_item_find_it():
    epoch = learned(catalogue(SHOP[0]))
    assert items_of(epoch.words, "kettle") != []


def test_without_a_catalogue_nothing_is_said():
    epoch = learned(Catalogue())
    assert not len(epoch.described)
    assert not len(epoch.words)


def test_texts_are_read_again_only_when_something_was_launched(monkeypatch):
    shop, describer = catalogue(*SHOP[:2]), Describer()
    occurred = {hash64("kettle"): 3, hash64("chair"): 3}
    known = np.array(list(occurred), np.uint64)
    first = describer.say(shelf(shop, known, T_MS), occurred, T_MS)
    assert describer.say(shelf(shop, known, T_MS), occurred, T_MS + 1) is first
    record = {"item_id": "new", "ts": T_MS, "title": "Copper kettle"}
    shop.apply(b"new", json.dumps(record).encode(), 0)
    second = describer.say(shelf(shop, known, T_MS + 1), occurred, T_MS + 1)
    assert list(second.alike) == [hash64("new")]


def test_words_are_hashed_as_the_deployment_hashes_them():
    learner = Learner(Settings(), word=lambda word: len(word))
    learner.absorb(signals([(1, hash64("chair"), 0, VIEW, T_MS - 1)]))
    learner.read(shelf(catalogue(SHOP[1]), learner.known(), T_MS))
    assert set(learner.epoch(1, T_MS, 0).words) == {len("garden"), len("chair")}
