from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.due import DAY_MS, EVENING_MS, HOUR_MS, Person, due_users
from support.publishing import GRANTED, KETTLE, MYSTERY, TEAPOT, decide, resources, tell

from schemas.decision import Decision, Suppression
from schemas.recommendation import Recommendation
from schemas.vocabulary import EventType, PushStatus, TriggerKind
from streams.publish import decision_ids, publish
from streams.settings import Settings

LONDONER = Person(
    consent="granted", timezone="Europe/London", locale="en-GB", due_ms=EVENING_MS, pos=4
)
NOON_MS = EVENING_MS - 11 * HOUR_MS
STRUCTS = {"decisions": Decision, "recommendations": Recommendation, "suppressions": Suppression}
VALIDATORS = {
    topic: Draft202012Validator(msgspec.json.schema(struct)) for topic, struct in STRUCTS.items()
}


def check_records(told):
    """Every record is valid, and finite: JSON has no NaN."""
    for _, output in told.published.outputs:
        value = json.loads(output.value, parse_constant=pytest.fail)
        VALIDATORS[output.topic].validate(value)


def test_story_one_the_cart_and_the_clock():
    told = tell(LONDONER, pairs=[(0, KETTLE, 0.25, 1.0)], settings=Settings())
    (record,) = told.records("recommendations")
    assert record["created_at"] == "2026-03-28T22:50:00.000Z"
    assert record["send_after"] == "2026-03-29T07:00:00.000Z"
    assert record["expires_at"] == "2026-03-29T21:00:00.000Z"
    assert record["reason_codes"] == ["cart_left", "in_cart", "quiet_hours_shifted"]
    check_records(told)


def test_a_recommendation_is_complete():
    told = tell(LONDONER, pairs=[(0, KETTLE, 0.25, 1.0), (0, TEAPOT, 0.125, 1.0)])
    (record,) = told.records("recommendations")
    (decision,) = told.records("decisions")
    assert record["recommendation_id"] == decision["decision_id"]
    assert record["subscriber_id"] == "user-0"
    assert record["action"] == "upsert"
    assert record["locale"] == "en-GB"
    assert record["template_id"] == "kairos.cart_left"
    assert record["title_loc_key"] == "kairos.cart_left.title"
    assert record["title_loc_args"] == ["Whistling kettle"]
    assert record["deep_link"] == "shop://p/1"
    assert record["image_url"] == "https://img.example/kettle.png"
    assert record["offer"]["code"] == "TEA"
    assert record["category"] == "kitchen"
    assert record["items"] == [
        {"item_id": "kettle", "title": "Whistling kettle", "category_id": "kitchen",
         "price_minor": 2999, "currency": "GBP"}
    ]  # fmt: skip
    assert record["scores"] == {
        "temporal": 0.25, "context": 0.25, "fused": 0.25, "lambda_t": 0.6, "lambda_c": 0.4,
        "bias": 0.1,
        "rank": None,
        "lambda_r": 0.0,
    }  # fmt: skip
    assert record["relevance_score"] == 0.25
    assert record["policy"] == {
        "cap_used": 0, "cap_limit": 3, "quiet_hours": "22:00-08:00",
        "timezone": "Europe/London", "consent": "granted",
    }  # fmt: skip
    assert record["experiment"] == {"arm": "best", "holdout": False, "propensity": 1.0}
    assert record["model"] == {"bundle": "reference", "sha256": "ab" * 32}
    assert record["features_as_of"] == record["created_at"]
    assert not record["degraded"]
    check_records(told)


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


def test_a_silenced_user_leaves_a_decision_and_a_suppression_with_the_numbers():
    told = tell(Person(consent="denied"), pairs=[(0, KETTLE, 0.5, 1.0)])
    (decision,), (suppression,) = told.records("decisions"), told.records("suppressions")
    assert decision["outcome"] == "suppressed"
    assert decision["reason"] == suppression["reason"] == "no_consent"
    assert decision["numbers"] == suppression["numbers"] == {
        "consent": "denied", "consent_default": "granted",
    }  # fmt: skip
    assert decision["candidates"] == []
    assert decision["chosen_item_id"] is decision["scores"] is None
    assert suppression["best_item_id"] is suppression["best_score"] is None
    assert decision["experiment"] == {"arm": "none", "holdout": False, "propensity": 1.0}
    assert len(told.published.pushes) == 0
    check_records(told)


def test_a_suppression_names_the_best_that_was_left_unsaid():
    settings = Settings(min_probability=0.9, consent_default="granted")
    told = tell(Person(), pairs=[(0, TEAPOT, 0.5, 1.0), (0, KETTLE, 0.75, 1.0)], settings=settings)
    (suppression,) = told.records("suppressions")
    assert suppression["reason"] == "below_threshold"
    assert (suppression["best_item_id"], suppression["best_score"]) == ("kettle", 0.75)


def test_a_holdout_is_an_arm_with_a_propensity():
    told = tell(Person(), pairs=[(0, KETTLE, 0.75, 1.0)], settings=Settings(holdout_share=1.0))
    (decision,) = told.records("decisions")
    assert decision["reason"] == "holdout"
    assert decision["experiment"] == {"arm": "holdout", "holdout": True, "propensity": 1.0}
    assert decision["candidates"][0]["propensity"] == 0.0
    assert told.records("suppressions")[0]["best_item_id"] == "kettle"


