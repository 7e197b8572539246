"""A recommendation as a Firebase (HTTP v1) message or an Apple payload, without loss.

The device token is the push service's to add. References: Firebase `projects.messages`
(Message, AndroidConfig), Apple "Generating a remote notification".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from schemas.recommendation import Recommendation
from streams.pipeline.publish.fit import ENCODER

LIMIT_BYTES = 4096
_ANDROID = ("collapse_key", "priority")
_APS = ("thread_id", "interruption_level", "relevance_score", "title_loc_key", "title_loc_args")
_APNS_PRIORITY = {"high": "10", "normal": "5"}


class TooLargeError(ValueError):
    """A push service would refuse the message."""


def to_fcm(record: Recommendation) -> dict[str, Any]:
    """Return the ``message`` of an FCM send request: data values are text, nested ones JSON.

    What is null is absent. A cancel is a data message with ``action`` = cancel.

    Raises:
        TooLargeError: names and values of the data take more than 4,096 bytes.
    """
    fields = msgspec.to_builtins(record)
    data = {
        name: value if isinstance(value, str) else ENCODER.encode(value).decode()
        for name, value in fields.items()
        if name not in _ANDROID and value is not None
    }
    _check(sum(len(name) + len(value.encode()) for name, value in data.items()))
    android = {
        "collapse_key": record.collapse_key,
        "priority": record.priority.upper(),
        "ttl": f"{max(0, _seconds(record.expires_at) - _seconds(record.send_after))}s",
    }
    return {"data": data, "android": android}


def to_apns(record: Recommendation) -> dict[str, Any]:
    """Return ``headers`` and ``payload`` of an APNs request; the app's part is in ``kairos``.

    A cancel wakes the app in the background, which then removes the notification.

    Raises:
        TooLargeError: the payload takes more than 4,096 bytes.
    """
    cancel = record.action == "cancel"
    moved = ("collapse_key", "priority") if cancel else (*_ANDROID, *_APS)
    fields = msgspec.to_builtins(record)
    own = {name: v for name, v in fields.items() if name not in moved and v is not None}
    payload = {"aps": {"content-available": 1} if cancel else _alert(record), "kairos": own}
    _check(len(ENCODER.encode(payload)))
    headers = {
        "apns-push-type": "background" if cancel else "alert",
        "apns-collapse-id": record.collapse_key,
        "apns-priority": _APNS_PRIORITY[record.priority],
        "apns-expiration": str(_seconds(record.expires_at)),
    }
    return {"headers": headers, "payload": payload}


def _alert(record: Recommendation) -> dict[str, Any]:
    return {
        "alert": {
            "title-loc-key": record.title_loc_key,
            "title-loc-args": record.title_loc_args,
        },
        "thread-id": record.thread_id,
        "category": record.template_id,
        "interruption-level": record.interruption_level,
        "relevance-score": record.relevance_score,
        "mutable-content": 1,
    }


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _check(size: int) -> None:
    if size > LIMIT_BYTES:
        raise TooLargeError(f"{size} bytes, a push may have {LIMIT_BYTES}")
