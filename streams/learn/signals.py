"""What a batch tells the learner: its accepted facts, as packed columns."""

from __future__ import annotations

import msgspec
import numpy as np

from schemas.globals import Signals
from schemas.tables import EventBatch, Output
from schemas.vocabulary import DEEDS, among
from streams.learn.cells import Cells

TOPIC = "signals"


def signals_output(
    batch: EventBatch, partition: int, fresh_names: dict[int, str], cells: Cells | None = None
) -> list[Output]:
    """Return the batch's signal record, none when it accepted no fact and saw no new name.

    A user is known to the learner only by the first 64 bits of the pseudonym.
    """
    facts = batch.facts[among(batch.facts["type"], DEEDS)]
    if not len(facts) and not fresh_names:
        return []
    where = None if cells is None else cells.at(facts)
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
    )
    return [Output(TOPIC, None, msgspec.msgpack.encode(signals), partition=0)]
