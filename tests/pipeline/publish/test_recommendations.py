"""What the push service gets."""

from __future__ import annotations

from support.publishing import KETTLE, LONDONER, TEAPOT, check_records, tell

from streams.settings import Settings


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
        "timezone": "Europe/London", "consent": "granted", "personalisation": "default_granted",
    }  # fmt: skip
    assert record["experiment"] == {"arm": "best", "holdout": False, "propensity": 1.0}
    assert record["model"] == {"bundle": "reference", "sha256": "ab" * 32}
    assert record["features_as_of"] == record["created_at"]
    assert not record["degraded"]
    check_records(told)


def test_an_exploring_recommendation_says_so():
    settings = Settings(explore_share=1.0)
    pairs = [(0, KETTLE, 0.75, 1.0), (0, TEAPOT, 0.5, 1.0)]
    (record,) = tell(LONDONER, pairs=pairs, settings=settings).records("recommendations")
    assert record["items"][0]["item_id"] == "teapot"
    assert "explored" in record["reason_codes"]
    assert record["experiment"] == {"arm": "explore", "holdout": False, "propensity": 1.0}
