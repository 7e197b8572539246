"""`kairos demo`: the whole path on the shipped log, with a real Kafka and a real worker."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.operate.broker.broker import Broker
from streams.operate.console import finish, people, run, say
from streams.settings import Settings, load_settings

WEEK_MS = 7 * 86_400_000
"""Between two epochs: a year of log passes in a minute, and an epoch a day would be all it does."""
LOG = Path(__file__).parents[3] / "examples" / "data" / "deskdrop.parquet"


def demo(
    log: Annotated[
        Path, typer.Option(help="A deskdrop log in parquet.", exists=True, dir_okay=False)
    ] = LOG,
    stay: Annotated[
        bool | None,
        typer.Option("--stay/--exit", help="Stay up at the end; default: in a terminal only."),
    ] = None,
) -> None:
    """Train on the first part of a real log, serve the rest through Kafka, add up, report.

    The last line of stdout is one JSON object. Exit code 1 when a sum is wrong or a record does
    not validate.
    """
    home = Path(load_settings().data_dir).resolve() / "demo"
    stays = sys.stdin.isatty() and sys.stdout.isatty() if stay is None else stay
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(home / "data", ignore_errors=True)
    broker = Broker(home / "broker", say)
    broker.reset()
    try:
        result = run(_run(preset(home, broker.start()), log, stays))
    finally:
        broker.reset()
    finish(result, ok=not result["problems"])


def preset(home: Path, address: str) -> Settings:
    """Return the demo's settings.

    The shipped log tells no consent, so it is granted here. A day of that log passes in half a
    second, so what all users share is renewed daily, not hourly.
    """
    return load_settings(
        broker=address,
        data_dir=str(home / "data"),
        app_id="kairos-demo",
        consent_default="granted",
        catch_up="speak",  # its log is a backlog
        epoch_ms=WEEK_MS,
    )


async def _run(settings: Settings, log: Path, stays: bool) -> dict[str, Any]:
    from streams.operate.demo.run import serve  # heavy: training tools and models

    async def stay(result: dict[str, Any]) -> None:
        if not stays:
            return
        people.print_json(data=result)
        say(f"Kafka stays up on {settings.broker}, the worker too; Ctrl-C ends both")
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    return await serve(settings, log, stay)
