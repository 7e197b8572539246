"""What a deployment can change: the settings, where their values come from, and what they say."""

from streams.settings.reading import (
    PREFIX,
    Described,
    SettingsError,
    describe_settings,
    load_settings,
)
from streams.settings.settings import Settings

__all__ = ["PREFIX", "Described", "Settings", "SettingsError", "describe_settings", "load_settings"]
