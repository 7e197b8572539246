"""Where the secret comes from: the setting, else a file that is made once."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from streams.settings import Settings, SettingsError

_log = logging.getLogger(__name__)

LEAST_CHARS = 16
"""A shorter secret can be guessed from one user's pseudonym: ids are often just numbers."""


def secret_problem(settings: Settings) -> str | None:
    """Return what is wrong with a secret that is given, None: nothing.

    A worker refuses to start on it. What replays or evaluates a log may use any.
    """
    if not settings.secret or len(settings.secret) >= LEAST_CHARS:
        return None
    return (
        f"secret: {len(settings.secret)} characters, at least {LEAST_CHARS} random ones are needed; "
        "a deployment that began with a shorter one keeps it in <data_dir>/secret of each worker"
    )


def read_secret(settings: Settings) -> bytes:
    """Return the secret of this deployment; without a setting it is kept in ``data_dir/secret``.

    Raises:
        SettingsError: the file cannot be read or made, or is empty.
    """
    if settings.secret:
        return settings.secret.encode()
    path = Path(settings.data_dir) / "secret"
    try:
        if not path.exists():
            _create(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"secret: cannot keep one in {path}: {error}") from error
    if not secret:
        raise SettingsError(f"secret: {path} is empty")
    return secret


def _create(path: Path) -> None:
    """Make the file whole or not at all: another worker may start at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        os.link(draft, path)
    except FileExistsError:
        return  # the other worker's secret holds
    finally:
        draft.unlink(missing_ok=True)
    _log.warning(
        "made a new secret in %s; workers on several machines need one KAIROS_SECRET", path
    )
