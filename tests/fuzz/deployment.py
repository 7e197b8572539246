"""One deployment that a whole sequence of spoilt records goes through: all that comes out is judged."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import cycle

import msgspec
from fuzz.mutate import SECRET
from fuzz.target import promise, refused

from models.bundle import Bundle, reference_path
from schemas.globals import Epoch, Signals, epoch_number
from schemas.state import NEVER_MS
from schemas.tables import Output, SourceRecord
from streams.knowledge.shelf import shelf
from streams.learner.facts import Facts
from streams.learner.learner import Learner
from streams.learner.start import Start
from streams.pipeline.accept import Vault
from streams.pipeline.containment import NO_VERDICTS, Seen
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.shared.sizes import LARGEST_BYTES, size_of
from streams.state.marker import read_marker
from streams.state.store import MemoryStore, Work

SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, debounce_ms=60_000, social="on",
    quiet_start="00:00", quiet_end="00:00", cap_per_day=50, min_gap_ms=60_000,
    max_value_bytes=65_536,
)  # fmt: skip
VAULT = Vault(b"a secret of the fuzzer", SETTINGS.tenant)
CUTS = (1, 7, 40, 333)
"""Sizes of the batches of the other split."""
ENDS = ("accepted", "duplicates", "late", "dead_letters")


@cache
def reference() -> Bundle:
    """The shipped bundle."""
    return Bundle.load(reference_path())


class Deployment:
    """A pipeline over a store, and the learner of its signals; ``bundle``: whose models score."""

    def __init__(self, bundle: Bundle | None) -> None:
        self.job = Pipeline(SETTINGS, VAULT, bundle=bundle)
        self.store = MemoryStore()
        self.learner = Learner(SETTINGS, start=Start.of(bundle), word=VAULT.word)
        self.epoch: Epoch | None = None

    def take(self, records: list[SourceRecord], split_again: bool) -> None:
        """Decide a batch; where ``split_again``, also in other batches, with the same bytes."""
        before = MemoryStore()
        if split_again:
            before.apply(self.store.rows)
        outputs = decided(self.job, self.store, records)
        self._judge(outputs)
        if split_again:
            self._compare(before, records, outputs)
        for signals in signals_of(outputs):
            self.learner.check(signals)
            self.learner.absorb(signals)
        promise(not (left := self.learner.left_out()), "the learner leaves out what we told", left)

    def publish(self) -> None:
        """Let the learner publish an epoch that holds from now on."""
        now_ms, catalog = read_marker(self.store).stream_ms, self.job.knowledge.catalogue
        if now_ms == NEVER_MS or (self.epoch and self.epoch.holds_from_ms >= now_ms):
            return
        self.learner.hear(catalog.news(None if self.epoch is None else self.epoch.holds_from_ms))
        self.learner.read(shelf(catalog, self.learner.known(), now_ms))
        self.epoch = self.learner.epoch(epoch_number(now_ms), now_ms, catalog.version)
        promise(not (left := self.learner.left_out()), "an epoch leaves out what it has", left)
        refusal = self.job.knowledge.apply_epoch(msgspec.msgpack.encode(self.epoch))
        promise(refusal is None, "an epoch of ours is refused", refusal)

    def _judge(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            size = size_of(output)
            promise(size <= LARGEST_BYTES, f"an output on {output.topic} is too large", size)
            for name, text in output.headers:
                if name == "kairos-sentence":
                    refused(text.decode(), [SECRET])
        counts = read_marker(self.store).counts
        ends = sum(counts.get(name, 0) for name in ENDS)
        promise(ends == counts.get("consumed", 0), "law 4 does not hold", counts)
        ended = counts.get("recommended", 0) + counts.get("suppressed", 0)
        promise(ended == counts.get("decided", 0), "decisions do not add up", counts)
        bundle = self.job.bundle
        failed = {} if bundle is None else {n: k for n, k in bundle.failures.items() if k}
        promise(not failed, "an expert failed", failed)

    def _compare(
        self, store: MemoryStore, records: list[SourceRecord], outputs: list[Output]
    ) -> None:
        again, start = list[Output](), 0
        for size in cycle(CUTS):
            again += decided(self.job, store, records[start : start + size])
            start += size
            if start >= len(records):
                break
        promise(_plain(again) == _plain(outputs), "another split gives other outputs")
        promise(_told(again) == _told(outputs), "another split tells the learner otherwise")
        promise(store.rows == self.store.rows, "another split gives another state")


def decided(job: Pipeline, store: MemoryStore, records: list[SourceRecord]) -> list[Output]:
    """Decide records without containment, commit, return the outputs; what raises is a finding."""
    outputs: list[Output] = []
    while records:
        (effects,) = job.decide([Work(0, store, records)], NO_VERDICTS, Seen())
        large = [len(key) + len(row or b"") for key, row in effects.rows.items()]
        promise(max(large, default=0) <= LARGEST_BYTES, "a row is too large", max(large, default=0))
        store.apply(effects.rows)
        outputs += effects.outputs
        records = records[len(records) - effects.left :]
    return outputs


def signals_of(outputs: Sequence[Output]) -> Iterator[Signals]:
    """Yield what the learner is told."""
    for output in outputs:
        if output.topic == "signals":
            yield msgspec.msgpack.decode(output.value or b"", type=Signals)


def _plain(outputs: Sequence[Output]) -> list[Output]:
    return [output for output in outputs if output.topic != "signals"]


def _told(outputs: Sequence[Output]) -> tuple[bytes, dict[int, str], list[tuple[int, int]]]:
    """What signals say, however they are cut."""
    rows, names, pushed = list[bytes](), dict[int, str](), list[tuple[int, int]]()
    for signals in signals_of(outputs):
        facts = Facts.of(signals)
        rows.append(facts.rows.tobytes())
        names |= signals.names
        pushed += zip(facts.pushed.tolist(), facts.pushed_ms.tolist(), strict=True)
    return b"".join(rows), names, sorted(pushed)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelno, record.getMessage()))


@contextmanager
def silent() -> Iterator[None]:
    """Check that nothing is logged that warns of anything, or repeats what a record says.

    NumPy's warnings of numbers that are none are raised.
    """
    heard, root = _Lines(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(heard)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            yield
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    promise(not any(SECRET in line for _, line in heard.lines), "a log line repeats a value")
    loud = [line for level, line in heard.lines if level >= logging.WARNING]
    promise(not loud, "the path warns of something", loud)
