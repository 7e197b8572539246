from __future__ import annotations

import uuid

import pytest

from streams.engine.topics import create_topics
from streams.settings import Settings, load_settings


@pytest.fixture
async def own(broker: str) -> Settings:
    """Topics of the test's own, in two partitions each."""
    name = uuid.uuid4().hex[:8]
    made = load_settings(
        {}, broker=broker, topic_prefix=f"{name}.", app_id=name, partitions=2, catch_up="speak"
    )
    await create_topics(made)
    return made
