"""Hostile text is refused in no time, at the same depth everywhere."""

from __future__ import annotations

import json
import time

import pytest
from support.inputs import click, record, run


@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000, b'{"a":' * 100_000, b'"' + b'\\"' * 500_000, b'{"a":"' + b"[" * 900_000],
    ids=["arrays", "objects", "quotes", "brackets in a text"],
)
def test_hostile_nesting_takes_no_time(value):
    started = time.process_time()
    batch = run(record("clicks", value))
    assert len(batch.dead) == 1
    assert time.process_time() - started < 0.5


def test_depth_does_not_depend_on_the_callers_stack():
    value = click(extra=json.loads("[" * 63 + "]" * 63))

    def deeper(levels):
        return deeper(levels - 1) if levels else run(record("clicks", value)).dead

    assert deeper(0) == deeper(600) == []
