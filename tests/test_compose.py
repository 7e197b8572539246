"""docker-compose.yml: valid Compose, and a deployment that fits what Kairos needs.

No container engine runs here, so the file is checked against the Compose Specification's own
JSON Schema and against this project's settings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.settings import load_settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return dict(json.loads((ROOT / "tests/data/compose-spec/compose-spec.json").read_bytes()))


def test_it_is_valid_compose(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(compose)


def test_the_schema_refuses_a_misspelt_key(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    spoilt = {**compose, "services": {"kafka": {"image": "x", "healthchek": {}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(spoilt)


def workers(compose: dict[str, Any]) -> list[dict[str, Any]]:
    return [body for name, body in compose["services"].items() if name.startswith("worker-")]


def test_there_are_two_workers_with_identities_and_state_of_their_own(
    compose: dict[str, Any],
) -> None:
    assert len({worker["environment"]["KAIROS_INSTANCE_ID"] for worker in workers(compose)}) == 2
    assert len({worker["volumes"][0] for worker in workers(compose)}) == 2


def test_everybody_shares_one_secret_that_must_be_given(compose: dict[str, Any]) -> None:
    secrets = {worker["environment"]["KAIROS_SECRET"] for worker in workers(compose)}
    assert len(secrets) == 1
    assert secrets.pop().startswith("${KAIROS_SECRET:?")


def test_workers_wait_for_the_topics_and_these_for_a_healthy_kafka(compose: dict[str, Any]) -> None:
    topics = compose["services"]["topics"]
    assert topics["command"] == ["kairos", "topics", "create"]
    assert topics["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert "healthcheck" in compose["services"]["kafka"]
    for worker in workers(compose):
        assert worker["depends_on"]["topics"]["condition"] == "service_completed_successfully"
        assert "healthcheck" in worker


def test_every_setting_exists_and_has_a_legal_value(compose: dict[str, Any]) -> None:
    for worker in workers(compose):
        environment = {**worker["environment"], "KAIROS_SECRET": "s" * 32}
        assert load_settings(environment).broker == "kafka:9092"
        names = {name.removeprefix("KAIROS_").lower() for name in environment}
        assert names <= set(load_settings({}).__struct_fields__)


def test_every_dependency_is_a_service_and_every_volume_is_declared(
    compose: dict[str, Any],
) -> None:
    for body in compose["services"].values():
        assert set(body.get("depends_on", {})) <= set(compose["services"])
        for mount in body.get("volumes", []):
            assert mount.split(":")[0] in compose["volumes"]


def test_the_image_copies_only_what_is_there() -> None:
    copied = [
        source
        for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ")
        for source in line.split()[1:-1]
    ]
    assert copied
    assert all((ROOT / source).exists() for source in copied)
