"""A worker of the real pipeline whose own clock is two days ahead."""

from __future__ import annotations

import time

AHEAD_S = 172_800
_time, _time_ns = time.time, time.time_ns

time.time = lambda: _time() + AHEAD_S
time.time_ns = lambda: _time_ns() + AHEAD_S * 1_000_000_000

from streams.app import create_app  # noqa: E402 - after the clock was put forward
from streams.settings import load_settings  # noqa: E402

app = create_app(load_settings())
