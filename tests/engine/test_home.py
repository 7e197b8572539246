from __future__ import annotations

from pathlib import Path

import pytest

from streams.engine.home import HomeTakenError, claim


def test_a_directory_has_one_worker_at_a_time(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(HomeTakenError, match=f"{tmp_path} is in use"):
        claim(tmp_path)
    claim(tmp_path).close()
