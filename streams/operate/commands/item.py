"""`kairos item`: what of the catalogue is in force for one item."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.operate.console import finish, run
from streams.settings import load_settings


def item(item_id: Annotated[str, typer.Argument(help="item_id, the key on `catalog`.")]) -> None:
    """Read the topic `catalog` and print the item's newest version, and which records did not count."""
    from streams.operate.tools.item import look_up

    finish(run(look_up(load_settings(), item_id)))
