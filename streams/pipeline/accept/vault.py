"""Keys that turn user ids into pseudonyms, and seal them for the one topic that may name them."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PSEUDONYM_BYTES = 16
REMEMBERED_USERS = 1 << 16
"""Users whose pseudonym is kept at hand, in memory alone: active ones come back at once."""
REMEMBERED_WORDS = 1 << 14


class Vault:
    """Pseudonyms and sealed ids of one tenant under one secret (DESIGN law 9).

    Keys are derived with HKDF-SHA-256 (RFC 5869) from the secret, salted with the tenant, so
    two tenants with one secret share nothing.
    """

    def __init__(self, secret: bytes, tenant: str) -> None:
        if not secret:
            raise ValueError("secret: must not be empty")
        self._mac = hmac.new(_derive(secret, tenant, b"pseudonym", 32), digestmod=hashlib.sha256)
        self._siv = AESSIV(_derive(secret, tenant, b"seal", 64))
        self.pseudonym = lru_cache(maxsize=REMEMBERED_USERS)(self._pseudonym)
        """The 16-byte pseudonym of a user id: HMAC-SHA-256 (RFC 2104), cut."""
        self.word = lru_cache(maxsize=REMEMBERED_WORDS)(self._word)
        """The 64-bit hash of a word that was searched, under a key: nobody can look it up in a list."""
        self._word_key = _derive(secret, tenant, b"word", 32)
        self.fingerprint = _derive(secret, tenant, b"fingerprint", 8).hex()
        """16 hex digits that tell two secrets apart and reveal neither."""

    def _pseudonym(self, user_id: str) -> bytes:
        mac = self._mac.copy()
        mac.update(user_id.encode())
        return mac.digest()[:PSEUDONYM_BYTES]

    def _word(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode(), digest_size=8, key=self._word_key).digest()
        return int.from_bytes(digest, "little") or 1

    def seal(self, user_id: str) -> bytes:
        """Return a user id encrypted with AES-SIV (RFC 5297): same id, same bytes."""
        return self._siv.encrypt(user_id.encode(), None)

    def unseal(self, sealed: bytes, pseudonym: bytes) -> str:
        """Return the user id that was sealed in the row of ``pseudonym``.

        The id itself proves whose it is, so rows of every build are bound alike, without
        associated data: that would give the same events other bytes than before.

        Raises:
            cryptography.exceptions.InvalidTag: another secret or tenant sealed it, or it was
                moved here from another user's row.
        """
        user_id = self._siv.decrypt(sealed, None).decode()
        if self.pseudonym(user_id) != pseudonym:
            raise InvalidTag
        return user_id


def _derive(secret: bytes, tenant: str, purpose: bytes, length: int) -> bytes:
    info = b"kairos " + purpose
    return HKDF(SHA256(), length=length, salt=tenant.encode(), info=info).derive(secret)
