"""Publishing with hand-made look-ups: decide a few people and read the records back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from support.due import EVENING_MS, Person, candidate_set, due_users, named, no_candidates, texts

from models.bundle import Weights
from models.sendtime import NOTHING_KNOWN
from schemas.catalog import CatalogItem, Offer
from schemas.decision import Decision, Suppression
from schemas.recommendation import Recommendation
from schemas.tables import DueUsers
from streams.pipeline.allocate import allocate
from streams.pipeline.policy import screen
from streams.pipeline.publish import Decided, Published, Resources, decision_ids, publish
from streams.pipeline.trigger import speaking
from streams.settings import Settings

KETTLE, TEAPOT, MYSTERY = named("kettle"), named("teapot"), 99
CATALOGUE = {
    KETTLE: CatalogItem(
        item_id="kettle",
        ts=0,
        category_id="kitchen",
        title="Whistling kettle",
        price_minor=2999,
        currency="GBP",
        deep_link="shop://p/1",
        image_url="https://img.example/kettle.png",
        offer=Offer(kind="discount", until="2026-04-01T00:00:00Z", code="TEA"),
    )
}
GRANTED = Settings(consent_default="granted")
LONDONER = Person(
    consent="granted", timezone="Europe/London", locale="en-GB", due_ms=EVENING_MS, pos=4
)
STRUCTS = {"decisions": Decision, "recommendations": Recommendation, "suppressions": Suppression}
VALIDATORS = {
    topic: Draft202012Validator(msgspec.json.schema(struct)) for topic, struct in STRUCTS.items()
}
WEIGHTS = Weights(lambda_t=0.6, lambda_c=0.4, bias=0.1)


def resources(**changes: Any) -> Resources:
    """Look-ups over `CATALOGUE` and the names that the builders gave."""
    given: dict[str, Any] = {
        "places": lambda positions: [(3, 100 + pos) for pos in positions.tolist()],
        "offsets_at": lambda positions, before: [
            {"clicks": pos + 1} for pos in (positions - before).tolist()
        ],
        "texts": texts,
        "recall": lambda numbers: None,
        "item": lambda number, at_ms: CATALOGUE.get(number),
        "unseal": lambda sealed, _: sealed.decode(),
        "reasons": lambda mask: ["in_cart"] if mask & 1 else [],
        "sources": lambda mask: ["cart_left"] if mask & 1 else [],
        "epoch": 7,
        "epoch_gone": None,
        "catalog_version": lambda at_ms: 1,
        "catalog_offsets": lambda at_ms: {"0": 5},
        "unknown_items": lambda at_ms: "refuse",
        "bundle_name": "reference",
        "bundle_sha256": "ab" * 32,
        "contract_hash": "cd" * 32,
    }
    return Resources(**(given | changes))


@dataclass
class Told:
    """What came out, decoded, by topic."""

    published: Published
    decided: Decided

    def records(self, topic: str) -> list[dict[str, Any]]:
        """The decoded values of a topic, in order."""
        outputs = [output for _, output in self.published.outputs if output.topic == topic]
        return [json.loads(output.value or b"") for output in outputs]


def decide(due: DueUsers, pairs: list[Any], settings: Settings) -> Decided:
    """Screen and allocate; pairs of silenced users are left out, as the pipeline does."""
    view, silenced = screen(due, settings, texts, NOTHING_KNOWN)
    rows = speaking(due, silenced)
    pairs = [pair for pair in pairs if pair[0] in rows]
    candidates = candidate_set(*pairs) if pairs else no_candidates()
    ids = decision_ids(due, settings)
    choices, declined, stopped_by = allocate(due, candidates, view, settings, ids, silenced)
    stopped = silenced + declined
    scored = due.take(rows)
    return Decided(due, ids, view, rows, scored, candidates, choices, stopped, stopped_by, WEIGHTS)


def tell(*people: Person, pairs: list[Any], settings: Settings = GRANTED, **changes: Any) -> Told:
    """Decide these people over pairs of (due, item, probability, source score), and publish."""
    decided = decide(due_users(*people), pairs, settings)
    return Told(publish(decided, settings, resources(**changes)), decided)


def check_records(told: Told) -> None:
    """Every record is valid, and finite: JSON has no NaN."""
    for _, output in told.published.outputs:
        value = json.loads(output.value, parse_constant=pytest.fail)
        VALIDATORS[output.topic].validate(value)
