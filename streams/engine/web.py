"""The worker's web server: bound to loopback unless told otherwise, with our routes and no others."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from streams.settings import Settings

logger = logging.getLogger(__name__)

Handler = Callable[[Any], Awaitable[Any]]


def web_settings(settings: Settings) -> dict[str, Any]:
    """Return Faust's settings of the web server.

    Faust's own pages about tables, routing, statistics and agents are off: they name keys and
    hosts. What is left is ``GET /``, which answers when the worker is up.
    """
    if not settings.web_port:
        return {"web_enabled": False}
    return {
        "web_enabled": True,
        "web_bind": settings.web_bind,
        "web_port": settings.web_port,
        "web_application_options": {"middlewares": [_reticent()]},
        "web_stats_enabled": False,
        "web_graph_enabled": False,
        "web_router_enabled": False,
        "web_tables_enabled": False,
        "web_metrics_enabled": False,
    }


def _reticent() -> Any:
    """Return a middleware: what goes wrong in a page is told to the log, not to who asked."""
    from aiohttp import web  # only where a web server is wanted

    @web.middleware
    async def reticent(request: Any, handler: Handler) -> Any:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception:
            logger.exception("Page %s", request.path)
            return web.Response(status=500, text="internal error")

    return reticent
