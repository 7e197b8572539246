"""A worker whose job knows the catalogue and the epochs, and whose learner counts signals."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.globals import Epoch, Signals
from schemas.tables import Output, SourceRecord
from streams.app import create_app
from streams.engine.agents import register_knowledge
from streams.settings import load_settings
from streams.state.store import MARKER, Effects, Store


class Catalogue:
    version = 0

    def __len__(self) -> int:
        return 0  # nothing to read of it

    def knows_in_the_end(self, items: Any) -> Any:
        return items > 0

    def news(self, after_ms: int | None) -> list[Any]:
        return []


class Knowledge:
    """Counts catalogue records and remembers the newest epoch."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self.epoch = 0

    def apply_catalog(self, record: SourceRecord) -> str | None:
        if record.value == b"bad":
            return "cannot be read"
        self.catalogue.version += 1
        return None

    def apply_epoch(self, value: bytes) -> str | None:
        self.epoch = msgspec.msgpack.decode(value, type=Epoch).number
        return None

    def asks(self, partition: int, number: int) -> bool:
        return False


class Knowing:
    """Says of each record what was known then, and signals the batch's time."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        effects = Effects()
        known = b"%d,%d" % (self.knowledge.catalogue.version, self.knowledge.epoch)
        events = [r for r in records if not r.topic.endswith("ticks")]
        effects.outputs += [Output("decisions", r.key, known) for r in events]
        stream_ms = max(r.timestamp_ms for r in records)
        if events:
            signals = Signals(
                schema_version=1, partition=partition, stream_ms=stream_ms, users=b"", items=b"",
                categories=b"", types=b"", ts_ms=b"", names={},
            )  # fmt: skip
            effects.outputs.append(
                Output("signals", None, msgspec.msgpack.encode(signals), partition=0)
            )
        effects.rows[MARKER] = msgspec.msgpack.encode({"stream_ms": stream_ms})
        return effects


class Learner:
    """Its epoch says how many signals it was made of (as ``categories_of``)."""

    def __init__(self) -> None:
        self.signals = 0

    made_with = "nothing"

    def dump(self) -> bytes:
        return b"%d" % self.signals

    def load(self, state: bytes) -> None:
        self.signals = int(state)

    def check(self, signals: Signals) -> None:
        pass

    def left_out(self) -> list[str]:
        return []

    def absorb(self, signals: Signals) -> None:
        self.signals += 1

    def hear(self, changes: Any) -> None:
        assert changes == []

    def known(self) -> list[int]:
        return []

    def read(self, shelf: Any) -> None:
        assert shelf.records == {}

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        return Epoch(
            number=number,
            holds_from_ms=holds_from_ms,
            catalog_version=catalog_version,
            categories_of={1: self.signals},
        )


def _make() -> Any:
    knowledge = Knowledge()
    made = create_app(load_settings(), Knowing(knowledge))
    made.engine.ready.clear()
    register_knowledge(made, knowledge, Learner, "none", lambda record: [])
    return made


app = _make()
