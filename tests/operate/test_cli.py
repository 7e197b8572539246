"""The command line as a whole: what fails in the world is a sentence, what fails in us is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner

from streams.operate import cli
from streams.operate.broker.broker_runtime import BrokerError
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


def test_every_command_module_is_on_the_line_and_has_help() -> None:
    folder = Path(cli.__file__).parent / "commands"
    helpers = {"__init__", "console", "log_options"}
    assert {path.stem for path in folder.glob("*.py")} - helpers == set(cli.COMMANDS)
    line = cli.build()
    told = {c.name: c.callback.__doc__ for c in line.registered_commands if c.callback}
    assert all(told.values())
    assert set(told) | {group.name for group in line.registered_groups} == set(cli.COMMANDS)


@pytest.mark.slow
def test_a_light_command_does_not_import_the_models() -> None:
    code = "import sys; from streams.operate.cli import build; build('broker'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sklearn", "onnxruntime", "pandas"} & set(done.stdout.split())


def test_a_single_command_keeps_its_name() -> None:
    done = CliRunner().invoke(cli.build("settings"), ["settings", "--json"])
    assert done.exit_code == 0
    assert CliRunner().invoke(cli.build("settings"), ["--json"]).exit_code == 2
