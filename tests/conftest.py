"""What every test may use: the embedded broker, once per run, and the Hypothesis profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from support.examples import examples

from streams.operate.broker.broker import Broker

settings.register_profile("kairos", deadline=None, print_blob=True)
settings.register_profile("check", settings.get_profile("kairos"), max_examples=examples(10))
settings.load_profile("kairos")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Apache Kafka for the whole run: ``"127.0.0.1:PORT"``."""
    embedded = Broker(tmp_path_factory.mktemp("broker"))
    yield embedded.start()
    embedded.reset()
