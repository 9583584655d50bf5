"""An example for every operation of the OpenAPI document: a body where it takes one, and the call with curl.

Bodies stand here by the name of their schema; one that is missing, or is not valid, fails `tests/api/test_examples.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

_DIGEST = "7c1e09" + "0" * 58
_TERMS: dict[str, Any] = {
    "conditions": {"environments": ["production"], "risk_at_least": "high"},
    "requirements": [{"role": "approver", "count": 2}],
}
_RULE: dict[str, Any] = {"name": "Failed runs", "cause": "run_failed", "environment_id": 3, "channels": [1]}
_ONCE = {"kind": "apply", "timing": "once", "at": "2027-01-10T22:00:00Z", "digest": _DIGEST, "grace_minutes": 30}
BODIES: Mapping[str, Any] = {
    "Before": {"predecessor_id": 12},
    "ChannelChange": {"name": "On call, second line"},
    "Closing": {"comment": "The store was failing over; the run was watched by two of us."},
    "Copy": {"title": "Move the carts, once more"},
    "Description": {"owner": "operator", "ticket": "OPS-128"},
    "Emergency": {"digest": _DIGEST, "reason": "The old store loses sessions."},
    "EnvironmentChange": {"description": "What customers use."},
    "Execution": {"digest": _DIGEST},
    "FreezeChange": {"ends_at": "2027-01-03T00:00:00Z"},
    "Lease": {
        "boot_id": "5f0c",
        "acked_epoch": 4,
        "build": "shop 1.8",
        "counters": {"reads": 1200},
        "max_acked_seq": 0,
    },
    "MigrationChange": {"version": 3, "title": "Move the shop's carts"},
    "NewChannel": {"name": "On call", "kind": "mail", "address": "oncall@example.org"},
    "NewEnvironment": {"name": "production", "protected": True, "required_approvals": 2},
    "NewFreeze": {"environment_id": 3, "reason": "Year's end", "ends_at": "2027-01-02T00:00:00Z"},
    "NewInvitation": {"email": "ada@example.org", "role": "operator", "environment_id": 2},
    "NewMigration": {
        "title": "Move the carts",
        "environment_id": 2,
        "type": "session_migration",
        "targets": {"source": 1, "target": 2},
        "options": {"zero_downtime": True, "batch_size": 1000},
    },
    "NewPolicy": {"name": "Two for production", **_TERMS},
    "NewRule": _RULE,
    "NewSchedule": {"migration_id": 14, **_ONCE},
    "NewSecret": {"environment_id": 3, "name": "pepper", "secret": "what nobody reads again"},
    "NewTarget": {
        "environment_id": 2,
        "name": "carts-redis",
        "kind": "session_store",
        "config": {"store": "redis", "url": "redis://carts.example.org:6379/0"},
        "secrets": {"password": "sealed when it arrives"},
    },
    "NewToken": {"name": "ci", "scopes": ["read", "operate"], "expires_at": "2027-06-30T00:00:00Z"},
    "NewWaiver": {
        "digest": _DIGEST,
        "rule": "live_effects",
        "reason": "Rehearsed twice with the same volume.",
        "until": "2027-01-20T00:00:00Z",
    },
    "NewWebhook": {"name": "ci", "address": "https://ci.example.org/hooks/snakeweb", "kinds": ["run.failed"]},
    "NewWindow": {
        "environment_id": 3,
        "name": "Sunday night",
        "zone": "Europe/Berlin",
        "first": "2027-01-10T22:00:00",
        "recurrence": "FREQ=WEEKLY",
        "minutes": 240,
    },
    "Opening": {"name": "carts", "target_id": 1},
    "OtherValue": {"version": 1, "secret": "the next one"},
    "Pace": {"most_a_second": 500},
    "PolicyChange": {"reason": "Three were never needed.", **_TERMS},
    "PolicyDecision": {"version": 2, "reason": "Agreed in the weekly."},
    "PolicyRetirement": {"reason": "Another policy says the same."},
    "Promotion": {"environment_id": 3, "targets": {"source": 8, "target": 9}},
    "Reason": {"reason": "Done by hand."},
    "Receivers": {"channels": [1, 2]},
    "Restore": {"title": "Put the pool sizes back"},
    "Review": {"digest": _DIGEST, "decision": "comment", "comment": "What is the fallback if the relay lags?"},
    "RuleChange": {"archived": True},
    "ScheduleChange": {"at": "2027-01-11T22:00:00Z"},
    "Seen": {"version": 1},
    "Signoff": {"step": "cut_over", "digest": _DIGEST, "decision": "approve"},
    "Submission": {"digest": _DIGEST},
    "TargetChange": {"version": 2, "config": {"store": "redis", "url": "redis://carts.example.org:6379/1"}},
    "TokenChange": {"name": "deploy pipeline, moved", "networks": ["10.2.0.0/16"]},
    "Validation": {"kind": "dry_run"},
    "WantedForm": {"format": "pdf"},
    "WebhookChange": {"enabled": True},
    "WindowChange": {"minutes": 180},
    "Wish": _ONCE,
}
YAML = """\
apiVersion: snakeweb/v1
kind: Migration
metadata: {title: Move sessions to PostgreSQL, environment: staging}
spec:
  type: session_migration
  targets: {source: sessions-redis, target: sessions-postgres}
  options: {zero_downtime: true}
"""


def describe(schema: dict[str, Any]) -> None:
    """Put the examples into an OpenAPI document."""
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            for media_type, body in content.items():
                body["example"] = YAML if media_type == "application/yaml" else BODIES.get(name_of(body["schema"]))
            operation["x-codeSamples"] = [{"lang": "Shell", "source": call(method, path, operation)}]


def name_of(schema: Mapping[str, Any]) -> str:
    """Of the component that a body is; a body that may be left out is one of two."""
    refs = [each["$ref"] for each in (schema, *schema.get("anyOf", ())) if "$ref" in each]
    return str(refs[0]).rpartition("/")[2] if refs else ""


def call(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """With curl; what stands in the path is 1, or a name."""
    where = path
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            number = parameter["schema"].get("type") == "integer"
            where = where.replace("{" + parameter["name"] + "}", "1" if number else "sessions")
    words = ["curl --fail-with-body", f"-X {method.upper()}", '-H "Authorization: Bearer $SNAKEWEB_TOKEN"']
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        sent = body["example"] if media_type == "application/yaml" else json.dumps(body["example"])
        quoted = sent.replace("'", "'\\''")
        words += [f"-H 'Content-Type: {media_type}'", f"--data-binary '{quoted}'"]
    return " ".join([*words, f'"$SNAKEWEB_URL{where}"'])
