"""The `kairos` command line. Exit codes: 0 fine, 1 a problem was found, 2 it could not run."""

from __future__ import annotations

import logging
import sys

import typer
from aiokafka.errors import KafkaError

from streams.commands import (
    broker,
    demo,
    doctor,
    evaluate,
    explain,
    load,
    redrive,
    replay,
    score,
    settings,
    topics,
    train,
)
from streams.commands.console import CANNOT_RUN, say

OURS = ("streams", "models", "schemas")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kairos: Kafka events in, push candidates out.",
)
app.command()(demo.demo)
app.add_typer(broker.app, name="broker")
app.add_typer(topics.app, name="topics")
for command in (
    replay.replay,
    train.train,
    evaluate.evaluate,
    score.score,
    explain.explain,
):
    app.command()(command)
app.command()(settings.settings)
app.command()(doctor.doctor)
app.command()(load.load)
app.command()(redrive.redrive)


def main() -> None:
    """Run the command line; an expected failure is one sentence, not a traceback."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        app()
    except Exception as error:
        if not foreseen(error):
            raise
        say(f"kairos: {sentence(error)}")
        sys.exit(CANNOT_RUN)


def foreseen(error: BaseException) -> bool:
    """Whether this went wrong in the world, not in the code: an exception class of ours says so."""
    ours = type(error).__module__.split(".")[0] in OURS
    return ours or isinstance(error, (KafkaError, OSError))


def sentence(error: BaseException) -> str:
    """Return what went wrong and, where one is known, what to do about it."""
    text = str(error) or type(error).__name__
    if isinstance(error, KafkaError):
        return f"{text} (is the broker up? `kairos doctor` looks; `kairos broker start` has one)"
    return text
