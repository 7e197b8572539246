"""Looks again and again whether a worker's topics are still those that it started on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import KafkaError
from mode import Service

from streams.engine.log_check import RecreatedError, more_partitions
from streams.engine.options import TABLE
from streams.engine.topic_ids import ids_of, refuse_made_again
from streams.engine.topic_view import TopicView, view_topics
from streams.settings import Settings

WATCH_S = 10.0
"""Pause between two looks: one small request."""


def raised(now: Mapping[str, TopicView], partitions: int) -> str:
    """Return what to say if a topic has another number of ``partitions``, else an empty string."""
    for name, view in sorted(now.items()):
        if len(view.copies) != partitions:
            return f"topic {name} {more_partitions(len(view.copies), partitions)}"
    return ""


def unread(catalogue: TopicView | None, name: str, partitions: int) -> str:
    """Return what to say if the catalogue has ``partitions`` and others, else an empty string."""
    if catalogue is None or len(catalogue.copies) <= partitions:
        return ""
    return (
        f"topic {name} has {len(catalogue.copies)} partitions, of which {partitions} are read: what is "
        f"said of the items in the others is not known. Make it anew with {partitions} partitions and "
        "send the catalogue again"
    )


class TopicWatch(Service):
    """Ends the worker when a topic that its state stands on is another one than before.

    Where one has more partitions the worker takes in nothing more: keys hash to other partitions
    from then on, and a user's state would be in two places, or an item sold out where nobody reads.
    """

    def __init__(self, app: Any, settings: Settings, **kwargs: Any) -> None:
        self._app = app
        self._broker = settings.broker
        self._partitions = settings.partitions
        self._catalogue = settings.topic("catalog")
        self._changelog: str = app.tables[TABLE].changelog_topic_name
        self._seen: dict[str, bytes] = {}
        super().__init__(**kwargs)

    @Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            try:
                await self._look()
            except (KafkaError, OSError) as error:
                self.log.warning("Cannot look at the topics: %r", error)
            except RecreatedError as error:
                await self._app.engine.crash(error)
            await self.sleep(WATCH_S)

    async def _look(self) -> None:
        names = (*self._app.options.topics, self._changelog)
        now = await view_topics(self._broker, (*names, self._catalogue))
        catalogue = now.pop(self._catalogue, None)
        refuse_made_again(self._seen, ids_of(now), self._changelog)
        sentence = raised(now, self._partitions) or unread(
            catalogue, self._catalogue, self._partitions
        )
        if sentence:
            self._app.engine.halt(sentence)
        self._seen = {**ids_of(now), **self._seen}
