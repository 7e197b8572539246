"""A day of one small shop, in minutes after ten o'clock UTC, and what its log ends in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from support.records import Log, at

from models.bundle import Bundle
from schemas.tables import Output
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import load_bundle, starting_knowledge
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings

TEN = at("2026-06-10T10:00:00Z")
MINUTE_MS = 60_000
USER = "u1"
UNKNOWN_PUSH = "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d"


def minute(minutes: float) -> int:
    """Milliseconds UTC of a minute of the day."""
    return TEN + round(minutes * MINUTE_MS)


class Day:
    """Adds records; ``minutes`` is the record's timestamp and its ts unless told otherwise."""

    def __init__(self, settings: Settings) -> None:
        self.log, self.settings = Log(), settings
        self._receipts = 0

    def item(self, name: str = "kettle", minutes: float = -120, **more: Any) -> None:
        """A sound catalogue record, changed by ``more``."""
        body = {"item_id": name, "ts": minute(minutes), "category_id": "kitchen", "title": name}
        body |= {"price_minor": 2000, "currency": "EUR", "stock": 5} | more
        self.log.add("catalog", name, body, minute(minutes))

    def withdraw(self, name: str, minutes: float) -> None:
        """The record without a value that ends an item."""
        self.log.add("catalog", name, None, minute(minutes))

    def context(self, minutes: float, **told: Any) -> None:
        """What a device tells."""
        self.log.context(USER, minute(minutes), **told)

    def yes(self, minutes: float = 0, **more: Any) -> None:
        """The user may be sent to."""
        self.context(minutes, consent={"push": True}, **more)

    def click(self, event: str, item: str | None, minutes: float, **more: Any) -> None:
        """Something that the user did."""
        self.log.click(more.pop("user", USER), event, item, minute(minutes), **more)

    def cart(self, item: str, minutes: float, **more: Any) -> None:
        """Put an item into the cart: an hour later a decision is due."""
        self.click("cart", item, minutes, **more)

    def order(self, items: list[str], minutes: float, **more: Any) -> None:
        """An order of one piece of each."""
        self.log.purchase(USER, items, minute(minutes), **more)

    def lines(self, minutes: float, *lines: Any, **more: Any) -> None:
        """An order with these lines as they are."""
        self.log.purchase(USER, [], minute(minutes), lines=list(lines), **more)

    def receipt(self, minutes: float, status: str, push: str = "", **more: Any) -> None:
        """A receipt; ``push``: of the first push by then unless told otherwise."""
        body = {"recommendation_id": push or self.first_push(), "user_id": USER}
        body |= {"ts": minute(minutes), "status": status} | more
        self.log.add("push-receipts", USER, body, minute(minutes))

    def profile(self, minutes: float, **more: Any) -> None:
        """A profile."""
        body = {"user_id": USER, "ts": minute(minutes)} | more
        self.log.add("profiles", USER, body, minute(minutes))

    def raw(self, topic: str, minutes: float, value: Any, key: str = USER) -> None:
        """A record as it is: an object or bytes."""
        self.log.add(topic, key, value, minute(minutes))

    def until(self, minutes: float) -> None:
        """Time passes: somebody else does something that asks for nothing."""
        self.log.click("clock", "comment", None, minute(minutes))

    def first_push(self) -> str:
        """The id of the first push that the log so far, and a day after it, leads to."""
        log = sorted(self.log.records, key=lambda record: record.timestamp_ms)
        last = log[-1].timestamp_ms + 1440 * MINUTE_MS
        later = Log()
        later.click("clock", "comment", None, last, event_id="later")
        pushes = _outputs([*log, *later.records], self.settings)[0].get("recommendations", [])
        return str(pushes[0]["recommendation_id"])


@dataclass
class Seen:
    """What a log ended in, for its user alone."""

    pushed: list[str]
    """Items of first revisions, in order."""
    cancelled: list[str]
    """Reasons of cancels."""
    moved: int
    suppressed: list[str]
    """Reasons, in order."""
    letters: list[str]
    """"topic reason field", field "-" for whole records; sorted."""
    codes: list[str]
    """Reason codes of all pushes."""
    templates: list[str]
    cap_used: list[int]
    """Of decisions, in order."""
    sends: list[str]
    """When each push goes, UTC "HH:MM"."""
    prices: list[int | None]
    links: list[str]
    counts: dict[str, int]
    """Law 4's; those that are 0 may be missing."""


def _value(output: Output) -> Any:
    return json.loads(output.value or b"null")


@cache
def _bundle() -> Bundle:
    return load_bundle(Settings())


def _outputs(records: list[Any], settings: Settings) -> tuple[dict[str, list[Any]], Any]:
    found: dict[str, list[Any]] = {}
    vault, bundle = Vault(settings.secret.encode(), settings.tenant), _bundle()
    pipeline = Pipeline(settings, vault, starting_knowledge(bundle, settings), bundle)

    def sink(output: Output) -> None:
        told = output if output.topic == "dead-letters" else _value(output)
        found.setdefault(output.topic, []).append(told)

    done = replay(records, pipeline, sink)
    return found, done


def play(tell: Callable[[Day], None], **chosen: Any) -> Seen:
    """Tell a day, replay it, and return what came of it."""
    settings = Settings(**{"partitions": 1, "secret": "s" * 40} | chosen)
    day = Day(settings)
    tell(day)
    records = sorted(day.log.records, key=lambda record: record.timestamp_ms)
    found, done = _outputs(records, settings)
    pushes = [push for push in found.get("recommendations", []) if push["subscriber_id"] == USER]
    first = [push for push in pushes if push["action"] == "upsert" and not push.get("revision")]
    cancels = [push for push in pushes if push["action"] == "cancel"]
    return Seen(
        pushed=[push["items"][0]["item_id"] for push in first],
        cancelled=[push["reason_codes"][0] for push in cancels],
        moved=len(pushes) - len(first) - len(cancels),
        suppressed=[stop["reason"] for stop in found.get("suppressions", [])],
        letters=sorted(map(_letter, found.get("dead-letters", []))),
        codes=[code for push in first for code in push["reason_codes"]],
        templates=[push["template_id"] for push in first],
        cap_used=[made["policy"]["cap_used"] for made in found.get("decisions", [])],
        sends=[push["send_after"][11:16] for push in first],
        prices=[push["items"][0].get("price_minor") for push in first],
        links=[push["items"][0].get("deep_link", push.get("deep_link")) for push in first],
        counts=done.counts(),
    )


def _letter(output: Output) -> str:
    headers = {name: value.decode() for name, value in output.headers}
    field = headers.get("kairos-partial", "-")
    return f"{headers['kairos-topic']} {headers['kairos-reason']} {field}"
