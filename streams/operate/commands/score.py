"""`kairos score`: the article's use case, two CSV files in, one probability a user out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.offline.scoring import score_users
from streams.offline.sources import read_article
from streams.pipeline.accept import Vault, read_secret
from streams.pipeline.assemble import load_bundle, with_bundle
from streams.settings import load_settings


def score(
    behavior: Annotated[Path, typer.Argument(help="user_id,timestamp,views,purchases")],
    context: Annotated[Path, typer.Argument(help="user_id,timestamp,mobile_usage,location")],
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Model bundle.")] = None,
    timezone: Annotated[str, typer.Option("--timezone", help="Of times without a zone.")] = "UTC",
) -> None:
    """Print ``user_id,probability`` for every user: will they act within the horizon."""
    settings = with_bundle(load_settings(default_timezone=timezone), bundle)
    vault = Vault(read_secret(settings), settings.tenant)
    records = read_article(behavior, context, timezone)
    for user_id, probability in score_users(records, load_bundle(settings), settings, vault):
        typer.echo(f"{user_id},{probability:.6f}")
