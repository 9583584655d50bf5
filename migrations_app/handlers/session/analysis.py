"""A look at both stores, read-only: what is there, how big, how fast, and whether a sample could be carried over.

A store that does not answer is a finding of the look, not its end: the author hears of both sides at once.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import ValidationLevel
from migrations_app.handlers.session.node.sides import why_no_hand_over
from migrations_app.handlers.session.node.steps import is_node
from migrations_app.handlers.session.paging import sample
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.stores.sessions import fingerprint, open_store
from migrations_app.stores.sessions.base import Page
from migrations_app.stores.sessions.configuration import BY_CALLS
from migrations_app.stores.sessions.records import SessionRecord

SAMPLE = 200


def analyse(spec: Spec) -> Analysis:
    """States and fingerprints by role; sizes: sessions, bytes (estimated from a sample)."""
    source, seen = look(spec.targets[SOURCE])
    target, _ = look(spec.targets[TARGET])
    states = {SOURCE: source, TARGET: target}
    if seen is not None and spec.options.get("validation_level") != ValidationLevel.BASIC:
        source["sample"] = describe_sample(seen)
        if "error" not in target:
            source["sample"]["unrepresentable"] = unrepresentable(spec.targets[TARGET], seen.records)
    if is_node(spec) and spec.options.get("zero_downtime") and "error" not in source:
        source["no_hand_over"] = why_no_hand_over(spec.targets[SOURCE])
    sessions = source.get("sessions", 0)
    return Analysis(
        source_state=source,
        target_state=target,
        fingerprints={role: state.pop("fingerprint") for role, state in states.items() if "fingerprint" in state},
        sizes={"sessions": sessions, "bytes": sessions * source.get("mean_bytes", 0)},
        warnings=tuple(_warnings(states)),
    )


def look(target: Target) -> tuple[dict[str, Any], Page | None]:
    """A store's state (JSON-ready integers, strings and maps) and a page of its sessions, if it has any.

    The state is `error` (code, message) and `name` alone when the store could not be looked at.
    """
    try:
        with open_store(target.config, target.secrets, read_only=True) as store:
            probe = store.probe()
            # Where sessions are read by calls each look renews them: nothing is changed before a run.
            page = sample(store, SAMPLE) if probe.exists and probe.layout != BY_CALLS else None
    except MigrationError as error:
        return {"name": target.name, "error": {"code": error.code, "message": error.message}}, None
    state: dict[str, Any] = {
        "name": target.name,
        "store": probe.kind,
        "version": probe.version,
        "identity": probe.identity,
        "layout": probe.layout,
        "exists": probe.exists,
        "writable": probe.writable,
        "sessions": probe.count,
        "latency_us": round(probe.latency_ms * 1000),
        "clock_skew_ms": probe.clock_skew_ms,
        "eviction_policy": probe.eviction_policy,
        "problems": list(probe.problems),
        "fingerprint": dict(fingerprint(probe, target.config)),
    }
    if probe.capacity_bytes is not None and probe.used_bytes is not None:
        state["free_bytes"] = max(0, probe.capacity_bytes - probe.used_bytes)
    state |= {name: value for name, value in asdict(probe.standing).items() if value is not None}
    if probe.capacity_sessions is not None:
        state["most_sessions"] = probe.capacity_sessions
    if probe.details.get("route"):
        state["route"] = probe.details["route"]
    if page is not None and page.records:
        state["mean_bytes"] = sum(len(r.value) + len(r.id) for r in page.records) // len(page.records)
    return state, page


def describe_sample(page: Page) -> dict[str, Any]:
    """Counts by codec, unreadable records by reason, the shortest time left (ms, -1: none ends)."""
    records = page.records
    now = round(time.time() * 1000)
    left = [record.expires_at_ms - now for record in records if record.expires_at_ms is not None]
    return {
        "size": len(records),
        "unreadable": dict(Counter(reason for _, reason in page.unreadable)),
        "codecs": dict(Counter(str(record.codec) for record in records)),
        "shortest_left_ms": max(0, min(left)) if left else -1,
        "without_deadline": sum(record.expires_at_ms is None for record in records),
        "sliding": sum(record.ttl_ms is not None for record in records),
        "with_extra": sum(bool(record.extra) for record in records),
    }


def unrepresentable(target: Target, records: Sequence[SessionRecord]) -> dict[str, int]:
    """How many records the target's layout could not hold without loss, by reason."""
    with open_store(target.config, target.secrets, read_only=True) as store:
        return dict(Counter(reason for record in records if (reason := store.why_unrepresentable(record))))


def _warnings(states: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"“{state['name']}”: {problem}" for state in states.values() for problem in state.get("problems", ())]
