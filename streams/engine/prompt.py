"""Faust's waits that a worker with one table and one agent does not need."""

from __future__ import annotations

import asyncio

from faust.tables import TableManager
from faust.worker import Worker

CLOSE_S = 0.05
"""Time for sockets to close before the event loop does; mode waits 1 s."""


class PromptTableManager(TableManager):
    """Starts at once: the table is registered before the app starts. Faust waits 1 s for more."""

    async def on_start(self) -> None:
        """Register the changelog, and start the recovery service."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class PromptWorker(Worker):
    """Ends as soon as everything has stopped."""

    async def _sentinel_task(self) -> None:
        await asyncio.sleep(CLOSE_S)
