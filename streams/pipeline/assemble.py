"""Put a pipeline together from settings: secret, bundle, and the knowledge it starts with."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from models.bundle import Bundle, BundleError, reference_path
from schemas.globals import Epoch
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault, read_secret
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings


def assemble(settings: Settings) -> Pipeline:
    """Return a pipeline that is ready to decide.

    Raises:
        BundleError: the bundle cannot be loaded.
    """
    bundle = load_bundle(settings)
    vault = Vault(read_secret(settings), settings.tenant)
    return Pipeline(settings, vault, starting_knowledge(bundle, settings), bundle)


def load_bundle(settings: Settings) -> Bundle:
    """Return the bundle that the settings name, else the shipped reference.

    Raises:
        BundleError: it cannot be loaded, or was trained on other half-lives than the settings'.
    """
    bundle = Bundle.load(Path(settings.bundle) if settings.bundle else reference_path())
    trained = bundle.manifest.half_lives_h
    if trained != settings.half_lives_h:
        raise BundleError(
            f"bundle {bundle.name} was trained on half-lives of {trained} hours, the settings "
            f"ewma_short_h, ewma_middle_h, ewma_long_h say {settings.half_lives_h}; set them as "
            "they were, or train again"
        )
    return bundle


def starting_knowledge(bundle: Bundle | None, settings: Settings) -> Knowledge:
    """Return empty knowledge, or what the bundle learned in training."""
    told = None if bundle is None else bundle.epoch
    initial = None if told is None else msgspec.msgpack.decode(told, type=Epoch)
    return Knowledge(initial, settings.zero_price == "price")


def with_bundle(settings: Settings, bundle: Path | None) -> Settings:
    """Return the settings with another bundle, the same if none is named."""
    return settings if bundle is None else replace(settings, bundle=str(bundle))
