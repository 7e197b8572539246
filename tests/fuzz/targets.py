"""What is fuzzed: each target tries a handful of inputs and raises where a promise is broken."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from fuzz.mutate import CATALOGUE, NOW_MS, SEEDS, flipped, mutated

from models.bundle import Bundle, BundleError, reference_path
from schemas.globals import Signals
from schemas.state import NEVER_MS
from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.knowledge.shelf import shelf
from streams.learner.learner import Learner
from streams.learner.start import Start
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.pipeline.containment import NO_VERDICTS, Seen
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import USER, Effects, MemoryStore, Work

SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, debounce_ms=60_000, social="on",
    quiet_start="00:00", quiet_end="00:00",
)  # fmt: skip
VAULT = Vault(b"a secret of the fuzzer", SETTINGS.tenant)
STOCK_LIMIT_BYTES = 1_048_588
"""What a stock broker takes in a batch."""
COMMAND = {"after": {}, "user": "00" * 16, "fresh": True}
COMMANDS = (None, b"time-back", b"release")
"""Keys on `ticks`."""
EVENTS = ("accepted", "duplicates", "late", "dead_letters")


class BrokenPromiseError(AssertionError):
    """What should hold for any input does not."""


@cache
def reference() -> Bundle:
    """The shipped bundle."""
    return Bundle.load(reference_path())


def records(rng: random.Random, count: int, changes: int) -> list[SourceRecord]:
    """Return a partition's input: a few users, any topic, each value spoilt in ``changes`` places."""
    found, now_ms = [], NOW_MS
    for offset in range(count):
        topic = rng.choice((*SEEDS, "clicks", "clicks", "ticks"))
        now_ms += rng.choice((0, 1_000, 60_000, 3_600_000))
        user = rng.choice(("anna", "bert", "carl", "dora"))
        seed = rng.choice(SEEDS[topic]) if topic in SEEDS else COMMAND
        seed = seed | {"user_id": user, "event_id": f"e{rng.randrange(count)}", "ts": now_ms}
        value = mutated(rng, seed, changes if rng.random() < 0.5 else 0)
        sound = user.encode() if topic in SEEDS else rng.choice(COMMANDS)
        key = sound if rng.random() < 0.97 else rng.choice((None, b"", b"\xff", b"x" * 999))
        found.append(SourceRecord(topic, 0, offset, now_ms, key, value or None))
    return found


def decoders(rng: random.Random) -> int:
    """Every record is accepted or a dead letter with a reason, and none costs another."""
    some = records(rng, 400, 3)
    batch = accept(some, NEVER_MS, SETTINGS, VAULT, NO_REFUSALS)
    consumed = sum(r.topic in ("clicks", "purchases", "context") for r in some)
    if sum(batch.counts[name] for name in EVENTS) != consumed:
        raise BrokenPromiseError(f"{consumed} records, but {batch.counts}")
    return len(some)


def catalogue(rng: random.Random) -> int:
    """A catalogue record is applied or refused with a sentence, and can be asked for."""
    knowledge = Knowledge()
    for n in range(50):
        seed = rng.choice(CATALOGUE) | {"item_id": f"item{n % 9}"}
        raw = mutated(rng, seed, 4)
        refused = knowledge.apply_catalog(b"item%d" % (n % 9), raw)
        if not isinstance(refused, str | None):
            raise BrokenPromiseError(f"a catalogue record gives {refused!r}")
    return 50


def path(rng: random.Random) -> int:
    """The whole path: nothing raises, all is accounted for, no output is too large for a broker."""
    job, store = _shop(rng), MemoryStore()
    some, size = records(rng, 150, 2), rng.choice((1, 7, 40, 150))
    learner = Learner(SETTINGS, start=Start.of(job.bundle), word=VAULT.word)
    for number, start in enumerate(range(0, len(some), size)):
        part = some[start : start + size]
        for effects in _units(job, store, part):
            for output in effects.outputs:
                _check_size(output.value or b"", output.topic)
                if output.topic == "signals":
                    learner.absorb(msgspec.msgpack.decode(output.value, type=Signals))
            for row in effects.rows.values():
                _check_size(row or b"", "a row")
        if number % 3 == 0:
            _publish(job, learner, part[-1].timestamp_ms, number + 1)
    counts = read_marker(store).counts
    if counts.get("decided", 0) != counts.get("recommended", 0) + counts.get("suppressed", 0):
        raise BrokenPromiseError(f"decisions do not add up: {counts}")
    return len(some)


