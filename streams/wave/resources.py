"""What publishing needs to know beside the decisions, for one batch."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from models.features import CONTRACT
from schemas.tables import SourceRecord
from streams.candidates import reason_codes, source_names
from streams.knowledge.shared import Shared
from streams.publish import Resources
from streams.wave.session import Session

if TYPE_CHECKING:
    from streams.pipeline import Pipeline


def resources_of(
    pipeline: Pipeline, session: Session, records: list[SourceRecord], shared: Shared
) -> Resources:
    """Return the look-ups and names that the records of a batch refer to."""
    bundle, knowledge = pipeline.bundle, pipeline.knowledge

    @cache  # a batch asks for the same popular items again and again
    def texts(number: int) -> str | None:
        return session.text(number) or knowledge.names(number)

    return Resources(
        partition=session.partition,
        sequence=session.marker.records,
        offsets_at=session.offsets(records).at,
        texts=texts,
        recall=session.recall,
        item=shared.catalogue.item,
        unseal=pipeline.vault.unseal,
        reasons=reason_codes,
        sources=source_names,
        epoch=session.marker.epoch,
        catalog_version=shared.catalogue.version,
        bundle_name=bundle.name if bundle else "",
        bundle_sha256=bundle.sha256 if bundle else "",
        contract_hash=CONTRACT.hash,
    )