def test_a_dry_run_decides_everything_and_publishes_nothing():
    people, pairs = [LONDONER, Person(consent="denied")], [(0, KETTLE, 0.25, 1.0)]
    live = tell(*people, pairs=pairs, settings=Settings())
    shadow = tell(*people, pairs=pairs, settings=Settings(publish="shadow"))
    assert shadow.records("recommendations") == []
    assert [s["reason"] for s in shadow.records("suppressions")] == ["shadow", "no_consent"]
    assert shadow.records("suppressions")[0]["rule"] == "dry_run"
    assert shadow.records("suppressions")[0]["best_item_id"] == "kettle"
    assert len(shadow.published.pushes) == 0
    assert shadow.published.outcomes == ["shadow", "no_consent"]
    outcome = ("outcome", "reason", "rule")
    for was, now in zip(live.records("decisions"), shadow.records("decisions"), strict=True):
        assert {k: v for k, v in was.items() if k not in outcome} == {
            k: v for k, v in now.items() if k not in outcome
        }
    check_records(shadow)


def test_an_exploring_recommendation_says_so():
    settings = Settings(explore_share=1.0)
    pairs = [(0, KETTLE, 0.75, 1.0), (0, TEAPOT, 0.5, 1.0)]
    (record,) = tell(LONDONER, pairs=pairs, settings=settings).records("recommendations")
    assert record["items"][0]["item_id"] == "teapot"
    assert "explored" in record["reason_codes"]
    assert record["experiment"] == {"arm": "explore", "holdout": False, "propensity": 1.0}


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
    decided = replace(decided, due=replace(decided.due, scene=scene))
    decision = json.loads(publish(decided, GRANTED, resources()).outputs[0][1].value)
    assert decision["scene"] == {
        "unknown": 0.5, "mobile_commute": 0.25, "mobile_home": 0.25, "desktop_work": 0,
        "desktop_home": 0, "in_store": 0,
    }  # fmt: skip


def test_the_journal_row_says_what_was_published():
    told = tell(Person(consent="denied"), LONDONER, pairs=[(1, KETTLE, 0.25, 1.0)])
    (push,) = told.published.pushes
    (record,) = told.records("recommendations")
    assert told.published.due.tolist() == [1]
    number = int(push["id_hi"]) << 64 | int(push["id_lo"])
    assert str(UUID(int=number)) == record["recommendation_id"]
    assert push["item"] == KETTLE
    assert push["at_ms"] == told.decided.view.send_after_ms[1]
    assert push["expires_ms"] == told.decided.view.expires_ms[1]
    assert push["created_ms"] == EVENING_MS
    assert (push["kind"], push["status"]) == (TriggerKind.CART_LEFT, PushStatus.PUBLISHED)


def test_only_recommendations_carry_the_subscriber():
    told = tell(LONDONER, Person(consent="denied"), pairs=[(0, KETTLE, 0.25, 1.0)])
    for key, output in told.published.outputs:
        if output.topic == "recommendations":
            assert output.key == b"user-0"
        else:
            assert output.key == key.pseudonym.hex().encode()
            assert b"user-" not in output.value


def test_outputs_sort_by_position_then_timers_then_user():
    people = [
        Person(pos=2, kind=TriggerKind.FAVOURITE),
        Person(pos=2, due_ms=EVENING_MS),
        Person(pos=1, kind=TriggerKind.FAVOURITE),
    ]
    told = tell(*people, pairs=[])
    ordered = sorted(told.published.outputs, key=lambda pair: pair[0])
    assert [(key.pos, key.phase, key.seq) for key, _ in ordered] == [
        (1, 1, 0), (1, 1, 1), (2, 0, 0), (2, 0, 1), (2, 1, 0), (2, 1, 1),
    ]  # fmt: skip


def test_a_row_without_a_verdict_is_a_bug():
    decided = decide(due_users(Person()), [], GRANTED)
    with pytest.raises(ValueError, match="1 due rows"):
        publish(replace(decided, stopped=[]), GRANTED, resources())
    with pytest.raises(ValueError, match="1 due rows"):
        publish(replace(decided, stopped=decided.stopped * 2), GRANTED, resources())


PEOPLE = st.builds(
    Person,
    now_ms=st.integers(EVENING_MS, EVENING_MS + 3 * DAY_MS),
    consent=st.sampled_from([None, "granted", "denied"]),
    timezone=st.sampled_from([None, "Europe/London", "Asia/Kathmandu"]),
    kind=st.sampled_from([kind for kind in TriggerKind if kind != TriggerKind.RETRACT]),
    pushes=st.lists(
        st.tuples(st.just(EVENING_MS), st.just(KETTLE), st.sampled_from(PushStatus)), max_size=4
    ),
)
PAIRS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([KETTLE, TEAPOT, MYSTERY]),
        st.floats(0, 1),
        st.floats(0, 1),
    ),
    max_size=12,
)


@given(
    people=st.lists(PEOPLE, min_size=4, max_size=4),
    pairs=PAIRS,
    mode=st.sampled_from(["live", "shadow"]),
    share=st.sampled_from([0.0, 0.5]),
)
def test_every_decision_has_exactly_one_projection_and_the_counters_add_up(
    people, pairs, mode, share
):
    """Law 4, and the schema of every record."""
    settings = Settings(
        publish=mode, holdout_share=share, explore_share=share, consent_default="granted"
    )
    told = tell(*people, pairs=sorted(pairs, key=lambda pair: pair[0]), settings=settings)
    check_records(told)
    decisions, spoken, silent = (told.records(topic) for topic in STRUCTS)
    ids = [d["decision_id"] for d in decisions]
    assert ids == [str(identity) for identity in decision_ids(told.decided.due, settings)]
    projected = [r["recommendation_id"] for r in spoken] + [s["decision_id"] for s in silent]
    assert sorted(projected) == sorted(ids)
    reasons = Counter(told.published.outcomes)
    assert reasons.pop(None, 0) == len(spoken) == len(told.published.pushes)
    assert sum(reasons.values()) == len(silent) == 4 - len(spoken)
    for suppression in silent:
        reasons[suppression["reason"]] -= 1
    assert not any(reasons.values())
