"""A deployment of the real pipeline on a real broker, on topics of its own."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from streams.engine.topics import CHANGELOG, create_topics
from streams.operate.demo.ledger import Ledger
from streams.operate.demo.run import given
from streams.operate.demo.worker import Worker, running
from streams.operate.tools.feed import feed
from streams.operate.tools.reading import read_all
from streams.pipeline.aggregate import facts_length
from streams.settings import Settings
from streams.state.store import USER


class Shop:
    """A deployment of the real pipeline on topics of its own."""

    def __init__(self, broker: str, name: str, folder: Path, **more) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.settings = Settings(
            broker=broker, app_id=name, topic_prefix=f"{name}.",
            data_dir=str(folder / "first"),
            **{"secret": "a story told to nobody", "catch_up": "speak", **more},
        )  # fmt: skip
        asyncio.run(create_topics(self.settings))

    def worker(self, home: str) -> Worker:
        """Start a worker with local state of its own."""
        settings = msgspec.structs.replace(self.settings, data_dir=str(self.folder / home))
        worker = self.stack.enter_context(running(given(settings), self.folder / f"{home}.log"))
        worker.wait_until_ready()
        return worker

    def send(self, records) -> None:
        asyncio.run(feed(self.settings, records))

    def values(self, topic: str) -> list[dict]:
        return [json.loads(r.value) for r in asyncio.run(read_all(self.settings, topic))]

    def changelog(self) -> tuple[Ledger, dict[bytes, bytes]]:
        plain = msgspec.structs.replace(self.settings, topic_prefix="")
        ledger, rows = Ledger(), {}
        for r in asyncio.run(read_all(plain, f"{self.settings.app_id}-{CHANGELOG}")):
            ledger.take(r.partition, r.key, r.value)
            rows[r.key] = r.value
        return ledger, rows

    def facts(self) -> dict[bytes, bytes]:
        _, rows = self.changelog()
        return {k: v[: facts_length(v)] for k, v in rows.items() if k.startswith(USER) and v}

    def wait(self, condition, what: str, timeout_s: float = 40) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            logs = "\n".join(p.read_text()[-2000:] for p in self.folder.glob("*.log"))
            assert time.monotonic() < deadline, f"{what}\n{logs}"
            time.sleep(0.2)

    def consumed(self) -> int:
        return self.changelog()[0].counts()["consumed"]
