"""The OpenAPI document: what ninja derives, plus what every operation shares."""

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from migrations_app.api import examples
from migrations_app.api.idempotency import WITH_KEYS
from migrations_app.api.preconditions import VERSIONED

TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. Nothing was changed unless `detail` says otherwise.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "fix", "problems", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "What happened, to which thing, what was left as it was."},
        "fix": {"type": "string", "description": "What to do next."},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": TEXT, "message": TEXT, "fix": TEXT, "code": TEXT},
            },
        },
        "details": {"type": "object"},
        "instance": TEXT,
        "request_id": {"type": "string", "description": "Also in the audit trail and in the server's log."},
        "url": {"type": "string", "description": "Where a person can do in a browser what a token cannot."},
    },
}


def refusal(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return answer


# What any operation may answer beside its own, and what those that change something may answer too. The one rule: an
# answer that is in neither is described by its operation, or is a fault.
REFUSALS = (400, 401, 403, 404, 409, 422, 424, 429, 500, 503)
REFUSALS_OF_WRITES = (412, 413, 415)
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "A repeat with the same key gets the first answer. Kept for 24 hours; a refusal frees the key.",
}


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` that was read; 412 where it is another by now, 428 without it and without `version`.",
}
IF_MATCH_IF_WANTED = {**IF_MATCH, "description": "The `ETag` that was read; 412 where it is another by now."}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Of what an edit replaces; for `If-Match`."}}


class DescribedAPI(NinjaAPI):
    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**where)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        refusals = sorted((*REFUSALS, *REFUSALS_OF_WRITES))
        schema["components"]["responses"] = {str(status): refusal(status) for status in refusals}
        schemes = schema["components"]["securitySchemes"]
        schema["components"]["securitySchemes"] = {_scheme(name): scheme for name, scheme in schemes.items()}
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                for status in REFUSALS if method == "get" else (*REFUSALS, *REFUSALS_OF_WRITES):
                    operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{status}"})
                operation["security"] = [{_scheme(name): [] for name in entry} for entry in operation["security"]]
                if method.upper() in WITH_KEYS:
                    operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        for path, operations in schema["paths"].items():
            if "patch" in operations:
                _describe_versions(operations, path.removeprefix("/api/v1"))
        examples.describe(schema)
        return schema


def _describe_versions(operations: dict[str, Any], path: str) -> None:
    for method in operations.keys() & {"get", "patch"}:
        operations[method]["responses"][200]["headers"] = ETAG
    operations["patch"]["parameters"].append(IF_MATCH if path in VERSIONED else IF_MATCH_IF_WANTED)
    if path in VERSIONED:
        operations["patch"]["responses"][428] = refusal(428)


def _scheme(name: str) -> str:
    """Operations that wait on the event loop have callers of their own class; to the outside they are the same."""
    return name.removeprefix("Async")
