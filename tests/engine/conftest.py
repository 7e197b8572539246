from __future__ import annotations

from pathlib import Path

import pytest

from schemas.tables import SourceRecord
from streams.app import create_app
from streams.engine.app import KairosApp
from streams.engine.store import StateStore
from streams.settings import Settings
from streams.state.store import Effects, Store


class Nothing:
    """A processor without effects."""

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        return Effects()


@pytest.fixture
def app(tmp_path: Path) -> KairosApp:
    made = create_app(Settings(data_dir=str(tmp_path)), Nothing())
    made.finalize()
    return made


@pytest.fixture
def state(app: KairosApp) -> StateStore:
    app.conf.tabledir.mkdir(parents=True)
    store: StateStore = app.tables["state"].data
    return store
