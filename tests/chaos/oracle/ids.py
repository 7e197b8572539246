"""Hashes and pseudonyms, computed from their descriptions alone."""

from __future__ import annotations

import hashlib
import hmac

TENANT = "default"


def text_hash(text: str) -> int:
    """The 64-bit BLAKE2b of a text, little-endian; 0 is nobody's."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def event_hash(topic: str, event_id: str) -> int:
    """The identity of an event inside its user's row: 48 bits of the same kind."""
    digest = hashlib.blake2b(f"{topic}\0{event_id}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "little") or 1


class Keyed:
    """What nobody can compute without the secret; keys are derived with HKDF-SHA-256 (RFC 5869)."""

    def __init__(self, secret: str) -> None:
        extracted = hmac.digest(TENANT.encode(), secret.encode(), "sha256")
        self._user, self._word = (
            hmac.digest(extracted, b"kairos %b\x01" % purpose, "sha256")
            for purpose in (b"pseudonym", b"word")
        )

    def pseudonym(self, user: str) -> bytes:
        """Of a user id: HMAC-SHA-256, cut to 16 bytes."""
        return hmac.digest(self._user, user.encode(), "sha256")[:16]

    def word(self, word: str) -> int:
        """Of a searched word: the 64-bit keyed BLAKE2b, little-endian; 0 is none's."""
        digest = hashlib.blake2b(word.encode(), digest_size=8, key=self._word).digest()
        return int.from_bytes(digest, "little") or 1
