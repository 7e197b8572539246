"""`kairos evaluate items`: how good the choice of items is, on any log, all items ranked."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.offline.sources import SOURCES
from streams.operate.commands.evaluations.written import HtmlOut, JsonOut, written
from streams.operate.commands.log_options import open_log, tell_skipped
from streams.operate.console import CANNOT_RUN, bars, say
from streams.settings import load_settings

if TYPE_CHECKING:
    from models.evaluate.items.contest import Outcome
    from models.evaluate.page import Section
    from streams.offline.evaluation.items.moments import ItemLog
    from streams.settings import Settings

FILES = ("sequences", "sessions")
DAY_STARTS_H = {"taobao": 8, "deskdrop": -3}
"""Hours east of UTC where the people of a log live: where its days begin."""
PER_SOURCE, EVENTS = 60, 200
"""Each source gives more here than in the default deployment: a ranker is to choose."""


_Source = Annotated[
    str, typer.Option("--source", help=f"Kind of log: {', '.join((*FILES, *SOURCES))}.")
]
_Data = Annotated[Path | None, typer.Option("--data", help="The log's file.")]
_Attributes = Annotated[
    Path | None, typer.Option("--attributes", help="(item_id, attributes: list of words).")
]
_TestData = Annotated[
    Path | None, typer.Option("--test-data", help="A log of unseen users, tested instead.")
]
_Baselines = Annotated[
    bool, typer.Option("--baselines", help="Also measure ALS, user-kNN and a GRU.")
]
_Freshness = Annotated[
    bool, typer.Option("--freshness", help="Also with counts that end where the test begins.")
]


def items(
    source: _Source,
    data: _Data = None,
    attributes: _Attributes = None,
    test_data: _TestData = None,
    baselines: _Baselines = False,
    freshness: _Freshness = False,
    seed: Annotated[int, typer.Option(help="Same log and seed, same report.")] = 0,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
) -> None:
    """Choose weights on the validation part of a log, then rank all items for the test part.

    Needs the `train` extra.
    """
    from models.evaluate.items.read import ItemLogError

    gc.disable()  # millions of small objects that all stay: collecting costs minutes
    outcomes = _outcomes(source, data, attributes, test_data, baselines, freshness, seed)
    try:
        result, chapters = _told(outcomes, seed)
    except ItemLogError as error:
        say(str(error))
        raise typer.Exit(CANNOT_RUN) from error
    written(result, f"Items: {source}", chapters, json_out, html_out)


def _told(outcomes: Iterable[Outcome], seed: int) -> tuple[dict[str, Any], list[Section]]:
    """Return the report in numbers, the first task's in front, and in sections."""
    from models.evaluate.items.report import numbers, sections

    tasks: dict[str, dict[str, Any]] = {}
    chapters: list[Section] = []
    for outcome in outcomes:
        told = tasks[outcome.task.name] = numbers(outcome, seed)
        chapters += sections(outcome, told)
    return {**next(iter(tasks.values()), {}), "tasks": tasks}, chapters


def _outcomes(
    source: str, data: Path | None, attributes: Path | None, test_data: Path | None,
    baselines: bool, freshness: bool, seed: int,
) -> Iterator[Outcome]:  # fmt: skip
    from models.evaluate.items.contest import run
    from models.evaluate.items.read import read_sequences, read_sessions

    if source not in FILES:
        yield from _moments(source, data, test_data, baselines, freshness, seed)
        return
    if data is None or test_data is not None or freshness:
        raise typer.BadParameter(f"--source {source} takes --data, no --test-data or --freshness")
    read = read_sequences if source == "sequences" else read_sessions
    yield run(read(data, attributes, seed), seed, say, baselines)


def _moments(
    source: str, data: Path | None, test_data: Path | None, baselines: bool, freshness: bool,
    seed: int,
) -> Iterator[Outcome]:  # fmt: skip
    from models.evaluate.items.contest import add_baselines
    from streams.offline.evaluation.items.answers import LEARNT_FIRST, answer
    from streams.offline.evaluation.items.questions import questions

    settings = load_settings(candidates_per_source=PER_SOURCE, recent_events=EVENTS)
    log = _read(source, data, settings)
    other = None if test_data is None else _read(source, test_data, settings, log)
    with bars() as display:
        task = display.add_task("moments", total=None)
        every = [*questions(
            log, other, settings, seed,
            lambda done, total: display.update(task, completed=done, total=total), freshness,
        )]  # fmt: skip
    before = None
    outcomes = {}
    for asked in sorted(every, key=lambda asked: asked.task.name != LEARNT_FIRST):
        say(f"{asked.task.name}: {len(asked.task.validation):,} moments to choose by, "
            f"{len(asked.task.test):,} to test")  # fmt: skip
        outcome = outcomes[asked.task.name] = answer(asked, seed, before)
        if asked.task.name == LEARNT_FIRST:
            before = outcome.choice
        if baselines:
            add_baselines(outcome, seed)
    yield from (outcomes[asked.task.name] for asked in every)


def _read(
    source: str, data: Path | None, settings: Settings, like: ItemLog | None = None
) -> ItemLog:
    from streams.offline.evaluation.items.moments import read_log

    offset_ms = DAY_STARTS_H.get(source, 0) * 3_600_000
    records = open_log(source, data)
    log = read_log(records, settings, offset_ms, like)
    tell_skipped(records)
    say(f"{len(log.facts):,} events of {len(log.keys):,} users in {log.days} days")
    return log
