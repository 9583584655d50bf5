"""Every operation has an example, and each is a call that the operation would read."""

import json
import shlex
from typing import Any

import jsonschema_rs
import pytest
from django.urls import resolve

from migrations_app.api.examples import BODIES, name_of
from migrations_app.engine.spec_document import from_document
from migrations_app.services import yaml_text
from tests.api.test_openapi import described

DOCUMENT = described()
OPERATIONS = [(m, p, o) for p, operations in DOCUMENT["paths"].items() for m, o in operations.items()]


def test_each_operation_shows_its_call() -> None:
    for method, path, operation in OPERATIONS:
        (sample,) = operation["x-codeSamples"]
        words = shlex.split(sample["source"])
        assert words[words.index("-X") + 1] == method.upper()
        where = words[-1].removeprefix("$SNAKEWEB_URL")
        assert resolve(where).route.startswith("api/v1/"), (path, where)
        if "requestBody" in operation:
            ((media_type, body),) = operation["requestBody"]["content"].items()
            sent = words[words.index("--data-binary") + 1]
            assert (sent if media_type == "application/yaml" else json.loads(sent)) == body["example"]


def test_each_body_has_a_valid_example() -> None:
    used = set()
    for method, path, operation in OPERATIONS:
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            if media_type == "application/yaml":
                from_document(yaml_text.read(body["example"]))
                continue
            used.add(name_of(body["schema"]))
            assert body["example"] is not None, f"{method} {path}: put {name_of(body['schema'])} into api/examples.py"
            validate(body["example"], body["schema"])
    assert set(BODIES) == used, "examples of bodies that are gone"


def test_an_example_with_a_wrong_field_would_be_found() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        validate({"environment_id": "two"}, {"$ref": "#/components/schemas/NewMigration"})


def validate(example: Any, schema: Any) -> None:
    jsonschema_rs.validate({**schema, "components": DOCUMENT["components"]}, example)
