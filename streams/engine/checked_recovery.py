"""Recovery that looks first whether the changelog still has what the local state came from."""

from __future__ import annotations

from typing import Any

from aiokafka.structs import TopicPartition
from faust.tables.recovery import Recovery

from streams.engine.beginning import record_ends
from streams.engine.refusal import ChangelogLostError
from streams.engine.topic_ids import known_ids, refuse_made_again


class CheckedRecovery(Recovery):
    """Refuses local state that goes further than its changelog, or was made from other topics.

    That is before anything is read. Faust says the first in words that cost the last copy: they ask
    to remove the database.
    """

    async def _build_offsets(self, consumer: Any, tps: Any, destination: Any, title: str) -> None:
        refuse_shorter(
            {tp: self.app.engine.restored(tp) for tp in tps},
            {tp: end - 1 for tp, end in (await consumer.highwaters(*tps)).items()},
        )
        now = await self._ids(tps)
        for tp in sorted(tps):
            refuse_made_again(self.app.engine.topic_ids(tp), now, tp.topic)
        await self._note_beginnings(tps)
        await super()._build_offsets(consumer, tps, destination, title)
        for tp in tps:
            self.app.engine.note_topic_ids(tp, now)

    async def _note_beginnings(self, tps: Any) -> None:
        """Note where the past ends of partitions that may have no state: the changelog will tell."""
        engine, topics = self.app.engine, self.app.options.topics
        bare = [tp.partition for tp in tps if engine.restored(tp) < 0]
        if not bare or not self.app.options.silent:
            return
        inputs = [TopicPartition(topic, number) for topic in topics for number in bare]
        ends = await record_ends(self.app.settings, inputs)
        for number in bare:
            engine.beginnings[number] = {
                topic: ends[tp] for topic in topics if (tp := TopicPartition(topic, number)) in ends
            }

    async def _ids(self, changelogs: Any) -> dict[str, bytes]:
        """Return the ids of the topics that the state is made from, changelogs included."""
        names = {*self.app.options.topics, *(tp.topic for tp in changelogs)}
        return await known_ids(self.app.settings.broker, sorted(names)) if changelogs else {}


def refuse_shorter(local: dict[Any, int], last: dict[Any, int]) -> None:
    """Do nothing if no partition's ``local`` offset lies behind the ``last`` of its changelog.

    Raises:
        ChangelogLostError: one does.
    """
    for tp, offset in sorted(local.items()):
        if offset > last[tp]:
            raise ChangelogLostError(
                f"topic {tp.topic} partition {tp.partition} ends at offset {last[tp]}, but the "
                f"local state was made from it up to {offset}: the changelog lost data. Keep the "
                "data directory, it may be the last whole copy; `kairos recover` says what can be done"
            )
