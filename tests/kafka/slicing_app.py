"""A worker of the pipeline whose commits fire the timers of only so many users."""

from __future__ import annotations

import os

from streams.app import create_app
from streams.settings import load_settings

app = create_app(load_settings())
app.engine.deciding.processor.slice_timers = int(os.environ["SLICE_TIMERS"])
