from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest
from support.inputs import CLICK, CONTEXT, PURCHASE, RECEIPT

from schemas.export import FOLDER, RECORDS, main, path_of, schema_of, schema_text


def test_the_committed_schemas_are_those_of_the_records():
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    exported = {path_of(name).name: schema_text(name) for name in RECORDS}
    assert committed == exported, "run: python -m schemas.export"


@pytest.mark.parametrize("name", RECORDS)
def test_a_schema_is_valid_json_schema(name):
    jsonschema.Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("click", CLICK), ("purchase", PURCHASE), ("context", CONTEXT), ("push_receipt", RECEIPT),
        ("click", CLICK | {"ts": "2026-01-01T00:00:00Z", "item_id": None, "unknown": 1}),
        ("context", CONTEXT | {"device": None, "consent": {"push": None}}),
    ],
)  # fmt: skip
def test_an_independent_validator_takes_what_accept_takes(name, value):
    jsonschema.validate(value, schema_of(name), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("click", CLICK | {"ts": True}),
        ("click", {"event_id": "e"}),
        ("purchase", PURCHASE | {"lines": [{}]}),
        ("context", CONTEXT | {"consent": [True]}),
    ],
)
def test_an_independent_validator_refuses_the_wrong_types(name, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, schema_of(name), jsonschema.Draft202012Validator)


def test_export_writes_all_and_removes_what_is_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr("schemas.export.FOLDER", tmp_path / "json")
    main()
    old = tmp_path / "json" / "gone.schema.json"
    old.write_text("{}")
    main()
    written = {path.name for path in (tmp_path / "json").iterdir()}
    assert written == {f"{name}.schema.json" for name in RECORDS}


def test_descriptions_carry_no_indentation():
    assert "\n " not in json.dumps(schema_of("context")).replace("\\n", "\n")


def test_every_record_has_a_version_field():
    for kind in RECORDS.values():
        assert "schema_version" in {field.name for field in msgspec.structs.fields(kind)}
