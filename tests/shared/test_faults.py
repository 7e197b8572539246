"""A dead letter's sentence tells the field and no value."""

from __future__ import annotations

import pytest
from support.inputs import CLICK, LINE, PURCHASE, click, order, record, run, without


def test_a_sentence_names_the_field_but_no_value():
    secret = "anna.karenina@example.com"
    for value in (
        click(user_id=secret),
        click(event=secret),
        click(ts=secret),
        click(currency=secret),
        click(quantity=secret),
        click(user_id=secret * 20),
    ):
        (letter,) = (
            run(record("clicks", value, key=secret.encode())).dead
            or run(record("clicks", value)).dead
        )
        assert "anna" not in letter.sentence
        assert letter.sentence


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (click(quantity="x"), "quantity"),
        (without(CLICK, "event"), "event"),
        (order(quantity=0), "lines[0].quantity"),
        (PURCHASE | {"lines": [without(LINE, "item_id")]}, "lines[0].item_id"),
    ],
)
def test_a_sentence_says_where(value, field):
    topic = "purchases" if "lines" in value else "clicks"
    batch = run(record(topic, value))
    (letter,) = batch.dead + batch.partial
    assert letter.sentence.startswith(field)
