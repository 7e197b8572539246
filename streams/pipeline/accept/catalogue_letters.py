"""What of a catalogue record does not count, as dead letters. Of the record alone, so anybody finds the same."""

from __future__ import annotations

from schemas.tables import DeadLetter, Output, SourceRecord
from schemas.vocabulary import DeadReason
from streams.knowledge.sound_item import sound_item
from streams.pipeline.accept.dead_letters import dead_letter_output, partial_letters
from streams.shared.blame import blamed
from streams.shared.faults import Fault


def catalogue_letters(record: SourceRecord, topic_prefix: str) -> list[Output]:
    """Return the letter of a refused record, or one for each field at fault of an accepted one."""
    try:
        faults = sound_item(record, zero_is_price=True).faults
        letters = partial_letters(record, faults) if faults else []
    except Fault as fault:
        letters = [DeadLetter(record, fault.reason, fault.sentence)]
    except BaseException as error:  # a panic of Rust code is no Exception
        letters = [DeadLetter(record, DeadReason.INTERNAL_ERROR, blamed(error))]
    return [dead_letter_output(letter, topic_prefix) for letter in letters]
