"""What a worker's web server shows, and to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from engine.conftest import Nothing

from streams.app import create_app
from streams.engine.web import web_settings
from streams.settings import Settings

SECRET = "what the page was about"


@pytest.fixture
def server(tmp_path: Path) -> Any:
    app = create_app(Settings(data_dir=str(tmp_path), web_port=6066), Nothing())
    app.finalize()
    app.web.init_server()
    return app.web


def test_the_pages_are_ours_alone(server: Any) -> None:
    pages = {route.resource.canonical for route in server.web_app.router.routes()}
    assert pages == {"/", "/ready"}


def test_it_listens_on_loopback_unless_told_otherwise(server: Any, tmp_path: Path) -> None:
    assert server.app.conf.web_bind == "127.0.0.1"
    told = Settings(data_dir=str(tmp_path), web_port=6066, web_bind="0.0.0.0")
    assert create_app(told, Nothing()).conf.web_bind == "0.0.0.0"


def test_without_a_port_there_is_none() -> None:
    assert web_settings(Settings()) == {"web_enabled": False}


async def test_a_page_that_fails_says_nothing_of_why(server: Any) -> None:
    async def failing(request: web.Request) -> web.Response:
        raise ValueError(SECRET)

    server.web_app.router.add_get("/failing", failing)
    async with TestClient(TestServer(server.web_app, debug=True)) as client:
        answer = await client.get("/failing")
        said = await answer.text()
    assert (answer.status, said) == (500, "internal error")
