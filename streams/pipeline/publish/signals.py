"""What a batch tells the learner: its accepted facts, as packed columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.globals import Signals
from schemas.ids import hash64
from schemas.tables import EventBatch, Output
from schemas.vocabulary import DEEDS, ContextField, EventType, among
from streams.pipeline.accept.columns import GRANTED
from streams.pipeline.publish.context_at import Cells
from streams.pipeline.publish.signal_parts import parts
from streams.shared.sizes import LARGEST_BYTES

TOPIC = "signals"
ORDERS = (EventType.PURCHASE, EventType.RETURN, EventType.CANCEL)
_GRANTED = np.uint64(hash64(GRANTED))


def signals_output(
    batch: EventBatch,
    partition: int,
    fresh_names: dict[int, str],
    cells: Cells | None = None,
    pushed: Sequence[tuple[int, int]] = (),
    segments: Cells | None = None,
    sharing: Cells | None = None,
    back_ms: int = 0,
) -> list[Output]:
    """Return the batch's signal record, none when there is nothing to tell, several where one would be too large.

    A tick is something to tell: it is time that passed for all.

    ``pushed``: (item, when it was decided) of what was recommended; ``sharing``: who shares
    purchases; ``back_ms``: what the partition's time was brought back to, 0: it was not. A user is known to the learner only by the first 64 bits of the pseudonym.
    """
    facts = batch.facts[among(batch.facts["type"], DEEDS)]
    heads = np.frombuffer(b"".join(key[:8] for key in batch.keys), "<u8")
    shared, unshared = (b"", b"") if sharing is None else _shared(batch, facts, heads, sharing)
    told = fresh_names or pushed or unshared or back_ms or batch.counts.get("ticks")
    if not len(facts) and not told:
        return []
    signals = Signals(
        schema_version=1,
        partition=partition,
        stream_ms=batch.reached_ms,
        users=heads[facts["user"]].tobytes(),
        items=facts["item"].tobytes(),
        categories=facts["category"].tobytes(),
        types=facts["type"].tobytes(),
        ts_ms=facts["ts_ms"].tobytes(),
        names=fresh_names,
        cells=_at(cells, facts),
        segments=_at(segments, facts),
        shared=shared,
        unshared=unshared,
        back_ms=back_ms,
        pushed=np.array([item for item, _ in pushed], "<u8").tobytes(),
        pushed_ms=np.array([at_ms for _, at_ms in pushed], "<i8").tobytes(),
    )
    whole = msgspec.msgpack.encode(signals)
    values = [whole] if len(whole) <= LARGEST_BYTES else map(msgspec.msgpack.encode, parts(signals))
    return [Output(TOPIC, None, value, partition=0) for value in values]


def _at(cells: Cells | None, facts: NDArray[Any]) -> bytes:
    """What each fact's user had told by then; nothing: nobody has told anything."""
    known = None if cells is None else cells.at(facts)
    return b"" if known is None else known.tobytes()


def _shared(
    batch: EventBatch, facts: NDArray[Any], heads: NDArray[np.uint64], sharing: Cells
) -> tuple[bytes, bytes]:
    """Which facts are purchases, or their undoing, that their users share; who withdrew that.

    Of a user who withdrew, only what came after it in the batch.
    """
    told = batch.contexts[batch.contexts["field"] == ContextField.SHARES_PURCHASES]
    withdrew = told[told["value"] != _GRANTED]
    last = np.full(len(heads), -1)
    np.maximum.at(last, withdrew["user"], withdrew["pos"])
    shares = among(facts["type"], ORDERS) & (facts["pos"] > last[facts["user"]])
    known = sharing.at(facts)
    shares &= False if known is None else known == _GRANTED
    users = np.unique(heads[withdrew["user"]])
    return shares.astype("u1").tobytes() if shares.any() else b"", users.tobytes()
