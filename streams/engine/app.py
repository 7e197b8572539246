"""Faust's app as the engine needs it: what it does at the start, and what it leaves out."""

from __future__ import annotations

import gc
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import faust

from streams.engine.clock import BrokerClock
from streams.engine.header_names import tolerate_header_names
from streams.engine.home import claim
from streams.engine.options import Options
from streams.engine.runner import Engine
from streams.engine.starts import StartNotes
from streams.settings import Settings

GC_THRESHOLDS = (50_000, 20, 20)
"""A batch makes thousands of objects and no cycles; Python's 700 looks through them in vain."""
SWITCH_S = 0.001
"""A thread that waits for the interpreter gets it after this; Python's 5 ms would be paid at each
turn of the loop that commits, and of the one that fetches, while a batch is decided."""


class KairosApp(faust.App):
    """A Faust app with the batch engine; the `kafka-batch` transport finds both here."""

    options: Options
    engine: Engine
    clock: BrokerClock
    starts: StartNotes
    settings: Settings
    prepare: Callable[[Settings], Awaitable[None]]
    epoch_asks: Callable[[int, int], bool]
    """(partition, number of its epoch): whether a newer one asks its users something."""

    async def on_first_start(self) -> None:
        """Refuse to start on a data directory in use, or a cluster whose topics do not fit."""
        tolerate_header_names()
        self.conf.datadir.mkdir(parents=True, exist_ok=True)
        self._home = claim(self.conf.datadir)
        await self.prepare(self.settings)
        await super().on_first_start()
        gc.freeze()  # what was imported stays: no collection need look at it again
        gc.set_threshold(*GC_THRESHOLDS)
        sys.setswitchinterval(SWITCH_S)

    def add_agent(self, name: str, work: Callable[[Any], Awaitable[None]], channel: Any) -> None:
        """Add an agent; Faust's `agent` also looks through all modules for a scanner we do not use."""
        self.agents[name] = self.conf.Agent(
            work, name=name, app=self, channel=channel, on_error=self._on_agent_error
        )

    def service(self, cls: type[Any]) -> type[Any]:
        """Add a service; likewise."""
        self._extra_services.append(cls)
        return cls

    def worker_init_post_autodiscover(self) -> None:
        """Load the web server only if it is wanted."""
        if self.boot_strategy.enable_web is False:
            self.on_worker_init.send()
        else:
            super().worker_init_post_autodiscover()

    @property
    def web_server_driver_version(self) -> str:
        """What the banner says of the web server, which Faust would load for it."""
        return (
            "off" if self.boot_strategy.enable_web is False else super().web_server_driver_version
        )
