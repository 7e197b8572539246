"""A worker that starts and stops without waits it does not need, and stops for certain."""

from __future__ import annotations

import asyncio
import logging
from signal import Signals

from faust.tables import TableManager
from faust.worker import Worker

from streams.engine.checked_recovery import CheckedRecovery
from streams.engine.ending import EXIT_AFTER_S, end_process_after
from streams.engine.refusal import OneSentence

CLOSE_S = 0.05
"""Time for sockets to close before the event loop does; mode waits 1 s."""


class PromptTableManager(TableManager):
    """Starts at once: the table is registered before the app starts. Faust waits 1 s for more."""

    _recovery: CheckedRecovery | None

    @property
    def recovery(self) -> CheckedRecovery:
        """The recovery service, made when it is first asked for."""
        if self._recovery is None:
            self._recovery = CheckedRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Register the changelog, and start the recovery service."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class PromptWorker(Worker):
    """Ends as soon as everything has stopped, and in any case soon after it was told to.

    Clients that have lost their broker never stop trying: a worker would outlive its SIGTERM.
    """

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        """Let every handler tell a refusal as one sentence."""
        super().on_setup_root_logger(logger, level)
        told = OneSentence()
        for handler in logger.handlers:
            handler.addFilter(told)

    async def _stop_on_signal(self, signal: Signals) -> None:
        end_process_after(EXIT_AFTER_S)
        await super()._stop_on_signal(signal)

    async def _sentinel_task(self) -> None:
        await asyncio.sleep(CLOSE_S)
