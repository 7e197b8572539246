from __future__ import annotations

import io
import logging
import sys

import pytest

from streams.engine.checked_recovery import refuse_shorter
from streams.engine.refusal import ChangelogLostError, OneSentence, RefusalError


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(OneSentence())
    logger = logging.Logger("a worker's")
    logger.addHandler(handler)
    return logger, written


def test_a_refusal_is_told_once_and_without_a_traceback(log) -> None:
    logger, written = log
    try:
        raise RefusalError("topic x: is missing; make it")
    except RefusalError as error:
        logger.exception("Crashed reason=%r", error)
        logger.error("Error: %r", error, exc_info=sys.exc_info())
    assert written.getvalue() == "topic x: is missing; make it\n"


def test_every_refusal_is_told(log) -> None:
    logger, written = log
    for sentence in ("one", "another", "one"):
        logger.error("%r", RefusalError(sentence))
    assert written.getvalue() == "one\nanother\n"


def test_what_breaks_in_the_shutdown_after_a_refusal_has_no_traceback(log) -> None:
    logger, written = log
    logger.error("%r", RefusalError("one"))
    try:
        raise ZeroDivisionError("closed")
    except ZeroDivisionError:
        logger.exception("while stopping")
    assert written.getvalue() == "one\nwhile stopping\n"


def test_a_bug_keeps_its_traceback(log) -> None:
    logger, written = log
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError:
        logger.exception("Crashed")
    assert "Traceback" in written.getvalue()


def test_local_state_behind_the_end_of_its_changelog_is_refused_with_the_numbers() -> None:
    from faust.types import TP

    with pytest.raises(ChangelogLostError, match=r"partition 1 ends at offset 4, but .* up to 7"):
        refuse_shorter({TP("c", 0): 3, TP("c", 1): 7}, {TP("c", 0): 4, TP("c", 1): 4})


def test_local_state_at_the_end_of_its_changelog_or_before_it_is_read_on() -> None:
    refuse_shorter({"a": 4, "b": 0, "c": -1}, {"a": 4, "b": 4, "c": -1})
