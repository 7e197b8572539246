"""Looks again and again whether a worker's topics are still those that it started on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import KafkaError
from mode import Service

from streams.engine.lineage import OtherPublisherError, claim_outputs
from streams.engine.log_check import RecreatedError, more_partitions
from streams.engine.options import TABLE
from streams.engine.topic_ids import ids_of, refuse_made_again
from streams.engine.topic_view import UNKNOWN_ID, TopicView, view_topics
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
        self._settings = settings
        self._partitions = settings.partitions
        self._catalogue, self._globals = settings.topic("catalog"), settings.topic("globals")
        self._claimed = UNKNOWN_ID
        """Id of the topic on which this app id is named as the one that publishes."""
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
            except (RecreatedError, OtherPublisherError) as error:
                await self._app.engine.crash(error)
            await self.sleep(WATCH_S)

    async def _look(self) -> None:
        names = (*self._app.options.topics, self._changelog)
        now = await view_topics(self._settings.broker, (*names, self._catalogue, self._globals))
        catalogue, claims = now.pop(self._catalogue, None), now.pop(self._globals, None)
        await self._claim_again(claims)
        refuse_made_again(self._seen, ids_of(now), self._changelog)
        sentence = raised(now, self._partitions) or unread(
            catalogue, self._catalogue, self._partitions
        )
        if sentence:
            self._app.engine.halt(sentence)
        self._seen = {**ids_of(now), **self._seen}

    async def _claim_again(self, claims: TopicView | None) -> None:
        """Say once more who publishes, where the topic that said so was made anew."""
        if claims is None or claims.id in (self._claimed, UNKNOWN_ID):
            return
        if self._claimed != UNKNOWN_ID:
            await claim_outputs(self._settings)
        self._claimed = claims.id
