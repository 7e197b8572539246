"""`kairos evaluate time`: who acts and how soon, when to speak, what is coming, on any log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.evaluate.time import EventLog, merged
from streams.offline.evaluation.hourly import read_history
from streams.operate.commands.evaluations.written import HtmlOut, JsonOut, written
from streams.operate.commands.log_options import DataPath, SourceName, open_log, tell_skipped
from streams.operate.console import bars, say
from streams.settings import load_settings

ZONES = {"taobao": "Asia/Shanghai", "deskdrop": "America/Sao_Paulo", "online-retail": "UTC"}
"""Where the people of a kind of log live; their days are what is split."""


def time(
    source: SourceName = "deskdrop",
    data: DataPath = None,
    test_data: Annotated[
        Path | None, typer.Option("--test-data", help="A log of unseen users, scored as well.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Where its users live; default by source.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", help="classification, send_time or forecast; default all."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same log and seed, same report.")] = 0,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
) -> None:
    """Train on the first two thirds of a log's days, measure on the rest, against baselines.

    Needs the `train` extra.
    """
    from models.evaluate.time.sections import chosen_sections  # slow to import, not everywhere

    chosen = chosen_sections(part)
    zone = timezone or ZONES.get(source, "UTC")
    log = _read(source, data, zone)
    unseen = None if test_data is None else _read(source, test_data, zone, log)
    found = [section(log, unseen, seed) for section in chosen]
    sections = [block for each in found for block in each.sections]
    written(merged(found), f"Time: {source}", sections, json_out, html_out)


def _read(source: str, data: Path | None, zone: str, like: EventLog | None = None) -> EventLog:
    settings = load_settings(default_timezone=zone)
    records = open_log(source, data, zone)
    with bars() as display:
        task = display.add_task("hours", total=None)
        log = read_history(
            records, source, settings,
            lambda done, total: display.update(task, completed=done, total=total), like,
        )  # fmt: skip
    tell_skipped(records)
    say(f"{len(log):,} events of {len(log.users):,} users, {len(log.grid):,} moments")
    return log
