"""The stories of DESIGN section 9 as records."""

from __future__ import annotations

from support.records import Log, at

USER = "anna@example.com"
SATURDAY = "2026-03-28T{}:00+00:00"  # London is on UTC until one o'clock that night
SUNDAY = "2026-03-29T{}:00+01:00"


def evening(log: Log) -> None:
    """Consent and zone, one look at a kettle, into the cart, silence."""
    log.context(
        USER,
        at(SATURDAY.format("21:00")),
        event_id="ctx-1",
        timezone="Europe/London",
        locale="en-GB",
        device="mobile",
        consent={"push": True},
    )
    log.click(
        USER,
        "view",
        "kettle",
        at(SATURDAY.format("21:40")),
        event_id="view-1",
        category_id="kitchen",
    )
    log.click(
        USER,
        "cart",
        "kettle",
        at(SATURDAY.format("21:50")),
        event_id="cart-1",
        category_id="kitchen",
    )


def night(log: Log) -> None:
    """Time passes: only ticks."""
    for clock in ("22:49", "22:50", "23:30"):
        log.tick(at(SATURDAY.format(clock)))


def morning(log: Log) -> None:
    """The kettle is bought half an hour before the push would go out; then nothing."""
    log.purchase(USER, ["kettle"], at(SUNDAY.format("07:30")), event_id="buy-1")
    log.tick(at(SUNDAY.format("12:00")))


def check_upsert(recommendation: dict) -> None:
    """The one recommendation: shifted to eight o'clock on the other side of the clock change."""
    assert recommendation["action"] == "upsert"
    assert recommendation["subscriber_id"] == USER
    assert recommendation["created_at"] == "2026-03-28T22:50:00.000Z"
    assert recommendation["send_after"] == "2026-03-29T07:00:00.000Z"
    assert "2026-03-29T07:00:00.000Z" < recommendation["expires_at"] <= "2026-03-29T21:00:00.000Z"
    assert {"cart_left", "quiet_hours_shifted"} <= set(recommendation["reason_codes"])
    assert [item["item_id"] for item in recommendation["items"]] == ["kettle"]
    assert recommendation["policy"]["timezone"] == "Europe/London"
    assert recommendation["policy"]["consent"] == "granted"
    assert recommendation["locale"] == "en-GB"


def check_cancel(cancel: dict, upsert: dict) -> None:
    """The retraction names the same push."""
    assert cancel["action"] == "cancel"
    assert cancel["recommendation_id"] == upsert["recommendation_id"]
    assert cancel["collapse_key"] == upsert["collapse_key"]
    assert cancel["reason_codes"] == ["bought"]
