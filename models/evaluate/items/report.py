"""What the report on items says: numbers for programs, tables and pictures for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.evaluate.items.contest import Outcome
from models.evaluate.items.lists import Worth, difference, intervals, variety, worth
from models.evaluate.page import Block, Section, Table, Text, draw
from models.items.histories import Ints

USER_AGES = ((0, "0"), (1, "1"), (2, "2-4"), (5, "5-9"), (10, "10-19"), (20, "20+"))
ITEM_AGES = ((0, "0"), (1, "1-4"), (5, "5-19"), (20, "20-99"), (100, "100+"))
"""Lower bounds and names: events the query shows; histories of the training part with the item."""
_SHOWN = (
    "hr5",
    "hr10",
    "hr20",
    "ndcg10",
    "mrr20",
    "recall20",
    "coverage",
    "gini",
    "novelty",
    "ild",
)
_BUCKET = ("hr10", "ndcg10", "mrr20")
PRODUCT = "kairos"


def numbers(outcome: Outcome, seed: int) -> dict[str, Any]:
    """Return the JSON of one task: a contestant a key, the product's own under ``kairos``."""
    found: dict[str, Any] = {
        "queries": len(outcome.task.test),
        "items": outcome.task.final.items,
        "candidate_recall": outcome.ceiling,
        "kairos_is": outcome.product,
        "validation_ndcg": outcome.reached,
        "blend_weights": outcome.weights,
    }
    contestants = {**{name: name for name in outcome.lists}, PRODUCT: outcome.product}
    for name, lists in contestants.items():
        value = outcome.worth(lists)
        found[name] = {
            **value.means(),
            **variety(outcome.lists[lists], outcome.task),
            "ci95": intervals(value, outcome.task.test.unit, seed),
            "by_user_age": _by_user_age(outcome, value),
            "by_item_age": _by_item_age(outcome, lists),
        }
    for bucket in ("by_user_age", "by_item_age"):
        found[bucket] = found[PRODUCT][bucket]
    if outcome.frozen:
        found["frozen"] = _frozen(outcome, seed)
    return found


def _frozen(outcome: Outcome, seed: int) -> dict[str, Any]:
    """What each is worth when the crowd's counts end where the test begins, and what is lost."""
    found = {}
    for name, lists in {**outcome.frozen, PRODUCT: outcome.frozen[outcome.product]}.items():
        still = worth(lists, outcome.task.test)
        live = outcome.worth(outcome.product if name == PRODUCT else name)
        lost = {
            f"{measure}{cut}": difference(live, still, measure, cut, outcome.task.test.unit, seed)
            for measure, cut in (("hr", 10), ("ndcg", 10))
        }
        found[name] = {**still.means(), "lost_ci95": lost}
    return found


def sections(outcome: Outcome, told: dict[str, Any]) -> list[Section]:
    """Return what people read of one task."""
    names = [name for name in outcome.lists if name in told] + [PRODUCT]
    rows = [[name, *(told[name][measure] for measure in _SHOWN)] for name in names]
    low, high = told[PRODUCT]["ci95"]["ndcg10"]
    blocks: list[Block] = [
        Text(outcome.task.about),
        Text(
            f"{told['queries']:,} queries, {told['items']:,} items, all of them ranked; the models "
            f"together propose {told['candidate_recall']:.1%} of what was wanted. kairos is "
            f"{told['kairos_is']}, chosen on validation; its NDCG@10 lies in "
            f"[{low:.4f}, {high:.4f}] (95%)."
        ),
        Table(("", *_SHOWN), rows, "Each model alone, all of them blended, and with the ranker."),
        draw(_bars(names, told), "NDCG@10 with its 95% interval.", height_in=0.3 * len(names) + 1),
    ]
    for key, title in (
        ("by_user_age", "events of the query"),
        ("by_item_age", "histories with the item"),
    ):
        lines = [[name, *bucket.values()] for name, bucket in told[key].items()]
        blocks.append(Table((title, "queries", *_BUCKET), lines, f"kairos by {title}."))
    if outcome.frozen:
        blocks.append(_freshness(told))
    return [Section(outcome.task.name.replace("_", " "), blocks)]


def _freshness(told: dict[str, Any]) -> Table:
    lines = []
    for name, still in told["frozen"].items():
        low, high = still["lost_ci95"]["ndcg10"]
        lines.append([name, told[name]["ndcg10"], still["ndcg10"], low, high])
    head = ("", "NDCG@10, counts go on", "counts end", "lost, 2.5%", "97.5%")
    return Table(head, lines, "What the crowd's counts are worth that are made during the test.")


def _bars(names: list[str], told: dict[str, Any]) -> Callable[[Any], None]:
    def paint(axes: Any) -> None:
        value = np.array([told[name]["ndcg10"] for name in names])
        low, high = np.array([told[name]["ci95"]["ndcg10"] for name in names]).T
        error = np.maximum([value - low, high - value], 0)
        axes.barh(names, value, xerr=error, color=["#4a7ab5"] * (len(names) - 1) + ["#c8553d"])
        axes.invert_yaxis()
        axes.set_xlabel("NDCG@10")

    return paint


def _by_user_age(outcome: Outcome, value: Worth) -> dict[str, Any]:
    age = outcome.task.test.seen.lengths
    return _bucketed(age, USER_AGES, lambda rows: value.take(rows))


def _by_item_age(outcome: Outcome, name: str) -> dict[str, Any]:
    """A query belongs to the bucket of its wanted item, of the most frequent if there are more."""
    test, known = outcome.task.test, outcome.task.final.popularity()
    age = np.zeros(len(test), np.int64)
    np.maximum.at(age, test.wanted_row, known[test.wanted_item].astype(np.int64))
    value = outcome.worth(name)
    return _bucketed(age, ITEM_AGES, lambda rows: value.take(rows))


def _bucketed(
    age: Ints, ages: tuple[tuple[int, str], ...], of: Callable[[Ints], Worth]
) -> dict[str, Any]:
    bounds = np.array([low for low, _ in ages])
    bucket = np.searchsorted(bounds, age, side="right") - 1
    found = {}
    for place, (_, name) in enumerate(ages):
        rows = np.flatnonzero(bucket == place)
        if len(rows):
            means = of(rows).means()
            found[name] = {"queries": len(rows)} | {key: means[key] for key in _BUCKET}
    return found
