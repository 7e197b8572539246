"""Do what an operator says to a partition, between the record before the command and the one after.

A command begins a unit of commit, so that what it changes holds from it on, however the batch is cut.
"""

from __future__ import annotations

from operator import attrgetter

import numpy as np

from schemas.state import CONSENT, Ragged, UserState
from schemas.tables import SourceRecord
from schemas.vocabulary import ContextField, DeadReason
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Release, TimeBack, Vault, is_command, read_command, user_of
from streams.pipeline.accept.commands import TICKS
from streams.pipeline.aggregate import pack_rows, unpack_rows
from streams.pipeline.aggregate.consent import NO
from streams.pipeline.aggregate.journal import next_due
from streams.pipeline.batch.reached import IsDead
from streams.pipeline.batch.session import Session

LAST_ID = np.iinfo(np.uint64).max
"""No record's: a "no" that is delivered again is another one."""
_TOPIC, _REFUSED = attrgetter("topic"), attrgetter("refused")


def until_told(records: list[SourceRecord], prefix: str) -> list[SourceRecord]:
    """Return the records before the next one, after the very first, that `obey` looks at."""
    ticks, aside = {TICKS, prefix + TICKS}, DeadReason.USER_SET_ASIDE
    if ticks.isdisjoint(map(_TOPIC, records)) and aside not in map(_REFUSED, records):
        return records  # nearly always: a look at each record would cost a batch some percent
    told = (
        pos
        for pos, record in enumerate(records)
        if record.refused is aside or (record.topic in ticks and record.key is not None)
    )
    return records[: next((pos for pos in told if pos), len(records))]


def obey(
    session: Session,
    record: SourceRecord,
    dead: IsDead,
    knowledge: Knowledge,
    vault: Vault,
    prefix: str,
) -> None:
    """Do what the first record of a unit of commit says, if it is a command and not ``dead``.

    Raises:
        RowError: a row that was set aside still cannot be read.
    """
    if record.refused is DeadReason.USER_SET_ASIDE and (user := user_of(record, vault)) is not None:
        session.set_aside([user])  # who reads the log again finds the row sound
    if not is_command(record, prefix) or dead(record):
        return
    match read_command(record):
        case TimeBack(to_ms):
            session.bring_back(to_ms, knowledge.holding(to_ms, session.marker.left_epochs))
        case Release(user, fresh):
            release(session, user, begun_again(user, record.timestamp_ms) if fresh else None)


def release(session: Session, user: bytes, fresh: bytes | None) -> None:
    """Let a user's records count again, from a ``fresh`` row or from the one that was set aside."""
    row = session.released(user, fresh)
    if row is not None:
        due_ms = next_due(unpack_rows([user], [row]))[user]
        session.index_timer(user, -1, due_ms)


def begun_again(user: bytes, at_ms: int) -> bytes:
    """Return the row of a user of whom nothing is known but that pushes are not allowed.

    The row that cannot be read may have said so: only a later "yes" of the user's own counts.
    """
    state = UserState.fresh([user])
    told = np.zeros(1, CONSENT)
    told["ts_ms"], told["event"], told["value"] = at_ms, LAST_ID, NO
    told["field"] = ContextField.CONSENT_PUSH
    state.consent = Ragged(told, np.array([0, 1], np.int64))
    return pack_rows(state)[0]
