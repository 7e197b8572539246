"""The short form of `make fuzz`: a few batches of every target, cut short."""

from __future__ import annotations

import logging
import random
from collections import Counter
from itertools import count

import pytest
from fuzz import run
from fuzz.seeds import CATALOGUE, SEEDS
from fuzz.target import Target, findings_of, inputs_of, minimised, promise
from fuzz.targets import TARGETS
from fuzz.targets.records import SETTINGS, VAULT, source
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.catalog import CatalogItem
from schemas.decision import LateEvent
from schemas.events import Click, Context, Profile, Purchase, Social
from schemas.receipts import PushReceipt
from schemas.state import NEVER_MS
from streams.pipeline import pipeline
from streams.pipeline.accept import NO_REFUSALS, accept
from streams.pipeline.pipeline import deduplicate as pipeline_deduplicate

SHAPES = {
    "clicks": Click, "purchases": Purchase, "context": Context, "profiles": Profile,
    "social": Social, "push-receipts": PushReceipt,
}  # fmt: skip
MOST = 300
"""Inputs of a batch: the path's are longer."""


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=examples(10), deadline=None)
@given(batch=st.integers(0, 10**6))
def test_no_input_breaks_a_promise(name, batch):
    TARGETS[name].check(inputs_of(name, TARGETS[name], 0, batch)[:MOST])


@pytest.mark.parametrize("topic", SHAPES)
def test_the_seeds_have_every_field_of_the_schemas(topic):
    fields = {name for seed in SEEDS[topic] for name in seed}
    assert set(SHAPES[topic].__struct_fields__) - fields <= {"schema_version"}


def test_the_seeds_have_every_field_of_the_catalogue_and_no_other():
    assert {name for seed in CATALOGUE for name in seed} == set(CatalogItem.__struct_fields__)


@pytest.mark.parametrize("topic", SHAPES)
def test_enough_records_are_accepted_so_that_mutations_reach_what_lies_behind(topic):
    rng = random.Random(1)
    records = [source(rng, topic, offset, user_id="anna") for offset in range(500)]
    dead = accept(records, NEVER_MS, SETTINGS, VAULT, NO_REFUSALS).dead
    assert 50 < len(dead) < 450
    assert len({letter.reason for letter in dead}) > 5


def _sums(numbers):
    promise(not (3 in numbers and 77 in numbers), "three and seventy-seven")
    promise(55 not in numbers, "fifty-five")


MADE = Target(lambda rng: rng.sample(range(100), 100), _sums, 1)


def test_each_kind_of_finding_is_told_once_with_the_inputs_that_it_takes_and_how_to_play_it_again():
    inputs = inputs_of("made", MADE, 7, 2)
    found = findings_of("made", MADE, 7, 2, inputs, {})
    few = {finding.kind: sorted(finding.inputs) for finding in found}
    assert few == {"made: three and seventy-seven": [3, 77], "made: fifty-five": [55]}
    assert all("make fuzz ONLY=made SEED=7 BATCH=2" in str(finding) for finding in found)
    assert inputs == inputs_of("made", MADE, 7, 2)
    assert findings_of("made", MADE, 7, 2, inputs, few) == []


def test_what_raises_is_a_finding_like_what_breaks_a_promise():
    broken = Target(lambda rng: [1, 0, 2], lambda inputs: [1 // n for n in inputs], 1)
    (finding,) = findings_of("broken", broken, 1, 0, [1, 0, 2], {})
    assert finding.inputs == [0]
    assert "ZeroDivisionError" in finding.trace


def _path_findings():
    """What is found in the first batch whose beginning has timers that fire."""
    for batch in count():
        inputs = inputs_of("path", TARGETS["path"], 0, batch)[:1_000]
        times_ms = [record.timestamp_ms for record in inputs[100:900:100]]
        if 3_600_000 < max(times_ms) - times_ms[0] < 86_400_000 * 8:
            return findings_of("path", TARGETS["path"], 0, batch, inputs, {})
    raise AssertionError


@pytest.mark.slow
def test_a_fault_that_containment_would_hide_is_a_finding_of_few_records(monkeypatch):
    monkeypatch.setattr(pipeline, "fuse", lambda *_: 1 // 0)
    (finding,) = _path_findings()
    assert "ZeroDivisionError" in finding.kind
    assert len(finding.inputs) <= 5


PLANTED = {
    "a log line repeats a value": lambda batch, *_: logging.getLogger("x").info(batch.subscribers),
    "the path warns of something": lambda *_: logging.getLogger("x").warning("odd"),
    "law 4 does not hold": lambda batch, *_: batch.counts.update(late=batch.counts["late"] + 1),
    "another split gives other outputs": lambda batch, *_: _late_of_a_long_batch(batch),
}


def _late_of_a_long_batch(batch):
    batch.late += [
        LateEvent(
            user="u", topic=r.topic, partition=0, offset=r.offset, event_hash="0", ts_ms=0,
            newest_ms=0, late_by_ms=0,
        )
        for r in batch.records[40:41]
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTED)
def test_every_promise_of_the_path_can_be_broken(monkeypatch, kind):
    def planted(batch, *more):
        found = pipeline_deduplicate(batch, *more)
        PLANTED[kind](found)
        return found

    monkeypatch.setattr(pipeline, "deduplicate", planted)
    assert f"path: {kind}" in {finding.kind for finding in _path_findings()}


def test_a_finding_that_takes_all_its_inputs_keeps_them():
    assert minimised([1, 2, 3], lambda some: len(some) == 3) == [1, 2, 3]


def test_a_run_by_count_gives_every_target_its_share_whatever_the_clock_says():
    targets = {
        "some": Target(lambda rng: [1] * 10, lambda _: None, 30),
        "more": Target(lambda rng: [1] * 7, lambda _: None, 70),
    }
    tried, findings = run.fuzz(targets, 1, lambda tried: tried.total() < 10_000)
    assert findings == []
    assert tried["more"] / tried.total() == pytest.approx(0.7, abs=0.01)


def test_limits_end_a_run_at_its_number_of_inputs():
    limits = run.Limits(100, 0.0)
    assert limits.goes_on(Counter(some=99))
    assert not limits.goes_on(Counter(some=60, more=40))
