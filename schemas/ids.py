"""Identities: 64-bit hashes for state, 48-bit ones for events, UUIDv5 for decisions. Same input, same id, everywhere."""

from __future__ import annotations

import uuid
from functools import cache
from hashlib import blake2b

KAIROS_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:kairos")
"""Root of every UUIDv5 that Kairos derives."""

NO_ID = 0
"""The hash that stands for "none"; no text hashes to it."""


def hash64(text: str) -> int:
    """Return the unsigned 64-bit BLAKE2b hash of ``text`` (UTF-8), never `NO_ID`."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def head64(pseudonym: bytes) -> int:
    """Return the first 64 bits of a pseudonym, by which the learner knows a user."""
    return int.from_bytes(pseudonym[:8], "little")


def event_hash(topic: str, event_id: str) -> int:
    """Return the 48-bit identity of an event inside one user's row (DESIGN law 3).

    It is BLAKE2b of topic, NUL and id; the topic is hashed once. A row remembers 4,096 ids at most:
    a new event is taken for one of them less than once in 60 billion.
    """
    digest = _hash_of_topic(topic).copy()
    digest.update(event_id.encode())
    return int.from_bytes(digest.digest(), "little") or 1


@cache
def _hash_of_topic(topic: str) -> blake2b:
    return blake2b(f"{topic}\x00".encode(), digest_size=6)


def uniform(identity: uuid.UUID, salt: str) -> float:
    """Return a draw in [0, 1) that depends on nothing but ``identity`` and ``salt``."""
    digest = blake2b(salt.encode(), key=identity.bytes, digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) * 2.0**-53


def decision_id(tenant: str, user: str, kind: str, cause: str, attempt: int) -> uuid.UUID:
    """Return the id shared by a decision and its projection.

    ``user`` is the pseudonym in hex, ``cause`` the trigger event's hash or the timer's due time.
    """
    return uuid.uuid5(KAIROS_NAMESPACE, "\x00".join((tenant, user, kind, cause, str(attempt))))
