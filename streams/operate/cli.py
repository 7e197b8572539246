"""The `kairos` command line. Exit codes: 0 fine, 1 a problem was found, 2 it could not run."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import typer
from aiokafka.errors import KafkaError

from streams.operate.console import CANNOT_RUN, say

COMMANDS = (
    "demo",
    "broker",
    "topics",
    "settings",
    "doctor",
    "recover",
    "takeover",
    "time",
    "user",
    "item",
    "load",
    "replay",
    "train",
    "evaluate",
    "score",
    "scenario",
    "explain",
    "redrive",
)
"""A module each in `streams.operate.commands`: it has a group `app`, or a function of its own name."""
OURS = ("streams", "models", "schemas")


def build(word: str = "") -> typer.Typer:
    """Return the command line; if ``word`` names a command, with that one only.

    Models and data tools take seconds to import: a command pays for its own alone.
    """
    line = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    line.callback(help="Kairos: Kafka events in, push candidates out.")(lambda: None)
    for name in [word] if word in COMMANDS else COMMANDS:
        module = import_module(f"streams.operate.commands.{name}")
        if hasattr(module, "app"):
            line.add_typer(module.app, name=name)
        else:
            line.command(name)(getattr(module, name))
    return line


def main() -> None:
    """Run the command line; an expected failure is one sentence, not a traceback."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        build(sys.argv[1] if len(sys.argv) > 1 else "")()
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
