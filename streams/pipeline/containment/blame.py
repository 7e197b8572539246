"""Find the smallest thing that makes one record raise: an item, an epoch, a decision, the record, a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from schemas.tables import SourceRecord
from streams.knowledge.shared import INITIAL_NUMBER
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
    before = _without_epoch(base, seen)
    if before.epochs and not trial(_bare(base), Seen()) and trial(_bare(before), Seen()):
        base = before
    base = replace(base, users=frozenset([*base.users, *_culprits_waiting(trial, base)]))
    found = _without_users(trial, record, base, seen)
    if found is None:
        users = frozenset([*base.users, *_culprit_users(trial, record, base)])
        found = _without_users(trial, record, replace(base, users=users), seen)
    if found is None:
        raise UndecidedError(f"a record raises whatever is set aside: {base.told}")
    return found


def _without_users(
    trial: Trial, record: SourceRecord, base: Verdicts, raised: Seen
) -> Verdicts | None:
    """The smallest verdicts that leave every user's row in place; None: there are none.

    ``raised``: what the record came across before it raised.
    """
    dead = replace(base, records={(record.topic, record.offset): base.told})
    for verdicts in (base, dead):
        if trial(verdicts, Seen()):
            return verdicts
        seen = Seen()
        if trial(_bare(verdicts), seen):
            return _fewest_decisions(trial, verdicts, seen.due, raised)
    return None


def _bare(verdicts: Verdicts) -> Verdicts:
    """Decide nothing beside what the verdicts leave out: the path that no decision can spoil."""
    return replace(verdicts, silenced=EVERYONE)


def _without_epoch(base: Verdicts, raised: Seen) -> Verdicts:
    """Go on with the epoch before the one under which it raised; the bundle's own is never left."""
    return replace(base, epochs=frozenset(raised.epochs) - {INITIAL_NUMBER})


def _culprits_waiting(trial: Trial, base: Verdicts) -> list[bytes]:
    """Users whose timer makes even a path raise that decides nothing, where nothing else does.

    Left out, the record would move no time: it would be blamed for the timers that it brings.
    """
    seen = Seen()
    if trial(_bare(base), seen):
        return []

    def raises(others: Sequence[bytes]) -> bool:
        users = frozenset([*base.users, *others])
        return not trial(_bare(replace(base, users=users)), Seen())

    return [] if raises(seen.waiting) else _singled_out(seen.waiting, raises)


def _culprit_users(trial: Trial, record: SourceRecord, base: Verdicts) -> list[bytes]:
    """Users who make even a path raise that decides nothing and leaves the record out."""
    dead = replace(base, records={(record.topic, record.offset): base.told}, silenced=EVERYONE)
    seen = Seen()
    trial(dead, seen)
    return _singled_out(
        seen.users, lambda others: not trial(replace(dead, users=frozenset(others)), Seen())
    )


def _fewest_decisions(trial: Trial, base: Verdicts, due: list[bytes], raised: Seen) -> Verdicts:
    """Silence as few decisions as can be, none where it is enough to leave out an item or the epoch."""

    def raises(silenced: Sequence[bytes]) -> bool:
        return not trial(replace(base, silenced=frozenset(silenced)), Seen())

    silenced, items = set[bytes](), set[int](base.items)
    for user in culprits(due, raises):
        others = frozenset(due) - {user}
        bad = _culprit_items(trial, replace(base, silenced=others))
        items.update(bad)
        if not bad:
            silenced.add(user)
    found = replace(base, items=frozenset(items))
    if silenced and _is_the_epochs(trial, _without_epoch(found, raised), raised):
        return _without_epoch(found, raised)
    found = replace(found, silenced=frozenset(silenced))
    return found if trial(found, Seen()) else replace(base, silenced=frozenset(due))


def _is_the_epochs(trial: Trial, before: Verdicts, raised: Seen) -> bool:
    """Whether all goes well under the epoch before, and not just because no item is there to consider."""
    seen = Seen()
    goes_well = bool(before.epochs) and trial(before, seen)
    return goes_well and (seen.considered() or not raised.considered())


def _culprit_items(trial: Trial, base: Verdicts) -> list[int]:
    """The items that make a decision raise; none if it raises without any candidate, or with each."""
    seen = Seen()
    trial(base, seen)
    items = sorted({int(item) for some in seen.items for item in some})
    if not items or not trial(replace(base, items=frozenset(items)), Seen()):
        return []
    return _singled_out(
        items, lambda others: not trial(replace(base, items=frozenset(others)), Seen())
    )


def _singled_out(everyone: Sequence[T], raises: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return the `culprits`; nobody if these are all of several: then it is not their fault."""
    found = culprits(everyone, raises)
    return found if len(found) < len(everyone) or len(everyone) == 1 else []


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
