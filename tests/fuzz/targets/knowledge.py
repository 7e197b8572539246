"""What all users share: catalogue records, epochs, their parts, signals, snapshots, who publishes."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import msgspec
import numpy as np
from fuzz.deployment import SETTINGS, VAULT, Deployment, signals_of
from fuzz.mutate import SECRET, flipped, spoilt_json, spoilt_msgpack
from fuzz.seeds import CATALOGUE, NOW_MS, SEEDS
from fuzz.target import Inputs, Target, promise, refused

from schemas.globals import Signals, Snapshot, read_head
from schemas.ids import hash64
from schemas.parts import Collector, PartError, split
from schemas.state import NEVER_MS
from schemas.tables import SourceRecord
from streams.engine.lineage import Publisher, read_claim
from streams.engine.snapshots import completed
from streams.knowledge.shared import Knowledge
from streams.knowledge.shelf import shelf
from streams.learner.learner import Learner
from streams.pipeline.accept import catalogue_letters
from streams.pipeline.containment import NO_VERDICTS, Seen
from streams.state.store import Work

ITEMS = [f"item{n}" for n in range(20)]


@cache
def sound() -> tuple[Deployment, tuple[Signals, ...]]:
    """A deployment that a few sound records went through, and the signals that came of it."""
    here = Deployment(None)
    for item in ITEMS:
        value = msgspec.json.encode(CATALOGUE[0] | {"item_id": item})
        here.job.knowledge.apply_catalog(_of_the_catalogue(item.encode(), value))
    records, rng = list[SourceRecord](), random.Random(1)
    for n in range(400):
        topic = rng.choice(("clicks", "clicks", "purchases", "context"))
        told = {"user_id": f"u{n % 7}", "event_id": f"e{n}", "ts": NOW_MS + n * 60_000}
        record = rng.choice(SEEDS[topic]) | told
        if record.get("item_id"):
            record["item_id"] = rng.choice(ITEMS)
        key = str(record["user_id"]).encode()
        value = msgspec.json.encode(record)
        records.append(SourceRecord(topic, 0, n, NOW_MS + n * 60_000, key, value))
    (effects,) = here.job.decide([Work(0, here.store, records)], NO_VERDICTS, Seen())
    told = tuple(signals_of(effects.outputs))
    here.take(records, split_again=False)
    here.publish()
    return here, told


# -- catalogue


def _of_the_catalogue(key: bytes | None, value: bytes | None) -> SourceRecord:
    return SourceRecord("catalog", 0, 0, NOW_MS, key, value)


def _make_catalogue(rng: random.Random) -> Inputs:
    made: Inputs = []
    for _ in range(500):
        item = rng.choice(ITEMS)
        seed = rng.choice(CATALOGUE) | {"item_id": item, "ts": NOW_MS + rng.randrange(10**8)}
        value = spoilt_json(rng, seed, 4)
        key = (
            item.encode() if rng.random() < 0.97 else rng.choice((None, b"", b"\xff", b"x" * 9_999))
        )
        made.append((key, None if rng.random() < 0.02 else value))
    return made


def _check_catalogue(records: Inputs) -> None:
    """A record counts, wholly or in part, or is refused and changes nothing; its letters say which."""
    knowledge = Knowledge()
    catalogue = knowledge.catalogue
    for key, value in records:
        before = catalogue.version, len(catalogue)
        record = _of_the_catalogue(key, value)
        sentence = knowledge.apply_catalog(record)
        refused(sentence, [SECRET])
        letters = [dict(letter.headers) for letter in catalogue_letters(record, "")]
        promise((sentence is not None) == bool(letters), "what does not count has no letter")
        if any("kairos-partial" not in headers for headers in letters):
            promise(len(letters) == 1, "a refused record has more than one letter")
            promise(
                (catalogue.version, len(catalogue)) == before,
                "a refused record changes a catalogue",
            )
    numbers = np.array([hash64(item) for item in ITEMS], np.uint64)
    at_ms = np.full(len(numbers), NOW_MS, np.int64)
    catalogue.attributes(numbers, at_ms)
    catalogue.news(NEVER_MS)
    shelf(catalogue, numbers, NOW_MS)
    for number, row in zip(numbers.tolist(), catalogue.rows(numbers, at_ms).tolist(), strict=True):
        catalogue.item(number, NOW_MS)
        catalogue.embedding(row)
        catalogue.seller(row)
        catalogue.name(number)


# -- epochs


@cache
def _epoch() -> dict[str, Any]:
    epoch = sound()[0].epoch
    found: dict[str, Any] = msgspec.to_builtins(epoch, builtin_types=(bytes,))
    return found


def _make_epochs(rng: random.Random) -> Inputs:
    return [spoilt_msgpack(rng, _epoch()) for _ in range(50)]


def _check_epochs(values: Inputs) -> None:
    """Any bytes on `globals` are an epoch or refused with a sentence; so is their head."""
    knowledge = Knowledge()
    for value in values:
        read_head(value)
        refused(knowledge.apply_epoch(value), [SECRET])


# -- parts of epochs and snapshots


@cache
def _parts() -> tuple[tuple[bytes, Any], ...]:
    made = []
    for number in (1, 2):
        for key, value in split("epoch", number, msgspec.msgpack.encode(_epoch()), 300).items():
            made.append((key, msgspec.msgpack.decode(value)))
    return tuple(made)


def _make_parts(rng: random.Random) -> Inputs:
    made: Inputs = []
    for key, part in rng.sample(_parts(), len(_parts())):
        value = spoilt_msgpack(rng, part) if rng.random() < 0.4 else msgspec.msgpack.encode(part)
        name = flipped(rng, key) if rng.random() < 0.1 else key
        made.append((name, None if rng.random() < 0.05 else value))
    return made


def _check_parts(records: Inputs) -> None:
    """Parts make up a value that was split, or none; the collector keeps few of them."""
    collector, whole = Collector("epoch"), msgspec.msgpack.encode(_epoch())
    for key, value in records:
        try:
            found = collector.take(key, value)
        except PartError as error:
            refused(str(error), [SECRET])
        else:
            promise(found is None or key == b"epoch" or found == whole, "parts of two are joined")
    promise(len(collector.keys) <= len(records), "a collector keeps keys that nobody told")


# -- signals


def _make_signals(rng: random.Random) -> Inputs:
    seed = msgspec.to_builtins(sound()[1][0], builtin_types=(bytes,))
    return [spoilt_msgpack(rng, seed, 2) for _ in range(40)]


def _check_signals(values: Inputs) -> None:
    """What `check` lets pass can be counted, and an epoch can be made of it that holds."""
    learner, decoder = Learner(SETTINGS, word=VAULT.word), msgspec.msgpack.Decoder(Signals)
    for value in values:
        try:
            signals = decoder.decode(value)
            learner.check(signals)
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
            continue
        learner.absorb(signals)
    _check_epoch_of(learner)


def _check_epoch_of(learner: Learner) -> None:
    now_ms = max(learner.stream_ms, NOW_MS)
    epoch = msgspec.msgpack.encode(learner.epoch(now_ms, now_ms, 0))
    promise(not (left := learner.left_out()), "the learner cannot count what it let pass", left)
    refusal = Knowledge().apply_epoch(epoch)
    promise(refusal is None, "an epoch of ours is refused", refusal)


# -- snapshots


@cache
def _snapshot() -> Snapshot:
    learner = sound()[0].learner
    return Snapshot(made_with="x", holds_from_ms=NOW_MS, next_offset=1, state=learner.dump())


def _make_snapshots(rng: random.Random) -> Inputs:
    told = msgspec.to_builtins(_snapshot(), builtin_types=(bytes,))
    state = msgspec.msgpack.decode(_snapshot().state)
    made: Inputs = []
    for _ in range(5):
        spoilt = spoilt_msgpack(rng, state)
        whole = spoilt_msgpack(rng, [*told[:-1], spoilt], 1)
        made.append(split("learner", 1, whole))
    return made


def _check_snapshots(values: Inputs) -> None:
    """A snapshot is whole and can be taken up, or it is none; a learner that took it up goes on."""
    for parts in values:
        there, snapshot = Collector("learner"), None
        for key, value in parts.items():
            try:
                snapshot = completed(there, key, value) or snapshot
            except (PartError, msgspec.MsgspecError, UnicodeError, RecursionError):
                continue
        if snapshot is None:
            continue
        learner = Learner(SETTINGS, word=VAULT.word)
        try:
            learner.load(snapshot.state)
        except Exception as error:
            promise(not isinstance(error, MemoryError | OSError), "a snapshot stops the learner")


# -- who publishes


def _make_publisher(rng: random.Random) -> Inputs:
    claim = msgspec.to_builtins(Publisher(SETTINGS.app_id, SETTINGS.app_id))
    return [
        (rng.choice((b"publisher", b"publisher", b"epoch", None)), spoilt_msgpack(rng, claim, 2))
        for _ in range(1_000)
    ]


def _check_publisher(records: Inputs) -> None:
    """A record names who publishes, or nobody."""
    for key, value in records:
        promise(isinstance(read_claim(key, value), Publisher | None), "a claim is something else")


TARGETS = {
    "catalogue": Target(_make_catalogue, _check_catalogue, 300),
    "epochs": Target(_make_epochs, _check_epochs, 5),
    "parts": Target(_make_parts, _check_parts, 900),
    "signals": Target(_make_signals, _check_signals, 1),
    "snapshots": Target(_make_snapshots, _check_snapshots, 1),
    "publisher": Target(_make_publisher, _check_publisher, 900),
}
