"""The one agent, and the services that run beside it in a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.engine.app import KairosApp
from streams.engine.catalogue_accounts import CatalogueAccounts, Letters
from streams.engine.clock import BrokerClock
from streams.engine.knowledge import KnowledgeReader
from streams.engine.learning import LearnerService, Learns
from streams.engine.serving import ServingNote
from streams.engine.starts import StartNotes
from streams.engine.ticks import TickWriter
from streams.engine.topic_watch import TopicWatch
from streams.knowledge.shelf import shelf


def register_engine(app: KairosApp) -> None:
    """Attach the agent, the broker's time, notes of starts, ticks and the watch over the topics to a `KairosApp`."""
    inputs = app.topic(
        *app.options.topics, key_serializer="raw", value_serializer="raw", acks=False
    )

    async def batches(stream: Any) -> None:
        """Hand every merged micro-batch to the engine."""
        async for event in stream.events():
            app.engine.submit(event.message)

    app.add_agent("batches", batches, inputs)
    app.clock = BrokerClock(app.settings)
    app.service(app.clock)
    app.starts = StartNotes(app.settings)
    app.service(app.starts)
    if not app.settings.output_prefix:  # else the deployment whose topics they are tells the time
        app.service(TickWriter(app, app.settings))
    app.service(TopicWatch(app, app.settings))


def register_knowledge(
    app: KairosApp,
    knowledge: Any,
    make_learner: Callable[[], Learns],
    bundle: str,
    letters: Letters,
) -> None:
    """Attach the reader of the shared knowledge, the learner that publishes it, and the note of what serves.

    ``bundle``: the served bundle's title; ``letters``: dead letters of a catalogue record.
    """
    app.service(CatalogueAccounts(app, app.settings, letters))
    app.service(KnowledgeReader(app, app.settings, knowledge))
    app.epoch_asks = knowledge.asks
    app.service(
        ServingNote(
            app,
            app.settings,
            bundle,
            lambda items: knowledge.catalogue.knows_in_the_end(items),
        )
    )
    app.service(
        LearnerService(
            app,
            app.settings,
            make_learner=make_learner,
            catalog_version=lambda: knowledge.catalogue.version,
            news=lambda after_ms: app.engine.deciding.run(knowledge.catalogue.news, after_ms),
            shelf=lambda known, now_ms: app.engine.deciding.run(
                shelf, knowledge.catalogue, known, now_ms
            ),
        )
    )
