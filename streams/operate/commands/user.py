"""`kairos user release`: let the records of a user count again who was set aside."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.operate.console import finish, run, say
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="One user.")


@app.callback()
def _group() -> None:
    """Keep `release` a word of its own."""


@app.command()
def release(
    user: Annotated[str, typer.Argument(help="user_id, or the pseudonym with --pseudonym.")],
    pseudonym: Annotated[
        bool, typer.Option("--pseudonym", help="USER is a pseudonym, as `doctor` tells it.")
    ] = False,
) -> None:
    """Release a user whose row could not be read, with a record on `ticks` that a replay reads as well.

    The row is taken up again if this build can read it. Otherwise it begins again without consent: the
    user is not pushed before they say yes once more.
    """
    from streams.operate.tools.commanding import CommandError
    from streams.operate.tools.commanding import release as let_count
    from streams.pipeline.accept import Vault, read_secret

    settings = load_settings()
    try:
        vault = Vault(read_secret(settings), settings.tenant)
        key = bytes.fromhex(user) if pseudonym else vault.pseudonym(user)
    except ValueError as error:
        raise CommandError("a pseudonym has 32 hexadecimal digits") from error
    said = run(let_count(settings, key))
    begins = "a row that begins again, without consent" if said.fresh else "the row as it was"
    say(f"released on partition {said.partition}, with {begins}")
    say("records refused meanwhile: `kairos redrive --reason user_set_aside` sends them again")
    finish(said)
