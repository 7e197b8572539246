"""`kairos explain ID`: one decision, recomputed link by link."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from schemas.decision import Decision
from streams.engine.client import source_record
from streams.offline.catalogue_seen import check_catalogue
from streams.offline.explain import explain as recompute
from streams.operate.console import finish, people, run, say
from streams.operate.demo.through_kafka import read_log
from streams.operate.tools.reading import read_all
from streams.pipeline.accept import Vault, read_secret
from streams.pipeline.assemble import load_bundle
from streams.settings import Settings, load_settings


class NoDecisionError(ValueError):
    """No decision on the topic has this id."""


def explain(
    decision_id: Annotated[str, typer.Argument(help="decision_id or recommendation_id")],
) -> None:
    """Show why a decision came out as it did, and check it: features, scores, choice, catalogue."""
    settings = load_settings()
    decision = run(find(settings, decision_id))
    log = run(read_log(settings))[decision.partition]
    vault = Vault(read_secret(settings), settings.tenant)
    checks = recompute(decision, log, load_bundle(settings), settings, vault)
    catalog = [source_record(record) for record in run(read_all(settings, "catalog"))]
    checks.append(check_catalogue(decision, catalog))
    tell(decision)
    for check in checks:
        verdict = {True: "holds", False: "DIFFERS", None: "not compared"}[check.same]
        say(f"{check.link}: {verdict} ({check.detail})")
    ok = all(check.same is not False for check in checks)
    finish({"decision_id": decision_id, "outcome": decision.outcome, "checks": checks}, ok)


async def find(settings: Settings, decision_id: str) -> Decision:
    """Return the decision from its topic.

    Raises:
        NoDecisionError: it is not there (any more).
    """
    wanted = decision_id.encode()
    for record in await read_all(settings, "decisions"):
        if record.value is not None and wanted in record.value:
            decision = msgspec.json.decode(record.value, type=Decision)
            if decision.decision_id == decision_id:
                return decision
    raise NoDecisionError(f"{decision_id}: no such decision on {settings.topic('decisions')}")


def tell(decision: Decision) -> None:
    """Say in words what was decided and with which numbers."""
    trigger, policy = decision.trigger, decision.policy
    say(f"{decision.decided_at}  {trigger.kind}  ->  {decision.outcome}")
    if decision.reason:
        say(f"stopped by {decision.rule}: {decision.reason} {decision.numbers}")
    say(
        f"policy: consent {policy.consent}, quiet {policy.quiet_hours} in {policy.timezone}, "
        f"cap {policy.cap_used} of {policy.cap_limit}"
    )
    say(f"epoch: {epoch_in_words(decision)}")
    for each in sorted(decision.candidates, key=lambda c: -c.scores.fused)[:5]:
        scores = each.scores
        mark = "*" if each.item_id == decision.chosen_item_id else " "
        people.print(
            f"{mark} {each.item_id}  h={scores.fused:.4f}  temporal={scores.temporal}  "
            f"context={scores.context}  from {', '.join(each.sources)}"
            + (f"  stopped by {each.stopped_by}" if each.stopped_by else ""),
            markup=False,
        )


def epoch_in_words(decision: Decision) -> str:
    """Name the epoch that it was made with, or why there was none."""
    if decision.epoch_gone is not None:
        return f"none, {decision.epoch_gone} was gone"
    if decision.epoch is None:
        return "none yet"
    return str(decision.epoch) if decision.epoch else "the bundle's"
