"""No claim without a wire: whatever may be told changes a decision, or is on the one list of what does not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec
import pytest
from support.changed import BARE, changes
from support.rich import SETTINGS, World

from models.bundle import Bundle, reference_path
from schemas.not_wired import NOT_WIRED, UNUSED_TOPICS
from streams.engine.topics import CATALOGUE
from streams.operate.tools.doctor import tell_not_wired

STREAMS = Path(__file__).parents[1] / "streams"
GUIDE = Path(__file__).parents[1] / "docs" / "guide.md"
CHANGES = changes()
Told = list[tuple[str, bytes | None]]


@cache
def bundle() -> Bundle:
    return Bundle.load(reference_path())


@cache
def unchanged(bare: bool) -> Told:
    return World(items=[]).decisions(bundle()) if bare else World().decisions(bundle())


def has_effect(name: str) -> bool:
    """Whether a world with only this changed is decided otherwise."""
    for world in CHANGES[name]():
        if name in BARE:
            world.items = []
        if world.decisions(bundle()) != unchanged(name in BARE):
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_what_may_be_told_changes_a_decision_unless_it_is_listed_as_not_wired(name):
    assert has_effect(name) != (name in NOT_WIRED)


@pytest.mark.parametrize("graph", sorted(bundle().sessions))
def test_every_graph_of_the_bundle_has_a_say(graph):
    less = {name: session for name, session in bundle().sessions.items() if name != graph}
    assert World().decisions(replace(bundle(), sessions=less)) != unchanged(False)


def test_the_bundles_weights_have_a_say():
    told = bundle().manifest.fusion
    for name in ("lambda_t", "lambda_c", "bias"):
        other = {
            level: msgspec.structs.replace(each, **{name: getattr(each, name) / 2 + 0.1})
            for level, each in told.items()
        }
        manifest = msgspec.structs.replace(bundle().manifest, fusion=other)
        assert World().decisions(replace(bundle(), manifest=manifest)) != unchanged(False)


def test_the_list_names_fields_that_there_are():
    assert {*NOT_WIRED} <= {*CHANGES}


def test_a_topic_that_nothing_names_but_the_list_of_topics_is_listed_and_no_other():
    told = {STREAMS / "engine" / "topics.py", STREAMS / "settings" / "settings.py"}
    texts = [path.read_text() for path in STREAMS.rglob("*.py") if path not in told]
    unused = {t.name for t in CATALOGUE if not any(f'"{t.name}"' in text for text in texts)}
    assert unused == {*UNUSED_TOPICS}


def test_the_guide_and_doctor_print_the_list():
    guide, said = GUIDE.read_text(), tell_not_wired().sentence
    for name in (*NOT_WIRED, *UNUSED_TOPICS):
        assert f"`{name}`" in guide
        assert name in said


def test_the_world_is_decided_the_same_twice():
    assert World().decisions(bundle()) == unchanged(False)
    assert World().settings == SETTINGS
