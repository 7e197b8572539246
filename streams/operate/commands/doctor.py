"""`kairos doctor`: look a deployment over and say what to do about what is wrong."""

from __future__ import annotations

import typer

from streams.operate.console import finish, run
from streams.settings import SettingsError, load_settings


def doctor() -> None:
    """Check settings, broker, topics, keys, bundle and disk; exit code 1 when one has a problem."""
    from streams.operate.tools import doctor as checks  # heavy: it loads a bundle

    try:
        settings = load_settings()
    except SettingsError as error:
        findings = [checks.Finding("settings", False, str(error), "see `kairos settings`")]
    else:
        findings = run(checks.look_over(settings))
    for found in findings:
        typer.echo(_line(found.what, found.ok, found.sentence, found.remedy))
    problems = [found for found in findings if not found.ok]
    finish({"ok": not problems, "findings": findings}, ok=not problems)


def _line(what: str, ok: bool, sentence: str, remedy: str) -> str:
    mark = "ok     " if ok else "problem"
    return f"{mark}  {what:<9} {sentence}" + (f"\n         -> {remedy}" if remedy else "")
