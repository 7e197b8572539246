"""What publishing needs to know beside the decisions, for one batch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from models.bundle import Bundle
from models.features import contract_hash
from streams.knowledge.shared import Knowledge, Shared
from streams.pipeline.accept import Vault
from streams.pipeline.batch.turn import Turn
from streams.pipeline.candidates import reason_codes, rule_at, source_names
from streams.pipeline.publish import Resources
from streams.settings import Settings


def resources_of(
    turn: Turn,
    shared: Shared,
    knowledge: Knowledge,
    vault: Vault,
    bundle: Bundle | None,
    settings: Settings,
) -> Resources:
    """Return the look-ups and names that the records of a batch refer to."""

    @cache  # a batch asks for the same popular items again and again
    def known(number: int) -> str | None:
        return turn.told(number) or knowledge.names(number)

    def texts(number: int) -> str | None:
        return known(number) or turn.text(number)

    def recall(numbers: Iterable[int]) -> None:
        turn.recall(number for number in numbers if known(number) is None)

    return Resources(
        places=turn.places,
        offsets_at=turn.offsets_at,
        texts=texts,
        recall=recall,
        item=shared.catalogue.item,
        unseal=vault.unseal,
        reasons=reason_codes,
        sources=source_names,
        epoch=None if shared.epoch is None else shared.epoch.number,
        epoch_gone=turn.epoch if knowledge.is_gone(turn.epoch) else None,
        catalog_version=shared.catalogue.reading.version,
        catalog_offsets=shared.catalogue.reading.offsets,
        unknown_items=lambda at_ms: rule_at(at_ms, shared.catalogue, settings),
        bundle_name=bundle.name if bundle else "",
        bundle_sha256=bundle.sha256 if bundle else "",
        contract_hash=contract_hash(settings.half_lives_h),
    )
