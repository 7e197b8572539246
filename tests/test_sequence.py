"""Law 2 for sequences: live = replay = training = what `explain` makes again from the log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.net import with_net
from support.records import Log, at

from models.bundle import Bundle, reference_path
from models.features import steps
from schemas.decision import Decision
from streams.offline.explain import explain
from streams.offline.training.recorder import Recorder
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-28T20:00:00+00:00")
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", cap_per_day=100,
    min_gap_ms=0,
)  # fmt: skip
VAULT = Vault(b"sequence", SETTINGS.tenant)
BUNDLE = with_net(Bundle.load(reference_path()))


def shop() -> Log:
    """A night in which London's clocks move; five users, one in Kathmandu, look and buy."""
    log = Log()
    log.context("user0", T0_MS, timezone="Asia/Kathmandu", device="mobile")
    log.context("user1", T0_MS, timezone="Europe/London")
    for i in range(150):
        user, item = f"user{i % 5}", f"item{(i * 7) % 9}"
        event = "fav" if i % 17 == 0 else "cart" if i % 11 == 0 else "view"
        log.click(user, event, item, T0_MS + i * 300_000, category_id=f"cat{i % 3}")
    return log


RECORDS = shop().records


def decided(bundle: Bundle | None, cuts: Sequence[int], observer=None) -> list[bytes]:
    store, values = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, VAULT, bundle=bundle, observer=observer)
    edges = sorted({0, *cuts, len(RECORDS)})
    for start, end in pairwise(edges):
        effects = pipeline.process(0, store, RECORDS[start:end])
        store.apply(effects.rows)
        values += [o.value for o in effects.outputs if o.topic == "decisions"]
    return values


def read(values: list[bytes]) -> list[Decision]:
    return [msgspec.json.decode(value, type=Decision) for value in values]


LIVE = decided(BUNDLE, range(0, len(RECORDS), 13))


def test_a_decision_holds_the_sequence_that_was_scored() -> None:
    told = [decision for decision in read(LIVE) if decision.features]
    assert len(told) > 10
    assert {len(decision.steps) for decision in told} == {4 * steps.STEPS * len(steps.CHANNELS)}
    assert len({decision.steps for decision in told}) > 10


def test_without_a_net_a_decision_holds_no_sequence_and_is_none_the_longer() -> None:
    plain = msgspec.structs.replace(BUNDLE.manifest, net_share=0.0)
    sessions = {name: one for name, one in BUNDLE.sessions.items() if name != "temporal_net"}
    bundle = Bundle("plain", "plain", plain, BUNDLE.epoch, sessions)
    assert {decision.steps for decision in read(decided(bundle, []))} == {b""}


def test_the_sequences_that_training_sees_are_those_that_were_scored() -> None:
    recorder = Recorder()
    decided(None, range(0, len(RECORDS), 40), recorder)
    users, now_ms, seen = (
        np.concatenate(parts)
        for parts in (recorder.samples.users, recorder.samples.now_ms, recorder.samples.steps)
    )
    trained = {
        (user.tobytes().hex(), int(ms)): row.astype("<f4").tobytes()
        for user, ms, row in zip(users, now_ms, seen, strict=True)
    }
    live = {(d.user, d.now_ms): d.steps for d in read(LIVE) if d.features}
    assert live.keys() == trained.keys()
    assert live == trained


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(1, len(RECORDS) - 1), max_size=12))
def test_any_split_into_batches_gives_the_same_sequences_scores_and_choices(cuts) -> None:
    assert decided(BUNDLE, cuts) == LIVE


def test_explain_makes_the_sequence_again_and_finds_one_that_was_changed() -> None:
    decision = next(d for d in read(LIVE) if len(d.candidates) > 1 and d.features)

    def links(one: Decision) -> dict[str, bool | None]:
        return {c.link: c.same for c in explain(one, RECORDS, BUNDLE, SETTINGS, VAULT)}

    assert links(decision)["features"] is True
    assert links(decision)["scores"] is True
    row = np.frombuffer(decision.steps, "<f4").copy()
    row[-3] += 1
    changed = links(msgspec.structs.replace(decision, steps=row.tobytes()))
    assert changed["features"] is False
    assert changed["scores"] is False


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_net_counts_as_much_as_its_share(share: float) -> None:
    other = read(decided(with_net(Bundle.load(reference_path()), share), [50]))
    scores = [c.scores.temporal for d in other for c in d.candidates]
    here = [c.scores.temporal for d in read(LIVE) for c in d.candidates]
    assert scores != here
