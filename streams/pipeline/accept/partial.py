"""A record of which one field is not sound: the others count, and each fault is told by itself.

Identity, key, time and shape are what a record cannot be without: a fault there refuses it whole.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept.columns import Columns
from streams.pipeline.accept.decode import check_version
from streams.pipeline.accept.jsontext import check_text, parse_object
from streams.pipeline.accept.shapes import Shape
from streams.pipeline.accept.topics import Add
from streams.shared.faults import Fault
from streams.shared.wording import fault_of

MOST = 24
"""Fields of a record that may be at fault: no topic has more that it can do without."""
_NAME = re.compile(r"[^.\[]+")


def add_sound_part(
    columns: Columns, pos: int, record: SourceRecord, shape: Shape, add: Add, whole: Fault
) -> tuple[int, list[Fault]]:
    """Add what is sound of a record; return its unknown fields and what is wrong with the others.

    ``whole``: the fault for which it could not be added as it is.

    Raises:
        Fault: it is not fit to be added without them either.
    """
    if record.value is None or not (whole.field or whole.reason == DeadReason.NOT_FINITE):
        raise whole
    check_text(record.value)
    found = parse_object(record.value, finite=False)
    unknown, faults = shape.unknown_in(found), _sound_entries(found, shape)
    for _ in range(MOST):
        try:
            add(columns, pos, record, _converted(found, shape))
        except Fault as fault:
            if not _left_out(found, fault.field, shape.needed):
                raise
            faults.append(fault)
        else:
            return unknown, faults
    raise whole


def _sound_entries(found: dict[str, Any], shape: Shape) -> list[Fault]:
    """Take entries that are not sound out of the lists; return their faults.

    Raises:
        Fault: the first one, where a list has no sound entry.
    """
    faults: list[Fault] = []
    for name, sound in shape.entries.items():
        if not isinstance(entries := found.get(name), list):
            continue
        before, kept = len(faults), []
        for number, entry in enumerate(entries):
            try:
                kept.append(sound(f"{name}[{number}]", entry, faults))
            except Fault as fault:
                faults.append(fault)
        if not kept and len(faults) > before:
            raise faults[before]
        found[name] = kept
    return faults


def _converted(found: dict[str, Any], shape: Shape) -> Any:
    check_version(found)
    try:
        value = msgspec.convert(found, shape.kind)
    except msgspec.ValidationError as error:
        raise fault_of(error) from error
    shape.check(value)
    return value


def _left_out(found: dict[str, Any], paths: str, needed: frozenset[str]) -> bool:
    """Take the fields at fault out; whether that could be done."""
    done = False
    for path in paths.split(", ") if paths else ():
        *outer, last = _NAME.findall(path)
        place: Any = found
        if [*outer, last][0] in needed:
            return False
        for name in outer:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict) and last in place:
            del place[last]
            done = True
    return done
