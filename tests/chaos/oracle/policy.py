"""Law 6 from the outside: was each recommendation allowed, given what stood in the log before it?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chaos.oracle.facts import DAY_MS, Place, User
from chaos.oracle.journal import CANCELLED, RECEIPTS, Journal, Push
from chaos.oracle.log import Entry

CAP, GAP_MS = 3, 3_600_000
QUIET_FROM, QUIET_TO = 22, 8
"""The defaults: three pushes a day, an hour apart, none from ten in the evening to eight."""
LOOK_MS = 5 * 60_000
"""The clock is read so often inside a slot; zones change their offset at full quarter hours."""
LONGEST_MS = 28 * DAY_MS


def violations(
    entries: Iterable[Entry], users: dict[str, User], journals: dict[str, Journal], prefix: str
) -> list[str]:
    """Return what was not allowed, a sentence each.

    ``entries``: the recommendations; ``users``: the accepted facts by user id; ``journals`` are
    moved on to the end.
    """
    found: list[str] = []
    for entry in sorted(entries, key=lambda e: (e.partition, e.offset)):
        push = json.loads(entry.value or b"")
        name, identity = push["subscriber_id"], push["recommendation_id"]
        journal = journals[name]
        journal.read(push["source_offsets"].get(prefix + RECEIPTS, 0))
        if push["action"] == "cancel":
            standing = journal.pushes.get(identity)
            if standing is None or not standing.stands():
                found.append(f"{identity}: cancelled, but it did not stand")
            journal.add(identity, Push(ms(push["send_after"]), CANCELLED, push["revision"]))
        else:
            reasons = _judge(push, entry.partition, users[name], journal.counted(identity), prefix)
            found += [f"{identity}: {reason}" for reason in reasons]
            journal.add(identity, Push(ms(push["send_after"]), revision=push["revision"]))
    for journal in journals.values():
        journal.read(math.inf)
    return found


def _judge(
    push: dict[str, Any], partition: int, user: User, pushes: list[tuple[int, int]], prefix: str
) -> list[str]:
    begin_ms, end_ms = ms(push["send_after"]), ms(push["expires_at"])
    consent, zone = _told(user, partition, push["source_offsets"], prefix)
    checks = {
        "no consent": consent,
        f"zone {zone} was told": zone == push["policy"]["timezone"],
        "an empty or endless slot": 0 < end_ms - begin_ms <= LONGEST_MS,
        "before it was made": begin_ms >= ms(push["created_at"]),
        "quiet hours": not _touches_quiet(zone, begin_ms, end_ms),
        "cap": not is_crowded([first for first, _ in pushes], begin_ms),
        "gap": all(abs(last - begin_ms) >= GAP_MS for _, last in pushes),
    }
    return [name for name, holds in checks.items() if not holds]


def _told(user: User, partition: int, before: dict[str, int], prefix: str) -> tuple[bool, str]:
    """Return the last known consent and zone at a decision that had read up to ``before``."""

    def had_read(place: Place) -> bool:
        topic, at, offset = place
        return at == partition and offset < before.get(prefix + topic, 0)

    zone = "UTC"
    for place, _, _, value in sorted(user.told, key=lambda told: told[1:3]):
        if had_read(place):
            zone = value.get("timezone", zone)
    answers = [(yes, at_ms) for place, yes, at_ms in user.answers if had_read(place)]
    latest = {
        said: max((ms for yes, ms in answers if yes == said), default=-1) for said in (True, False)
    }
    return latest[True] > latest[False], zone


def _touches_quiet(zone: str, begin_ms: int, end_ms: int) -> bool:
    looks = (begin_ms, *range(begin_ms - begin_ms % LOOK_MS + LOOK_MS, end_ms, LOOK_MS), end_ms - 1)
    place = ZoneInfo(zone)
    hours = {datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(place).hour for at_ms in looks}
    return any(hour >= QUIET_FROM or hour < QUIET_TO for hour in hours)


def is_crowded(pushes: list[int], begin_ms: int) -> bool:
    """Whether some 24 hours with the new push in them hold more than the cap.

    Others may crowd each other without it: a service that sends too early moves them together.
    """
    times = sorted([*pushes, begin_ms])
    spans = zip(times, times[CAP:], strict=False)
    return any(b - a < DAY_MS and a <= begin_ms <= b for a, b in spans)


def ms(text: str) -> int:
    """Milliseconds UTC of an RFC 3339 time."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
