"""The API's description is a contract: a change shows up here, and is made on purpose.

After a change on purpose, write the snapshot anew:
`python -m tests.api.test_openapi` with DJANGO_SETTINGS_MODULE=snakeweb.settings.
"""

import json
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import Client
from ninja.responses import NinjaJSONEncoder

django.setup()

from migrations_app.api.api import api  # noqa: E402  models load only after django.setup()

SNAPSHOT = Path(__file__).with_name("openapi.json")
RUN_OPERATIONS = ("pause", "resume", "cancel", "retry", "postpone", "cutover", "abort", "throttle", "signoffs")
METHODS = {"get", "post", "put", "patch", "delete"}


def described() -> Any:
    return json.loads(json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder))


def written(schema: Any) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_description_is_as_agreed() -> None:
    assert written(described()) == SNAPSHOT.read_text()


@pytest.mark.django_db
def test_the_description_needs_no_login(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json() == described()


def test_every_operation_says_who_may_call_it_and_how_it_refuses() -> None:
    schema = described()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            assert operation["security"], (path, method)
            assert operation["responses"]["422"] == {"$ref": "#/components/responses/422"}, (path, method)
            assert "default" not in operation["responses"], "it would describe every status at once"
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert ("Idempotency-Key" in names) == (method in ("post", "patch", "delete")), (path, method)
    for refusal in schema["components"]["responses"].values():
        assert list(refusal["content"]) == ["application/problem+json"]
    assert set(schema["components"]["securitySchemes"]) == {"Token", "BrowserSession"}


def test_the_agreed_addresses_are_there() -> None:
    paths = described()["paths"]
    agreed = {
        "/environments": {"get", "post"},
        "/environments/{environment_id}": {"get", "patch"},
        "/targets": {"get", "post"},
        "/targets/{target_id}": {"get", "patch"},
        "/targets/{target_id}/test": {"post"},
        "/tokens": {"get", "post"},
        "/migrations": {"get", "post"},
        "/migrations/import": {"post"},
        "/migrations/{migration_id}": {"get", "patch"},
        "/migrations/{migration_id}/status": {"get"},
        "/migrations/{migration_id}/export": {"get"},
        **{
            f"/migrations/{{migration_id}}/{operation}": {"post"}
            for operation in (
                "plan", "validate", "submit", "withdraw", "clone", "cancel", "reviews", "execute", "rollback"
            )
        },
        "/runs": {"get"},
        "/runs/{run_id}": {"get"},
        "/runs/{run_id}/events": {"get"},
        "/runs/{run_id}/report": {"get"},
        "/runs/{run_id}/report/send": {"post"},
        **{f"/runs/{{run_id}}/{name}": {"post"} for name in RUN_OPERATIONS},
        "/audit": {"get"},
        "/audit/export": {"get"},
        "/audit/verify": {"get", "post"},
        "/routes/{name}": {"get"},
        "/routes/{name}/leases/{client_id}": {"put"},
    }  # fmt: skip
    for path, methods in agreed.items():
        assert methods <= paths[f"/api/v1{path}"].keys(), path


if __name__ == "__main__":
    SNAPSHOT.write_text(written(described()))
