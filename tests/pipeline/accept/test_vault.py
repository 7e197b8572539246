from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.pipeline.accept import Vault

VAULT = Vault(b"secret", "shop")
user_ids = st.text(min_size=1, max_size=64).filter(lambda text: text.isprintable())


@given(user_ids)
def test_what_was_sealed_is_unsealed(user_id):
    assert VAULT.unseal(VAULT.seal(user_id), VAULT.pseudonym(user_id)) == user_id


@given(user_ids, user_ids)
def test_a_sealed_id_that_was_moved_to_another_users_row_is_not_unsealed(one, other):
    assume(one != other)
    with pytest.raises(InvalidTag):
        VAULT.unseal(VAULT.seal(one), VAULT.pseudonym(other))


@given(user_ids)
def test_a_pseudonym_is_the_documented_hmac(user_id):
    key = HKDF(SHA256(), length=32, salt=b"shop", info=b"kairos pseudonym").derive(b"secret")
    expected = hmac.new(key, user_id.encode(), hashlib.sha256).digest()[:16]
    assert VAULT.pseudonym(user_id) == expected


@given(user_ids)
def test_the_same_secret_gives_the_same_bytes_in_another_process(user_id):
    again = Vault(b"secret", "shop")
    assert again.seal(user_id) == VAULT.seal(user_id)
    assert again.pseudonym(user_id) == VAULT.pseudonym(user_id)
    assert again.fingerprint == VAULT.fingerprint


@pytest.mark.parametrize("other", [Vault(b"secret2", "shop"), Vault(b"secret", "shop2")])
def test_another_secret_or_tenant_shares_nothing(other):
    assert other.pseudonym("anna") != VAULT.pseudonym("anna")
    assert other.fingerprint != VAULT.fingerprint
    with pytest.raises(InvalidTag):
        other.unseal(VAULT.seal("anna"), other.pseudonym("anna"))


def test_neither_pseudonym_nor_seal_nor_fingerprint_shows_the_id():
    assert b"anna" not in VAULT.pseudonym("anna") + VAULT.seal("anna")
    assert len(VAULT.pseudonym("anna")) == 16
    assert len(VAULT.fingerprint) == 16


def test_there_is_no_vault_without_a_secret():
    with pytest.raises(ValueError, match="secret"):
        Vault(b"", "shop")
