"""Accept: bytes in, checked columns out; nothing is lost and nobody is named."""

from __future__ import annotations

from streams.pipeline.accept.accept import COUNTS, accept, base_topic, is_dead
from streams.pipeline.accept.catalogue_letters import catalogue_letters
from streams.pipeline.accept.commands import Release, TimeBack, is_command, read_command
from streams.pipeline.accept.dead_letters import dead_letter_output, late_output
from streams.pipeline.accept.decode import decode
from streams.pipeline.accept.dedupe import deduplicate
from streams.pipeline.accept.refusals import NO_REFUSALS, Refusals, user_of
from streams.pipeline.accept.secret import read_secret, secret_problem
from streams.pipeline.accept.vault import Vault
from streams.shared.faults import Fault
from streams.shared.times import parse_ts

__all__ = [
    "COUNTS",
    "NO_REFUSALS",
    "Fault",
    "Refusals",
    "Release",
    "TimeBack",
    "Vault",
    "accept",
    "base_topic",
    "catalogue_letters",
    "dead_letter_output",
    "decode",
    "deduplicate",
    "is_command",
    "is_dead",
    "late_output",
    "parse_ts",
    "read_command",
    "read_secret",
    "secret_problem",
    "user_of",
]
