"""The page `/ready`: whether this worker takes records in, and if not, why."""

from __future__ import annotations

from typing import Any

OK, UNAVAILABLE = 200, 503


def register_ready(app: Any) -> None:
    """Add the page to a `KairosApp` that serves Faust's web."""

    async def ready(view: Any, request: Any) -> Any:
        reason = why_not(app)
        said = {"ready": not reason, "reason": reason}
        return view.json(said, status=UNAVAILABLE if reason else OK)

    app.page("/ready")(ready)


def why_not(app: Any) -> str:
    """Return why a worker takes nothing in, one sentence; empty: it does."""
    if app.engine.halted:
        return str(app.engine.halted)
    if app.rebalancing or app.in_recovery:
        return "partitions are being assigned, or their state is being read"
    if not app.engine.ready.is_set():
        return "the catalogue and the epochs are still being read"
    return ""
