"""Partitions are added under a running worker: it lives, takes in nothing more, and says so."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request

import pytest
from support.topics import add_partitions

from streams.engine.options import MERGED

pytestmark = pytest.mark.kafka

EVENTS = 300


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def ready(port: int) -> tuple[int, str]:
    """The page's status, 0 while nobody answers, and the reason it gives."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return answer.status, json.load(answer)["reason"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["reason"]
    except OSError:
        return 0, ""


@pytest.mark.parametrize(
    ("names", "metadata_age_ms", "way_out"),
    [
        (("clicks",), "300000", "another app_id"),
        (MERGED, "300000", "another app_id"),
        (("clicks",), "500", "another app_id"),
        (MERGED, "500", "another app_id"),
        (("catalog",), "300000", "send the catalogue again"),
    ],
    ids=["one-watch", "all-watch", "one-client", "all-client", "catalogue"],
)
def test_it_lives_and_takes_in_nothing_more(
    deployment, port: int, names: tuple[str, ...], metadata_age_ms: str, way_out: str
) -> None:
    settings = deployment.settings
    worker = deployment.start(KAIROS_WEB_PORT=str(port), COUNTING_METADATA_AGE_MS=metadata_age_ms)
    deployment.produce(EVENTS)
    deployment.wait_for_outputs(EVENTS)
    deployment.wait_for(lambda: ready(port) == (200, ""))
    add_partitions(settings, 8, *map(settings.topic, names))
    deployment.wait_for(lambda: "8 partitions" in ready(port)[1], 60)
    status, reason = ready(port)
    assert status == 503
    assert way_out in reason
    before = len(deployment.outputs())
    deployment.produce(EVENTS)
    time.sleep(15)  # a look of the watch, and of the client, later
    assert len(deployment.outputs()) == before
    assert ready(port) == (503, reason)
    assert worker.poll() is None, deployment.tail()
    assert deployment.log().read_text().count("Nothing more is taken in") == 1
    assert "Traceback" not in deployment.log().read_text()
    deployment.stop(worker)
    assert worker.returncode == 0
