"""Turn a replay of history into point-in-time samples and a trained bundle: train as served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from models.bundle import Manifest
from models.dataset import Dataset
from schemas.tables import Output, SourceRecord
from streams.offline.replay import Replayed, replay
from streams.offline.training.demand_and_activity import learn_when
from streams.offline.training.idle_users import idle_moments
from streams.offline.training.item_tables import TablesSoFar
from streams.offline.training.recorder import Recorder
from streams.pipeline.accept import Vault
from streams.pipeline.assemble import starting_knowledge
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.state.store import MemoryStore

_OPEN: dict[str, Any] = {
    "publish": "shadow", "consent_default": "granted", "quiet_start": "00:00", "quiet_end": "00:00",
    "cap_per_day": 100, "min_gap_ms": 0, "news_users": 0,
}  # fmt: skip
"""Consent and quiet hours decide whether a push goes out, not what a user would have done.
News of the catalogue ask nobody: one item alone teaches no order."""


def collect(
    records: Iterable[SourceRecord],
    settings: Settings,
    vault: Vault,
    progress: Callable[[int], None] | None = None,
) -> tuple[Dataset, Replayed]:
    """Replay history (see `record`) and return its labelled samples."""
    recorder, run = record(records, settings, vault, progress)
    return _labelled(recorder, run, settings), run


def record(
    records: Iterable[SourceRecord],
    settings: Settings,
    vault: Vault,
    progress: Callable[[int], None] | None = None,
    tables: bool = False,
) -> tuple[Recorder, Replayed]:
    """Replay history without a bundle and without silence, and return what was seen.

    Samples are taken from every trigger, and nothing is published. Users who trigger nothing are
    sampled as well, or P(user acts) would know active users only. ``tables``: with item tables of what
    had been seen by then, as a worker has those of its bundle.
    """
    recorder = Recorder()
    opened = msgspec.structs.replace(settings, **_OPEN)
    pipeline = Pipeline(opened, vault, starting_knowledge(None, opened), observer=recorder)
    recorder.catalogue = pipeline.knowledge.catalogue
    so_far = TablesSoFar(recorder.tables) if tables else None

    def at_epoch(stores: list[MemoryStore], now_ms: int) -> None:
        for store in stores:
            recorder.samples.observe(*idle_moments(store, now_ms, settings))
        if so_far is not None:
            pipeline.knowledge.tables = so_far.at(recorder.engagements)

    run = replay(records, pipeline, _forget, progress=progress, at_epoch=at_epoch)
    return recorder, run


def _labelled(recorder: Recorder, run: Replayed, settings: Settings) -> Dataset:
    until_ms = max((marker.stream_ms for marker in run.markers()), default=0)
    return recorder.label(settings.engage_horizon_ms, until_ms)


def train(
    records: Iterable[SourceRecord],
    out_dir: Path,
    settings: Settings,
    vault: Vault,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    search: bool = False,
    tables: bool = False,
    starter: bool = False,
) -> Manifest:
    """Train a bundle on history and write it to ``out_dir``; the newest epoch goes with it.

    ``search``: choose hyperparameters by time-ordered cross-validation; ``tables``: fit the item
    tables as well (samples are taken with those of what came before them); ``starter``: leave out whatever
    names an item or a category of the log, for a bundle that other shops begin with.

    Needs the ``train`` extra.

    Raises:
        ParityError: a graph does not give what its trainer gives; nothing was written.
    """
    from models.train import train_bundle  # skl2onnx is not there in a serving installation

    recorder, run = record(records, settings, vault, progress, tables)
    dataset = _labelled(recorder, run, settings)
    when = learn_when(recorder, settings.default_timezone, seed)
    return train_bundle(
        dataset, out_dir, seed=seed, epoch=when.into(run.epoch, without_items=starter),
        search=search, forecast=when.plan_of(without_items=starter),
        tables=recorder.tables() if tables and not starter else {},
        half_lives_h=settings.half_lives_h, starter=starter,
    )  # fmt: skip


def _forget(output: Output) -> None:
    """Training publishes nothing."""
