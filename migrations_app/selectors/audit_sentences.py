"""An audit entry as one sentence: who did, or tried, what to which thing."""

from collections.abc import Mapping
from typing import Any

from migrations_app.selectors.audit_kinds import KINDS


def sentence(body: Mapping[str, Any]) -> str:
    """`body` is the entry's content. Unknown actions are shown by their own name."""
    thing = _thing(body)
    kind = KINDS.get(body["action"])
    who = body["actor"] + (f" (for {body['on_behalf_of']})" if body["on_behalf_of"] else "")
    if body["outcome"] == "denied" and not (kind and kind.only_refused):
        return f"{who} was refused{_how_often(body)}: {_asked(body)} {thing}"
    failed = " without success" if body["outcome"] == "failed" else ""
    if kind is None:
        return f"{who}: {_asked(body)} {thing}{failed}"
    return f"{who} {kind.verb} {thing}{failed}"


def _how_often(body: Mapping[str, Any]) -> str:
    """Of an entry that counts what came after another within a minute (`services/denials.py`)."""
    more = body["after"].get("times_more") if isinstance(body["after"], Mapping) else None
    return f" {more} more {'time' if more == 1 else 'times'}" if more else ""


def _asked(body: Mapping[str, Any]) -> str:
    """`target.test` as `test`, for the target is named behind it; `waiver.give` about a migration as `waiver give`."""
    noun, _, verb = body["action"].rpartition(".")
    return (verb if noun == body["object"]["type"] else f"{noun} {verb}").replace("_", " ").strip()


def _thing(body: Mapping[str, Any]) -> str:
    name = next(
        (
            str(side[key])
            for side in (body["after"], body["before"])
            if isinstance(side, Mapping)
            for key in ("title", "name", "holder")
            if side.get(key)
        ),
        "",
    )
    if body["object"]["type"] == "audit":
        return "the audit trail"
    kind = body["object"]["type"].replace("_", " ")
    named = f"“{name}”" if name else body["object"]["id"]
    where = f" in {body['environment']}" if body["environment"] and kind != "environment" else ""
    return f"{kind} {named}{where}".strip()
