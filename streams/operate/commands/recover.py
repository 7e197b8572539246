"""`kairos recover`: what a changelog that lost data leaves to do, and doing it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from streams.engine.topics import CHANGELOG
from streams.operate.console import finish, run, say
from streams.settings import Settings, load_settings

if TYPE_CHECKING:
    from streams.operate.tools.recover import Standing


def recover(
    repair: Annotated[
        bool, typer.Option("--repair", help="Write whole local copies back; nothing counts twice.")
    ] = False,
    count_again: Annotated[
        bool,
        typer.Option("--count-again", help="For the rest: read again from what the changelog has."),
    ] = False,
) -> None:
    """Say how each partition's changelog stands against what the group has committed.

    Changes nothing without an option; with one, all workers must be stopped. Exit code 1 when a
    partition is not whole in the end. Run it once with each worker's KAIROS_DATA_DIR.
    """
    from streams.engine.home import claim
    from streams.engine.local_copy import worker_dir

    settings = load_settings()
    home = worker_dir(settings)
    home.mkdir(parents=True, exist_ok=True)
    with closing(claim(home)):
        found, left = run(_recover(settings, repair, count_again))
    finish({"partitions": found, "lost": [each.partition for each in left]}, ok=not left)


async def _recover(
    settings: Settings, repair: bool, count_again: bool
) -> tuple[list[Standing], list[Standing]]:
    from streams.engine import group
    from streams.engine.topics import administering
    from streams.operate.tools import recover as tool

    if repair or count_again:
        async with administering(settings) as admin:
            await group.refuse_members(admin, settings.app_id)
    found = await tool.look(settings)
    for standing in found:
        say(sentence(standing, settings))
    if (repair or count_again) and any(each.open_at is not None for each in found):
        raise tool.OpenTransactionError(
            "nothing was changed: a transaction is open in the changelog, and what comes after it "
            "cannot be read"
        )
    left = [each for each in found if each.is_lost or each.open_at is not None]
    if repair:
        left = [each for each in found if not await tool.repair(settings, each)]
    if count_again:
        await tool.count_again(settings, left)
        left = []
    return found, left


def sentence(standing: Standing, settings: Settings) -> str:
    """Say how a partition stands and what would be done."""
    where = f"partition {standing.partition}: "
    if standing.open_at is not None:
        return where + _open(standing.partition, standing.open_at, settings)
    if not standing.is_lost and standing.is_copy_stale:
        return where + (
            "the changelog contains all that is committed; the copy in "
            f"{settings.data_dir} is of a log that is gone, --repair removes it"
        )
    if not standing.is_lost:
        return where + "fine, the changelog contains all that is committed"
    if standing.is_copy_whole:
        return where + (
            f"the changelog lost data, the copy in {settings.data_dir} is whole: --repair writes "
            "it back, and nothing is counted twice"
        )
    return where + (
        f"the changelog lost data, and there is no whole copy in {settings.data_dir}. Look in the "
        "other workers' directories, restore the topic from a backup, or start with another app_id, "
        "which reads its input from the beginning. --count-again goes on from what the changelog "
        f"has: {standing.again} records are counted and, with catch_up=speak, published a second time"
    )


def _open(partition: int, offset: int, settings: Settings) -> str:
    """Say what an open transaction hides, and how to end one that nobody ends."""
    return (
        f"a transaction is open in the changelog from offset {offset} on, and what comes after it "
        "cannot be read: a worker at work has one now and then, and the broker ends those of dead ones "
        "after a minute. One that is still there with all workers stopped hangs. Look at it with "
        f"`kafka-transactions.sh --bootstrap-server {settings.broker} describe-producers --topic "
        f"{settings.app_id}-{CHANGELOG} --partition {partition}`, end it with `... abort --topic "
        f"{settings.app_id}-{CHANGELOG} --partition {partition} --start-offset {offset}`, and ask again"
    )
