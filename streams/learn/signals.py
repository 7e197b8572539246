"""What a batch tells the learner: its accepted facts, as packed columns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from schemas.globals import Signals
from schemas.tables import EventBatch, Output
from schemas.vocabulary import DEEDS, among
from streams.learn.cells import Cells

TOPIC = "signals"


def signals_output(
    batch: EventBatch,
    partition: int,
    fresh_names: dict[int, str],
    cells: Cells | None = None,
    pushed: Sequence[tuple[int, int]] = (),
    segments: Cells | None = None,
) -> list[Output]:
    """Return the batch's signal record, none when there is nothing to tell.

    ``pushed``: (item, when it was decided) of what was recommended. A user is known to the learner only by the first 64 bits of the pseudonym.
    """
    facts = batch.facts[among(batch.facts["type"], DEEDS)]
    if not len(facts) and not fresh_names and not pushed:
        return []
    where = None if cells is None else cells.at(facts)
    whose = None if segments is None else segments.at(facts)
    heads = np.frombuffer(b"".join(key[:8] for key in batch.keys), "<u8")
    signals = Signals(
        schema_version=1,
        partition=partition,
        stream_ms=int(batch.stream_ms[-1]),
        users=heads[facts["user"]].tobytes(),
        items=facts["item"].tobytes(),
        categories=facts["category"].tobytes(),
        types=facts["type"].tobytes(),
        ts_ms=facts["ts_ms"].tobytes(),
        names=fresh_names,
        cells=b"" if where is None else where.tobytes(),
        segments=b"" if whose is None else whose.tobytes(),
        pushed=np.array([item for item, _ in pushed], "<u8").tobytes(),
        pushed_ms=np.array([at_ms for _, at_ms in pushed], "<i8").tobytes(),
    )
    return [Output(TOPIC, None, msgspec.msgpack.encode(signals), partition=0)]
