"""A store with rows on top of it that are not committed yet."""

from __future__ import annotations

from collections.abc import Mapping

from streams.state.store import ALL, USER, Store, is_user_after


class Overlay:
    """`Store` as the effects laid over it would leave it; the store below is only read."""

    def __init__(self, below: Store) -> None:
        self._below = below
        self.rows: dict[bytes, bytes | None] = {}

    def lay(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Lay the rows of a batch over it; None deletes."""
        self.rows |= rows

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        missing = [key for key in keys if key not in self.rows]
        found = dict(zip(missing, self._below.get_many(missing), strict=True)) if missing else {}
        return [self.rows[key] if key in self.rows else found[key] for key in keys]

    def scan(self, start: bytes, stop: bytes, most: int = ALL) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` timer rows with ``start <= key < stop`` in key order."""
        mine = {key: row for key, row in self.rows.items() if start <= key < stop}
        below = self._below.scan(start, stop, min(most + len(mine), ALL))
        found: dict[bytes, bytes | None] = {**dict(below), **mine}
        return sorted((key, row) for key, row in found.items() if row is not None)[:most]

    def users(self, heads: set[bytes]) -> list[bytes]:
        """Return the pseudonyms that begin with one of ``heads``."""
        found = set(self._below.users(heads))
        for key, row in self.rows.items():
            if key.startswith(USER) and key[1:9] in heads:
                (found.discard if row is None else found.add)(key[1:])
        return sorted(found)

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users behind a pseudonym."""
        mine = {key[1:]: row for key, row in self.rows.items() if is_user_after(key, user)}
        below = self._below.users_after(user, most + len(mine))
        found: dict[bytes, bytes | None] = {**dict(below), **mine}
        return sorted((key, row) for key, row in found.items() if row is not None)[:most]
