"""Why nothing was said, with the numbers and the best that was left unsaid."""

from __future__ import annotations

from support.due import Person
from support.publishing import KETTLE, LONDONER, TEAPOT, check_records, tell

from schemas.vocabulary import PushOrigin
from streams.settings import Settings


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
    (was,), (push,) = live.published.pushes, shadow.published.pushes
    assert (was["origin"], push["origin"]) == (PushOrigin.PUBLISHED, PushOrigin.SHADOW)
    others = [name for name in was.dtype.names if name != "origin"]
    assert [was[name] for name in others] == [push[name] for name in others]
    assert shadow.published.outcomes == ["shadow", "no_consent"]
    outcome = ("outcome", "reason", "rule")
    for was, now in zip(live.records("decisions"), shadow.records("decisions"), strict=True):
        assert {k: v for k, v in was.items() if k not in outcome} == {
            k: v for k, v in now.items() if k not in outcome
        }
    check_records(shadow)
