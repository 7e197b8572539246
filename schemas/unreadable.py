"""What decoding raises at bytes that are no message of ours."""

from __future__ import annotations

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""msgspec leaves text that is no UTF-8 to Python, and says of deep nesting what Python says."""