def _shop(rng: random.Random) -> Pipeline:
    job = Pipeline(SETTINGS, VAULT, bundle=reference() if rng.random() < 0.5 else None)
    for name in ("kettle", "lamp"):
        raw = mutated(rng, CATALOGUE[0] | {"item_id": name}, 1)
        job.knowledge.apply_catalog(name.encode(), raw)
    return job


def _publish(job: Pipeline, learner: Learner, now_ms: int, number: int) -> None:
    catalog = job.knowledge.catalogue
    learner.hear(catalog.news(NEVER_MS))
    learner.read(shelf(catalog, learner.known(), now_ms))
    epoch = msgspec.msgpack.encode(learner.epoch(number, now_ms, catalog.version))
    refused = job.knowledge.apply_epoch(epoch)
    if refused is not None:
        raise BrokenPromiseError(f"an epoch of ours is refused: {refused}")


def _check_size(raw: bytes, what: str) -> None:
    if len(raw) > STOCK_LIMIT_BYTES:
        raise BrokenPromiseError(f"{what} of {len(raw)} bytes is too large for a stock broker")


def _units(job: Pipeline, store: MemoryStore, left: list[SourceRecord]) -> Iterator[Effects]:
    """Decide records unit by unit of commit, without containment; each is applied."""
    while left:
        (effects,) = job.decide([Work(0, store, left)], NO_VERDICTS, Seen())
        store.apply(effects.rows)
        yield effects
        left = left[len(left) - effects.left :]


@cache
def _epoch() -> bytes:
    job, store = _shop(random.Random(0)), MemoryStore()
    learner = Learner(SETTINGS, start=Start.of(None), word=VAULT.word)
    for effects in _units(job, store, records(random.Random(0), 400, 0)):
        for output in effects.outputs:
            if output.topic == "signals":
                learner.absorb(msgspec.msgpack.decode(output.value, type=Signals))
    return msgspec.msgpack.encode(learner.epoch(1, NOW_MS, 0))


def epochs(rng: random.Random) -> int:
    """Any bytes on `globals` are an epoch or refused with a sentence."""
    for _ in range(20):
        refused = Knowledge().apply_epoch(flipped(rng, _epoch()))
        if not isinstance(refused, str | None):
            raise BrokenPromiseError(f"an epoch gives {refused!r}")
    return 20


def _decide(job: Pipeline, store: MemoryStore, some: list[SourceRecord]) -> None:
    for effects in job.process_whole(0, store, some):
        store.apply(effects.rows)


def rows(rng: random.Random) -> int:
    """A spoilt row costs its own user at most: the batch is decided, and all is accounted for."""
    job, store = _shop(random.Random(1)), MemoryStore()
    first, then = records(rng, 30, 0), records(rng, 30, 0)
    _decide(job, store, first)
    users = [key for key in store.rows if key.startswith(USER)]
    spoilt = rng.choice(users)
    store.rows[spoilt] = flipped(rng, store.rows[spoilt])
    _decide(job, store, then)
    counts = read_marker(store).counts
    if counts["consumed"] != sum(counts.get(name, 0) for name in EVENTS):
        raise BrokenPromiseError(f"events do not add up: {counts}")
    return 1


def bundles(rng: random.Random) -> int:
    """A bundle of any bytes is loaded or refused as a bundle."""
    with TemporaryDirectory() as folder:
        for each in reference_path().iterdir():
            (Path(folder) / each.name).write_bytes(each.read_bytes())
        victim = rng.choice(sorted(Path(folder).iterdir()))
        victim.write_bytes(flipped(rng, victim.read_bytes()))
        try:
            Bundle.load(folder)
        except BundleError:
            return 1
    return 1


Target = Callable[[random.Random], int]
TARGETS: dict[str, Target] = {
    each.__name__: each for each in (decoders, catalogue, path, epochs, rows, bundles)
}
"""By name; each returns how many inputs it tried."""
