"""What describes items: first categories of events, newest words of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from offline.evaluation.items.test_moments import BEGIN, SETTINGS, shop
from support.records import Log

from models.evaluate.items.contest import add_baselines, judge
from schemas.ids import hash64
from streams.offline.evaluation.items.attributes import attributes
from streams.offline.evaluation.items.moments import read_log
from streams.offline.evaluation.items.questions import questions


def described(*told, future=()):
    """A log with catalogue records (item, title)."""
    records = Log()
    for item, title in told:
        records.add("catalog", item, {"item_id": item, "ts": BEGIN, "title": title}, BEGIN)
    every = [*records.records, *shop(future=future)]
    return read_log(sorted(every, key=lambda record: record.timestamp_ms), SETTINGS)


def likeness(log, *names):
    """Words that each pair of items shares."""
    known = np.unique(log.facts["item"])
    table = attributes((log,), known, lambda items: np.searchsorted(known, items))
    rows = table[np.searchsorted(known, [hash64(name) for name in names])]
    return (rows @ rows.T).toarray().astype(int).tolist()


def test_items_share_the_category_their_events_name():
    assert likeness(described(), "i1-0", "i1-1", "i2-0") == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_the_newest_title_adds_its_words():
    log = described(
        ("i1-0", "old"), ("i1-0", "Red kettle"), ("i2-0", "kettle, red"), ("i2-1", "old")
    )
    assert likeness(log, "i1-0", "i2-0", "i2-1") == [[3, 2, 0], [2, 3, 1], [0, 1, 2]]


def test_what_is_not_ranked_describes_nothing():
    log = described(("never touched", "Red kettle"), ("i1-0", "red"))
    assert likeness(log, "i1-0") == [[2]]


def test_a_log_that_tells_neither_has_none():
    log = read_log([r for r in shop() if r.topic == "purchases"], SETTINGS)
    known = np.unique(log.facts["item"])
    assert attributes((log,), known, lambda items: np.searchsorted(known, items)) is None


@pytest.mark.slow
def test_titles_alone_are_enough_for_the_baseline_by_content():
    log = described(*((f"i{n}-{k}", f"kind{n}") for n in range(4) for k in range(5)))
    log.facts["category"] = 0
    asked = next(iter(questions(log, None, SETTINGS, 0, lambda done, total: None)))
    outcome = judge(asked.task, asked.names, asked.proposed, [(asked.task.test, asked.tested)], 0)
    add_baselines(outcome, 0)
    assert outcome.worth("content_based").of("hr", 5).mean() > 0.5
