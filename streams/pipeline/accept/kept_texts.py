"""Which texts of a user's situation a partition keeps: those that somebody reads, from closed lists.

A last-known value is a hash, and a hash is enough to tell that a device changed. The text behind it goes
into the partition's dictionary, and from there to the learner, for good: so free text is not kept.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from schemas.vocabulary import CONSENTS, ContextField

UNREAD = frozenset(
    (
        ContextField.DEVICE, ContextField.OS, ContextField.APP_VERSION, ContextField.REGION,
        ContextField.PLACE, ContextField.NETWORK, ContextField.SCENE, ContextField.SHARES_PURCHASES,
        *CONSENTS,
    )
)  # fmt: skip
"""Fields of which only the hash is ever looked at."""
_LANGUAGES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
    dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
    id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo
    lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl
    ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk
    tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LONGER = "ast ckb fil gsw haw kok yue"
_WITHDRAWN = "in iw ji"
"""Java still says these."""
LANGUAGES = frozenset((_LANGUAGES + _LONGER + " " + _WITHDRAWN).split())
"""ISO 639-1, and languages without a short code."""
_SCRIPTS = "arab beng cyrl deva guru hans hant latn mong tfng"
SCRIPTS = frozenset(_SCRIPTS.split())
GROUPS = frozenset(("001", "150", "419"))
"""UN M.49: the world, Europe, Latin America."""
_LOCALE = re.compile(
    r"([a-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Z]{2}|[a-z]{2}|\d{3}))?", re.ASCII
)


def is_kept(field: ContextField, text: str) -> bool:
    """Whether the text of a told field goes into the dictionary; zones and cells are checked before."""
    if field == ContextField.COUNTRY:
        return text.upper() in countries()
    if field == ContextField.LOCALE:
        return is_locale(text)
    return field not in UNREAD


@lru_cache(maxsize=4_096)
def is_locale(text: str) -> bool:
    """Whether a BCP 47 tag is a known language, perhaps with script and region ("pt", "pt_BR")."""
    found = _LOCALE.fullmatch(text)
    if found is None:
        return False
    language, script, region = found.groups()
    return (
        language in LANGUAGES
        and (script is None or (script.lower() in SCRIPTS and script in _cases(script)))
        and (region is None or region in GROUPS or region.upper() in countries())
    )


def _cases(script: str) -> tuple[str, str]:
    """The two ways to write a script: else each would be 16 texts."""
    return script.lower(), script.capitalize()


@cache
def countries() -> frozenset[str]:
    """Return the codes of ISO 3166-1, as the time zone database lists them."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))
