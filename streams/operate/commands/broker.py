"""`kairos broker`: the embedded Apache Kafka of this directory."""

from __future__ import annotations

from pathlib import Path

import typer

from streams.operate.broker.broker import Broker
from streams.operate.broker.broker_runtime import KAFKA_VERSION
from streams.operate.broker.broker_runtime import fetch as fetch_jars
from streams.operate.console import finish, say
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The embedded Apache Kafka of this directory.")


def embedded() -> Broker:
    """Return the broker that lives in ``data_dir/broker``."""
    return Broker(Path(load_settings().data_dir) / "broker", say)


@app.command()
def start() -> None:
    """Start it (detached) unless it runs; print where it listens."""
    broker = embedded()
    address = broker.start()
    say(f"Apache Kafka {KAFKA_VERSION} on {address}; use it with: export KAIROS_BROKER={address}")
    finish(broker.status())


@app.command()
def stop() -> None:
    """Stop it; what it stored stays."""
    finish({"stopped": embedded().stop()})


@app.command()
def reset() -> None:
    """Stop it and delete everything it stored."""
    embedded().reset()
    finish({"reset": True})


@app.command()
def status() -> None:
    """Tell whether it runs and where; exit code 1 when it does not."""
    found = embedded().status()
    finish(found, ok=found.running)


@app.command()
def fetch() -> None:
    """Bring its jars into the Maven cache, so that starting it downloads nothing."""
    found = fetch_jars()
    say(
        f"Apache Kafka {KAFKA_VERSION}: {len(found.jars)} jars, {found.bytes / 1e6:.0f} MB, "
        f"{found.downloaded} downloaded, {found.seconds:.1f} s"
    )
    finish(
        {
            "jars": len(found.jars),
            "bytes": found.bytes,
            "downloaded": found.downloaded,
            "seconds": round(found.seconds, 3),
        }
    )
