"""The command line as a whole: what fails in the world is a sentence, what fails in us is not."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError

from streams import cli
from streams.broker_runtime import BrokerError
from streams.settings import SettingsError


def test_a_kafka_failure_says_what_to_do() -> None:
    assert "kairos broker start" in cli.sentence(KafkaConnectionError("no broker"))


def test_an_error_without_words_still_has_a_name() -> None:
    assert cli.sentence(BrokerError()) == "BrokerError"


def test_a_setting_is_named_as_it_is() -> None:
    assert cli.sentence(SettingsError("cap_per_day: too small")) == "cap_per_day: too small"


def test_a_bug_is_not_hidden() -> None:
    assert not cli.foreseen(KeyError("x"))
    assert not cli.foreseen(ValueError("x"))


def test_failures_of_the_world_and_of_our_own_making_are_foreseen() -> None:
    for error in (SettingsError("x"), BrokerError("x"), KafkaConnectionError("x"), OSError("x")):
        assert cli.foreseen(error)
