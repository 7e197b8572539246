"""Hashes and pseudonyms, computed from their descriptions alone."""

from __future__ import annotations

import hashlib
import hmac

TENANT = "default"


def text_hash(text: str) -> int:
    """The 64-bit BLAKE2b of a text, little-endian; 0 is nobody's."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def event_hash(topic: str, event_id: str) -> int:
    """The identity of an event inside its user's row."""
    return text_hash(f"{topic}\0{event_id}")


class Pseudonyms:
    """HMAC-SHA-256 under a key derived with HKDF-SHA-256 (RFC 5869), cut to 16 bytes."""

    def __init__(self, secret: str) -> None:
        extracted = hmac.digest(TENANT.encode(), secret.encode(), "sha256")
        self._key = hmac.digest(extracted, b"kairos pseudonym\x01", "sha256")

    def of(self, user: str) -> bytes:
        """The pseudonym of a user id."""
        return hmac.digest(self._key, user.encode(), "sha256")[:16]
