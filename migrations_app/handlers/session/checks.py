"""Every reason why a session migration cannot be planned, each with its field and a fix."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Target
from migrations_app.handlers.session.node.steps import is_node
from migrations_app.handlers.session.node.ways import why_gateway
from migrations_app.handlers.session.parameters import LEAVE, SOURCE, TARGET, route_of
from migrations_app.stores.sessions import config_problems, endpoint, fence_class
from migrations_app.stores.sessions.base import FenceClass


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    config = list(_config(spec))
    return [
        *config,
        *_answers(SOURCE, analysis.source_state),
        *_answers(TARGET, analysis.target_state),
        *([] if config else _same_place(spec)),
        *_target_state(analysis.target_state),
        *_quota(analysis),
        *_sample(spec, analysis.source_state),
        *_options(spec),
        *_hand_over(spec, analysis.source_state),
        *_under_a_route(spec, analysis.source_state),
    ]


def _config(spec: Spec) -> Iterator[Problem]:
    for role in (SOURCE, TARGET):
        for problem in config_problems(spec.targets[role].config):
            yield Problem(f"targets.{role}.{problem.field}", problem.message, problem.fix, problem.code)


def _answers(role: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    error = state.get("error")
    if error:
        yield Problem(
            f"targets.{role}",
            f"“{state['name']}” could not be looked at: {error['message']}",
            "Check its host, port, user and password on the target's page with “Test connection”, then plan again.",
            error["code"],
        )
    elif role == SOURCE and not state["exists"]:
        yield Problem(
            "targets.source",
            f"“{state['name']}” has no session table or keys to read.",
            "Check the table or prefix of the target.",
            "source_missing",
        )


def _same_place(spec: Spec) -> Iterator[Problem]:
    source, target = spec.targets[SOURCE], spec.targets[TARGET]
    if source.id == target.id:
        yield Problem(
            "targets.target", "Source and target are the same target.", "Choose another target.", "same_target"
        )
    elif endpoint(source.config) == endpoint(target.config) and _overlap(source, target):
        yield Problem(
            "targets.target",
            f"“{target.name}” keeps its sessions in the same place as “{source.name}”.",
            "Choose another server, database, table or key prefix; a prefix must not begin with the other one.",
            "same_place",
        )


def _overlap(source: Target, target: Target) -> bool:
    if "table" in source.config or "table" in target.config:
        return bool(source.config.get("table") == target.config.get("table"))
    one, other = str(source.config.get("prefix", "")), str(target.config.get("prefix", ""))
    return one.startswith(other) or other.startswith(one)


def _target_state(state: Mapping[str, Any]) -> Iterator[Problem]:
    if state.get("error"):
        return
    if state["sessions"]:
        yield Problem(
            "targets.target",
            f"“{state['name']}” already holds {state['sessions']} session(s).",
            "Empty it, or choose another table, database or prefix.",
            "target_not_empty",
        )
    if not state["writable"]:
        yield Problem(
            "targets.target",
            f"The user of “{state['name']}” may not write there.",
            "Give it the right to write, or choose another user.",
            "target_read_only",
        )


def _quota(analysis: Analysis) -> Iterator[Problem]:
    state, sessions = analysis.target_state, analysis.sizes.get("sessions", 0)
    most = state.get("most_sessions")
    if most is not None and sessions > most:
        yield Problem(
            "targets.target",
            f"“{state['name']}” may hold {most} sessions, and {sessions} are to be moved.",
            "Raise max_sessions of its session store, or choose another target.",
            "target_quota",
        )


def _sample(spec: Spec, source: Mapping[str, Any]) -> Iterator[Problem]:
    sample = source.get("sample")
    if not sample:
        return
    for reason, count in sorted(sample.get("unrepresentable", {}).items()):
        yield Problem(
            "targets.target",
            f"“{spec.targets[TARGET].name}” cannot hold {count} of {sample['size']} sampled sessions: {reason}.",
            "Choose another value type, layout or codec for the target (bytea holds every value), or declare the "
            "source's codec.",
            "not_representable",
        )
    if spec.parameters["unreadable"] == LEAVE:
        return
    for reason, count in sorted(sample["unreadable"].items()):
        yield Problem(
            "parameters.unreadable",
            f"{count} sampled record(s) of “{source['name']}” are not readable as sessions: {reason}.",
            "Correct the source's codec, narrow its prefix or table, or choose “leave” to leave such records there.",
            "unreadable_records",
        )


def _hand_over(spec: Spec, source: Mapping[str, Any]) -> Iterator[Problem]:
    if why := source.get("no_hand_over"):
        yield Problem(
            "options.zero_downtime",
            f"“{spec.targets[SOURCE].name}” cannot be handed over while it serves: {why}.",
            "Set zero_downtime to false: the maintenance plan copies its sessions while the callers on the node are "
            "stopped.",
            "zero_downtime_unavailable",
        )


def _under_a_route(spec: Spec, source: Mapping[str, Any]) -> Iterator[Problem]:
    """Between migrations a store is under a route as long as a node's forwarder serves it, which only fences stop."""
    name = source.get("route", "")
    if name and not spec.options.get("zero_downtime"):
        yield Problem(
            "options.zero_downtime",
            f"“{source['name']}” is under the fences of the route “{name}”: a node's forwarder that writes there would "
            "not hear of a standard switch, and its sessions would be lost.",
            "Set zero_downtime to true. When no node forwards there any more, take the store out of the route first "
            "(docs/client-protocol.md, “What a route leaves in a store”).",
            "under_a_route",
        )
    elif name and name != route_of(spec):
        yield Problem(
            "parameters.route",
            f"“{source['name']}” is under the fences of the route “{name}”, and not of “{route_of(spec)}”.",
            f"Name the route “{name}”.",
            "under_a_route",
        )


def _options(spec: Spec) -> Iterator[Problem]:
    if not spec.options.get("zero_downtime"):
        return
    node = is_node(spec)
    if node and not spec.targets[SOURCE].config.get("gateway") and (why := why_gateway(spec)):
        yield Problem(
            "options.zero_downtime",
            f"“{spec.targets[SOURCE].name}” has no gateway to forward its calls to, and needs one. {why}",
            "Run a snakeweb-gateway for the new store and name it on the target's page, choose a Redis store (layout "
            "string, codec etf), or set zero_downtime to false.",
            "zero_downtime_unavailable",
        )
    for role in (TARGET,) if node else (SOURCE, TARGET):
        target = spec.targets[role]
        fences = fence_class(target.config)
        if fences is not FenceClass.NATIVE:
            yield Problem(
                "options.zero_downtime",
                f"“{target.name}” cannot keep outdated writers out (class {fences}): a client that missed the "
                "hand-over would write there unnoticed, and its sessions would be lost.",
                "Set zero_downtime to false: the maintenance plan asks writes to wait while the stores are compared, "
                "“write_pause_limit_ms” at the most.",
                "zero_downtime_unavailable",
            )
