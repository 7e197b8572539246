"""The `kairos` command line. Exit codes: 0 fine, 1 a problem was found, 2 it could not run."""

from __future__ import annotations

import logging
import sys

import typer
from aiokafka.errors import KafkaError

from models.bundle.manifest import BundleError
from streams.broker_runtime import BrokerError
from streams.commands import broker, doctor, redrive, settings, topics
from streams.commands.console import CANNOT_RUN, say
from streams.settings import SettingsError

EXPECTED = (SettingsError, BrokerError, BundleError, KafkaError, OSError)
"""What can go wrong without anybody having made a mistake in the code."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kairos: Kafka events in, push candidates out.",
)
app.add_typer(broker.app, name="broker")
app.add_typer(topics.app, name="topics")
app.command()(settings.settings)
app.command()(doctor.doctor)
app.command()(redrive.redrive)


def main() -> None:
    """Run the command line; an expected failure is one sentence, not a traceback."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        app()
    except EXPECTED as error:
        say(f"kairos: {sentence(error)}")
        sys.exit(CANNOT_RUN)


def sentence(error: BaseException) -> str:
    """Return what went wrong and, where one is known, what to do about it."""
    text = str(error) or type(error).__name__
    if isinstance(error, KafkaError):
        return f"{text} (is the broker up? `kairos doctor` looks; `kairos broker start` has one)"
    return text
