"""`kairos takeover`: make this app id the one that publishes on the deployment's topics."""

from __future__ import annotations

from streams.engine.lineage import take_over
from streams.operate.console import finish, run, say
from streams.settings import load_settings


def takeover() -> None:
    """Make KAIROS_APP_ID the one that publishes; refused while the one that does has workers."""
    publisher = run(take_over(load_settings()))
    say(f"app_id {publisher.app_id} publishes from now on; start its workers")
    finish(publisher)
