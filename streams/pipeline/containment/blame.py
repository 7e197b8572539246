"""Find the smallest thing that makes one record raise: an item, a decision, the record, a user's row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from schemas.tables import SourceRecord
from streams.pipeline.containment.verdicts import EVERYONE, Seen, Verdicts
from streams.state.store import UndecidedError

Trial = Callable[[Verdicts, Seen], bool]
"""Decide the record under verdicts, for nobody to see; whether that goes well."""
T = TypeVar("T")


def blame(trial: Trial, record: SourceRecord, base: Verdicts) -> Verdicts:
    """Return the smallest verdicts under which ``record`` passes.

    ``base``: what is set aside already; returned as it is if the record passes now (it raised once,
    and only what raises twice is set aside).

    Raises:
        UndecidedError: it passes under no verdict.
    """
    seen = Seen()
    if trial(base, seen):
        return base
    base = replace(base, users=frozenset(seen.unreadable))
    base = replace(base, users=frozenset([*base.users, *_culprits_waiting(trial, base)]))
    found = _without_users(trial, record, base)
    if found is None:
        users = frozenset([*base.users, *_culprit_users(trial, record, base)])
        found = _without_users(trial, record, replace(base, users=users))
    if found is None:
        raise UndecidedError(f"a record raises whatever is set aside: {base.told}")
    return found


def _without_users(trial: Trial, record: SourceRecord, base: Verdicts) -> Verdicts | None:
    """The smallest verdicts that leave every user's row in place; None: there are none."""
    dead = replace(base, records={(record.topic, record.offset): base.told})
    for verdicts in (base, dead):
        if trial(verdicts, Seen()):
            return verdicts
        seen = Seen()
        if trial(replace(verdicts, silenced=EVERYONE), seen):
            return _fewest_decisions(trial, verdicts, seen.due)
    return None


def _culprits_waiting(trial: Trial, base: Verdicts) -> list[bytes]:
    """Users whose timer makes even a path raise that decides nothing, where nothing else does.

    Left out, the record would move no time: it would be blamed for the timers that it brings.
    """
    seen = Seen()
    if trial(replace(base, silenced=EVERYONE), seen):
        return []

    def raises(others: Sequence[bytes]) -> bool:
        users = frozenset([*base.users, *others])
        return not trial(replace(base, silenced=EVERYONE, users=users), Seen())

    return [] if raises(seen.waiting) else culprits(seen.waiting, raises)


def _culprit_users(trial: Trial, record: SourceRecord, base: Verdicts) -> list[bytes]:
    """Users who make even a path raise that decides nothing and leaves the record out."""
    dead = replace(base, records={(record.topic, record.offset): base.told}, silenced=EVERYONE)
    seen = Seen()
    trial(dead, seen)
    return culprits(
        seen.users, lambda others: not trial(replace(dead, users=frozenset(others)), Seen())
    )


def _fewest_decisions(trial: Trial, base: Verdicts, due: list[bytes]) -> Verdicts:
    """Silence as few decisions as can be, none where leaving out an item is enough."""

    def raises(silenced: Sequence[bytes]) -> bool:
        return not trial(replace(base, silenced=frozenset(silenced)), Seen())

    silenced, items = set[bytes](), set[int](base.items)
    for user in culprits(due, raises):
        others = frozenset(due) - {user}
        bad = _culprit_items(trial, replace(base, silenced=others))
        items.update(bad)
        if not bad:
            silenced.add(user)
    found = replace(base, silenced=frozenset(silenced), items=frozenset(items))
    return found if trial(found, Seen()) else replace(base, silenced=frozenset(due))


def _culprit_items(trial: Trial, base: Verdicts) -> list[int]:
    """The items that make a decision raise; none if it raises without any candidate, too."""
    seen = Seen()
    trial(base, seen)
    items = sorted({int(item) for some in seen.items for item in some})
    if not items or not trial(replace(base, items=frozenset(items)), Seen()):
        return []
    return culprits(items, lambda others: not trial(replace(base, items=frozenset(others)), Seen()))


def culprits(everyone: Sequence[T], raises: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return those with whom it raises although all the others are left out.

    ``raises``: whether it does when these are left out.
    """
    found: list[T] = []
    waiting = [list(everyone)] if everyone else []
    while waiting:
        group = waiting.pop()
        here = set(group)
        if not raises([one for one in everyone if one not in here]):
            continue
        if len(group) == 1:
            found += group
        else:
            half = len(group) // 2
            waiting += [group[half:], group[:half]]
    return found
