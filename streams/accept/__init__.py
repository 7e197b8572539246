"""Accept: bytes in, checked columns out; nothing is lost and nobody is named."""

from __future__ import annotations

from streams.accept.accept import COUNTS, accept, base_topic
from streams.accept.dead_letters import dead_letter_output, late_output
from streams.accept.decode import decode
from streams.accept.dedupe import deduplicate
from streams.accept.faults import Fault
from streams.accept.secret import read_secret
from streams.accept.times import parse_ts
from streams.accept.vault import Vault

__all__ = [
    "COUNTS",
    "Fault",
    "Vault",
    "accept",
    "base_topic",
    "dead_letter_output",
    "decode",
    "deduplicate",
    "late_output",
    "parse_ts",
    "read_secret",
]
