"""`kairos scenario DIR`: run an example and see what comes first for whom, and why not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from streams.offline.scenario import check, play, read_scenario
from streams.operate.console import finish, say


def scenario(
    folder: Annotated[Path, typer.Argument(help="A folder of examples/scenarios.")],
) -> None:
    """Run a scenario through the data path; exit 1 if something comes out in another order."""
    told = read_scenario(folder)
    with TemporaryDirectory() as scratch:
        outcomes = play(folder, told, Path(scratch) / "bundle")
    for outcome in outcomes:
        say(f"{outcome.user} ({outcome.scene}): {', '.join(outcome.order)}")
    wrong = check(told, outcomes)
    for sentence in wrong:
        say(sentence)
    decided = [
        {"user": o.user, "scene": o.scene, "order": o.order, "chosen": o.chosen} for o in outcomes
    ]
    finish({"scenario": told.title, "decided": decided, "wrong": wrong}, ok=not wrong)
