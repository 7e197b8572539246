"""Says at the start which bundle serves, and warns of a catalogue that knows few of the items in use."""

from __future__ import annotations

from typing import Any

from aiokafka.errors import KafkaError
from mode import Service

from streams.engine.cover import Knows, read_cover
from streams.settings import Settings
from streams.shared.blame import named


class ServingNote(Service):
    """Lines in the log of a worker; nothing depends on them."""

    def __init__(
        self, app: Any, settings: Settings, bundle: str, knows: Knows, **kwargs: Any
    ) -> None:
        """``bundle``: what `Bundle.title` says."""
        self._app, self._settings, self._bundle, self._knows = app, settings, bundle, knows
        super().__init__(**kwargs)

    @Service.task
    async def _tell(self) -> None:
        self.log.info("Bundle: %s", self._bundle)
        await self.wait(self._app.engine.ready)
        if self.should_stop:
            return
        try:
            found = await read_cover(self._settings, self._knows)
        except KafkaError as error:
            self.log.warning("Items touched in a day are not counted: %s", named(error))
            return
        self.log.info("Items touched in a day: %s", found)
        if found.is_poor:
            self.log.warning("%s: see `unknown_items`; is all of it on its topic?", found)
