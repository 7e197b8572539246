"""How a worker ends that may not go on: once, and for certain."""

from __future__ import annotations

import os
import threading
from typing import Any

EXIT_AFTER_S = 15.0
"""A worker that cannot shut down by then is ended."""
EXIT_CODE = 70


class Ending:
    """Ends the worker at the first reason; its state is in the log, a clean start reads it there."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._begun = False

    async def crash(self, reason: BaseException) -> None:
        """Refuse all further commits, and shut down."""
        self._app.consumer.transactions.dead = True
        if not self._begun:
            self._begun = True
            end_process_after(EXIT_AFTER_S)
            await self._app.crash(reason)


def end_process_after(delay_s: float) -> None:
    """End the process in ``delay_s`` seconds, whatever it is doing then."""
    timer = threading.Timer(delay_s, os._exit, args=(EXIT_CODE,))
    timer.daemon = True
    timer.start()
