"""What a context record becomes: a row a told field; absent is no news, null clears."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from schemas.events import Context
from schemas.ids import event_hash
from schemas.tables import SourceRecord
from schemas.vocabulary import ContextField, DeadReason, EventType
from streams.pipeline.accept import validate as check
from streams.pipeline.accept.answers import add_told, told_consent
from streams.pipeline.accept.cells import coarse_cell
from streams.pipeline.accept.columns import Columns
from streams.shared.faults import Fault
from streams.shared.times import parse_ts

Told = list[tuple[ContextField, str | None]]

_AS_TOLD = {
    "app_version": ContextField.APP_VERSION,
    "locale": ContextField.LOCALE,
    "timezone": ContextField.TIMEZONE,
    "country": ContextField.COUNTRY,
    "region": ContextField.REGION,
    "place": ContextField.PLACE,
}
_LOWER_CASE = {
    "device": ContextField.DEVICE,
    "os": ContextField.OS,
    "network": ContextField.NETWORK,
    "scene": ContextField.SCENE,
}
"""Words of a closed kind, compared by their hash: "Mobile" and "mobile" are one device."""
_TEXTS = tuple((_AS_TOLD | _LOWER_CASE).items())

_IN_SCENE = {
    "mobile_commute": EventType.IN_MOBILE_COMMUTE,
    "mobile_home": EventType.IN_MOBILE_HOME,
    "desktop_work": EventType.IN_DESKTOP_WORK,
    "desktop_home": EventType.IN_DESKTOP_HOME,
    "in_store": EventType.IN_STORE,
    "travelling": EventType.TRAVELLING,
}
_IN_PLACE = {
    ("", "store"): EventType.IN_STORE,
    ("", "airport"): EventType.TRAVELLING,
    ("mobile", "transit"): EventType.IN_MOBILE_COMMUTE,
    ("mobile", "home"): EventType.IN_MOBILE_HOME,
    ("desktop", "work"): EventType.IN_DESKTOP_WORK,
    ("desktop", "home"): EventType.IN_DESKTOP_HOME,
}
_ON_NETWORK = {"cellular": EventType.ON_CELLULAR, "wifi": EventType.ON_WIFI}


def add_context(columns: Columns, pos: int, record: SourceRecord, context: Context) -> None:
    """The situation: a row a told field; minutes in the app are a fact."""
    check.check_key(record.key, context.user_id)
    ts_ms = parse_ts(context.ts, record.timestamp_ms)
    told = _told(context) + _told_cell(context, columns.cell_resolution)
    answers = told_consent(context.consent, ts_ms, record, columns.yes_ahead_ms)
    minutes = _minutes(context)
    user, event = columns.users[context.user_id], event_hash("context", context.event_id)
    columns.add_event(pos, user, ts_ms, event)
    for field, text in told:
        columns.add_context(pos, user, ts_ms, event, field, text)
    add_told(columns, pos, user, event, answers)
    kind = situation_of(context)
    if kind is not None:
        columns.add_fact(pos, user, ts_ms, event, kind)
    if minutes:
        columns.add_fact(pos, user, ts_ms, event, EventType.APP_MINUTES, quantity=minutes)


def situation_of(context: Context) -> EventType | None:
    """Return the tile in which the report counts: its scene, else what device and place say.

    The names of `models.scene.rules`; the hours they ask for are looked at when tiles are read.
    """
    told = _IN_SCENE.get(_word(context.scene))
    if told is not None:
        return told
    device, place = _word(context.device), _word(context.place)
    certain = _IN_PLACE.get(("", place)) or _IN_PLACE.get((device, place))
    if certain is not None or place:
        return certain
    if device == "desktop":
        return EventType.ON_DESKTOP
    return _ON_NETWORK.get(_word(context.network)) if device == "mobile" else None


def _word(text: str | UnsetType | None) -> str:
    return text.lower() if isinstance(text, str) else ""


def _told(context: Context) -> Told:
    """The text fields that are news; empty text says no more than null."""
    told: Told = []
    for name, field in _TEXTS:
        text: str | UnsetType | None = getattr(context, name)
        if text is UNSET:
            continue
        if text:
            check.check_id(name, text)
            if name == "timezone":
                check.check_zone(text)
            told.append((field, text.lower() if name in _LOWER_CASE else text))
        else:
            told.append((field, None))
    return told


def _told_cell(context: Context, resolution: int) -> Told:
    """The coarse cell of a point; the point itself goes no further."""
    lat, lon = context.lat, context.lon
    if isinstance(lat, float) and isinstance(lon, float):
        check.check_point(lat, lon)
        return [(ContextField.CELL, coarse_cell(lat, lon, resolution))]
    if isinstance(lat, float) or isinstance(lon, float):
        sentence = "lat and lon only make sense together"
        raise Fault(DeadReason.BAD_LOCATION, sentence, "lat, lon")
    return [] if lat is UNSET and lon is UNSET else [(ContextField.CELL, None)]


def _minutes(context: Context) -> int:
    """Whole minutes in the app, half a minute to the even one; 0 where nothing was told."""
    if not isinstance(context.app_minutes, float):
        return 0
    check.check_minutes(context.app_minutes)
    return round(context.app_minutes)
