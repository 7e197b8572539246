"""A worker of the counting job, with faults that its environment asks for."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

from support.around import Decide, around
from support.counting import Counting

from schemas.tables import Output, SourceRecord
from streams.app import create_app
from streams.engine.consumer import BatchConsumer
from streams.engine.fetch import FetchThread
from streams.settings import load_settings
from streams.state.store import Effects, Store

SLOW_S = float(os.environ.get("COUNTING_SLOW_S", "0"))
BUG = "COUNTING_BUG" in os.environ
ABORTS = float(os.environ.get("COUNTING_ABORTS", "0"))
DROPS = float(os.environ.get("COUNTING_DROPS", "0"))
SEEK_DELAY_S = float(os.environ.get("COUNTING_SEEK_DELAY_S", "0"))
RESTORE_S = float(os.environ.get("COUNTING_RESTORE_S", "0"))
METADATA_AGE_MS = int(os.environ.get("COUNTING_METADATA_AGE_MS", "0"))
TOO_LARGE = 24 << 20
"""More bytes than the embedded broker takes in a record; random ones, which no compression shrinks."""


class Buggy:
    """Fails at the first batch."""

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        raise ZeroDivisionError("a bug")


def _fail_sometimes(app: Any) -> None:
    """Inject clean aborts: outputs that no broker takes."""

    def spoilt(decide: Decide) -> list[Effects]:
        decided = decide()
        for effects in decided:
            if random.random() < ABORTS:
                effects.outputs.append(Output("late", b"big", random.randbytes(TOO_LARGE)))
        return decided

    app.engine.deciding.processor = around(app.engine.deciding.processor, spoilt)


def _drop_sometimes() -> None:
    """Inject losses inside the worker: fetched, the position moved on, and then gone."""
    drain = FetchThread._drain

    def lossy(self: FetchThread, *args: Any) -> dict[Any, Any]:
        slices = drain(self, *args)
        return {tp: piece for tp, piece in slices.items() if random.random() >= DROPS}

    FetchThread._drain = lossy


def _seek_late() -> None:
    """Widen the window between Faust's resuming of the input and its seek."""
    seek = BatchConsumer.perform_seek

    async def late(self: BatchConsumer) -> None:
        await asyncio.sleep(SEEK_DELAY_S)
        await seek(self)

    BatchConsumer.perform_seek = late


def _restore_slowly(app: Any) -> None:
    """Widen the window of recovery."""
    restore = app.engine.restore

    async def slow(*piece: Any) -> bool:
        await asyncio.sleep(RESTORE_S)
        return bool(await restore(*piece))

    app.engine.restore = slow


app = create_app(load_settings(), Buggy() if BUG else Counting(SLOW_S))
if RESTORE_S:
    _restore_slowly(app)
if METADATA_AGE_MS:
    app.conf.consumer_metadata_max_age_ms = METADATA_AGE_MS
if DROPS:
    _drop_sometimes()
if SEEK_DELAY_S:
    _seek_late()
if ABORTS:
    _fail_sometimes(app)
