"""`kairos topics`: make the topics of a deployment, or tell why they do not fit."""

from __future__ import annotations

import typer

from streams.engine.durability import check_durability
from streams.engine.topics import check_topics, create_topics, expected
from streams.operate.console import finish, run, say
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The topics of a deployment.")


@app.command()
def create() -> None:
    """Create the topics that are missing, then check them all."""
    settings = load_settings()
    created = run(create_topics(settings))
    say(f"{len(created)} topics created on {settings.broker}, {len(expected(settings))} in all")
    _report(created)


@app.command()
def check() -> None:
    """Tell whether a worker can run on the topics there are, and whether they can lose data."""
    _report([])


def _report(created: list[str]) -> None:
    settings = load_settings()
    problems = [*run(check_topics(settings)), *run(check_durability(settings))]
    for problem in problems:
        say(f"problem  {problem}")
    finish({"created": created, "problems": [str(p) for p in problems]}, ok=not problems)
