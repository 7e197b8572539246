"""A worker that may not go on says so in one sentence, without a traceback."""

from __future__ import annotations

import logging
from typing import Any


class RefusalError(RuntimeError):
    """Why a worker does not start or go on: what was found where, and what to do about it."""

    def __repr__(self) -> str:
        """The sentence: it is what a log prints."""
        return str(self)


class ChangelogLostError(RefusalError):
    """A changelog has lost rows whose offsets are committed: going on would count twice."""


class OneSentence(logging.Filter):
    """Lets a log tell a refusal once: Faust and mode do it several times, each with a traceback.

    After it there are no tracebacks: services that are stopped in mid-start have some of their own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is to be written; a refusal becomes its sentence."""
        refusal = _refusal(record)
        if refusal is None:
            record.exc_info = None if self._told else record.exc_info
            return True
        sentence = str(refusal)
        is_new = sentence not in self._told
        self._told.add(sentence)
        record.msg, record.args, record.exc_info = sentence, (), None
        return is_new


def _refusal(record: logging.LogRecord) -> RefusalError | None:
    raised: Any = record.exc_info[1] if record.exc_info else None
    told = record.args if isinstance(record.args, tuple) else ()
    return next((each for each in (raised, *told) if isinstance(each, RefusalError)), None)
