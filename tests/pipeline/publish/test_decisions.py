"""A decision says all that replay, training and `explain` need of it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from support.due import DAY_MS, EVENING_MS, HOUR_MS, Person, due_users
from support.publishing import (
    GRANTED,
    KETTLE,
    LONDONER,
    MYSTERY,
    TEAPOT,
    check_records,
    decide,
    resources,
    tell,
)

from schemas.vocabulary import EventType, PushStatus, TriggerKind
from streams.pipeline.publish import publish
from streams.settings import Settings

NOON_MS = EVENING_MS - 11 * HOUR_MS


def test_a_timer_has_read_what_came_before_its_record_and_an_event_its_own_record():
    event = Person(pos=4, kind=TriggerKind.FAVOURITE)
    told = tell(LONDONER, event, pairs=[(0, KETTLE, 0.5, 1.0)])
    assert [d["source_offsets"] for d in told.records("decisions")] == [
        {"clicks": 4},
        {"clicks": 5},
    ]
    assert [d["position"] for d in told.records("decisions")] == [104, 104]
    assert [d["trigger"]["due_ms"] for d in told.records("decisions")] == [EVENING_MS, None]
    assert told.records("recommendations")[0]["source_offsets"] == {"clicks": 4}


def test_a_decision_logs_every_candidate_with_its_features_and_propensity():
    buyer = replace(LONDONER, events=[(EVENING_MS, EventType.PURCHASE, KETTLE, 1)])
    settings = Settings(explore_share=0.5)
    pairs = [(0, KETTLE, 0.5, 1.0), (0, TEAPOT, 0.25, 1.0), (0, MYSTERY, 0.125, 1.0)]
    told = tell(buyer, pairs=pairs, settings=settings)
    (decision,) = told.records("decisions")
    traces = decision["candidates"]
    assert [t["item_id"] for t in traces] == ["kettle", "teapot", f"{MYSTERY:016x}"]
    assert [t["stopped_by"] for t in traces] == ["recently_bought", None, None]
    assert [t["propensity"] for t in traces] == [0.0, 0.5, 0.5]
    assert [t["sources"] for t in traces] == [["cart_left"]] * 3
    logged = [np.frombuffer(base64.b64decode(t["features"]), "<f4").tolist() for t in traces]
    assert logged == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert decision["experiment"]["propensity"] == 0.5
    check_records(told)


def test_a_decision_logs_the_journal_values_that_rules_read():
    person = Person(
        now_ms=NOON_MS,
        pushes=[
            (NOON_MS - 40 * DAY_MS, 1, PushStatus.SENT),
            (NOON_MS - DAY_MS, 2, PushStatus.OPENED),
            (NOON_MS, 3, PushStatus.FAILED),
        ],
        debounce=[(5, TriggerKind.FAVOURITE), (6, TriggerKind.CART_LEFT)],
    )
    (decision,) = tell(person, pairs=[(0, KETTLE, 0.5, 1.0)]).records("decisions")
    assert decision["journal"] == {
        "pushes": [[NOON_MS - DAY_MS, f"{2:016x}"]], "debounce_ms": 6, "cap_used": 0,
        "cap_limit": 3, "min_gap_ms": HOUR_MS,
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["h_t", "h_c", "bundle"])
def test_a_missing_model_is_null_and_degraded_and_still_recommends(missing):
    decided = decide(due_users(LONDONER), [(0, KETTLE, 0.25, 1.0)], GRANTED)
    changes = {"bundle_name": "", "bundle_sha256": ""} if missing == "bundle" else {}
    if missing != "bundle":
        gone = replace(decided.candidates, **{missing: np.full(1, np.nan)})
        decided = replace(decided, candidates=gone)
    outputs = publish(decided, GRANTED, resources(**changes)).outputs
    decision, record = (json.loads(output.value) for _, output in outputs)
    assert decision["degraded"] is record["degraded"] is True
    assert record["scores"]["fused"] == 0.25
    assert (record["scores"]["temporal"] is None) == (missing == "h_t")
    assert (record["scores"]["context"] is None) == (missing == "h_c")


def test_scenes_are_named_and_what_is_not_a_number_is_left_out():
    decided = decide(due_users(Person()), [], GRANTED)
    scene = np.array([[0.5, 0.25, 0.25, 0, 0, 0, np.nan]], np.float32)
    decided = replace(decided, scored=replace(decided.scored, scene=scene))
    decision = json.loads(publish(decided, GRANTED, resources()).outputs[0][1].value)
    assert decision["scene"] == {
        "unknown": 0.5, "mobile_commute": 0.25, "mobile_home": 0.25, "desktop_work": 0,
        "desktop_home": 0, "in_store": 0,
    }  # fmt: skip


def test_what_the_experts_saw_is_logged_with_its_own_row_and_nothing_with_a_silenced_one():
    people = [Person(consent="denied"), Person(), Person(consent="denied"), Person()]
    decided = decide(due_users(*people), [], GRANTED)
    features = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    scene = np.eye(2, 7, dtype=np.float32)
    scored = replace(decided.scored, features=features, scene=scene, steps=features[:, None])
    outputs = publish(replace(decided, scored=scored), GRANTED, resources()).outputs
    logged = [json.loads(output.value) for _, output in outputs if output.topic == "decisions"]
    told = [base64.b64decode(decision["features"]) for decision in logged]
    assert told == [b"", features[0].tobytes(), b"", features[1].tobytes()]
    assert [base64.b64decode(decision["steps"]) for decision in logged] == told
    scenes = [decision["scene"] for decision in logged]
    assert scenes[0] == scenes[2] == {}
    assert (scenes[1]["unknown"], scenes[3]["mobile_commute"]) == (1, 1)
