"""What makes an adapter migration riskier or safer. One function a rule."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.adapter.facts import Confidence
from migrations_app.handlers.adapter.parameters import OFF, POOL, REQUIRED, WHERE_POSSIBLE
from migrations_app.handlers.upgrade import risk as of_upgrade

MOST_NAMED = 5


def no_proof(case: RiskCase) -> Sequence[Finding]:
    demand = case.spec.parameters["equivalence"]
    if demand == REQUIRED:
        return ()
    evidence, weight = {WHERE_POSSIBLE: ("equivalence: where_possible", 8), OFF: ("equivalence: off", 30)}[demand]
    return (
        Finding(
            "adapter.no_proof",
            "Not every tool is proven",
            evidence,
            weight,
            "A reading of the code can be wrong; only running both shows it.",
            "Choose “required”, and give the sandbox what it needs.",
        ),
    )


def few_cases(case: RiskCase) -> Sequence[Finding]:
    cases = case.spec.parameters["cases"]
    if case.spec.parameters["equivalence"] == OFF or cases >= 50:
        return ()
    return (
        Finding(
            "adapter.few_cases",
            "Few cases for each tool",
            f"{cases} cases",
            5,
            "Rare arguments are not among them.",
            "Ask for 200 or more.",
        ),
    )


def recorded_calls(case: RiskCase) -> Sequence[Finding]:
    """A credit where the deployment's own calls are compared."""
    found = _state(case).get("samples", {}).get("tools", {})
    tools = _served(case)
    without = [tool["name"] for tool in tools if not found.get(tool["name"])]
    if case.spec.parameters["equivalence"] == OFF or not tools:
        return ()
    if not without:
        why = "What people really ask is among the cases."
        return (Finding("adapter.recorded_calls", "Proven on recorded calls", _named(list(found)), -6, why, ""),)
    return (
        Finding(
            "adapter.recorded_calls",
            "Tools without a recorded call",
            _named(without),
            4,
            "Generated arguments may be others than those that come.",
            "Record calls of the deployment for a day, and name the file.",
        ),
    )


def assumed(case: RiskCase) -> Sequence[Finding]:
    found = [tool["name"] for tool in _served(case) if tool["confidence"] == Confidence.MEDIUM and not tool["edited"]]
    if not found:
        return ()
    return (
        Finding(
            "adapter.assumed",
            "Entries that assume something",
            _named(found),
            min(10, 3 + len(found)),
            "What was assumed stands beside the tool; it is not shown by the code alone.",
            "Read each, and give the distribution or the entry by hand where it is wrong.",
        ),
    )


def by_hand(case: RiskCase) -> Sequence[Finding]:
    found = [tool["name"] for tool in _served(case) if tool["edited"]]
    if not found:
        return ()
    return (
        Finding(
            "adapter.by_hand",
            "Entries that a person wrote",
            _named(found),
            min(15, 5 + 2 * len(found)),
            "No reading of the code stands behind them, only the comparison.",
            "Compare with more cases, and with recorded calls.",
        ),
    )


def two_adapters(case: RiskCase) -> Sequence[Finding]:
    if not _state(case).get("joined"):
        return ()
    kept = [tool["name"] for tool in _state(case)["tools"] if not tool["served"]]
    return (
        Finding(
            "adapter.two_adapters",
            "The custom adapter stays for some tools",
            _named(kept),
            3,
            "Both have to be kept working from now on.",
            "Give those tools entries by hand, or move them into a library.",
        ),
    )


def calls_by_hand(case: RiskCase) -> Sequence[Finding]:
    found = [one["place"] for one in _state(case).get("refused", ())]
    if not found:
        return ()
    return (
        Finding(
            "adapter.calls_by_hand",
            "Places that nobody rewrites",
            _named(found),
            min(25, 8 + 2 * len(found)),
            "They name the old adapter or its tools in a way that is not understood, and go on as they are.",
            "Change each by hand first; what to do stands beside it.",
        ),
    )


def nothing_names_it(case: RiskCase) -> Sequence[Finding]:
    state = _state(case)
    if not state.get("tools") or state.get("rewrites"):
        return ()
    return (
        Finding(
            "adapter.nothing_names_it",
            "Nothing in the project names the adapter",
            state["adapter"],
            8,
            "Its workers are told elsewhere what to run, and go on with the custom adapter until that is changed.",
            "Plan with the directory that holds the configuration too.",
        ),
    )


def not_read(case: RiskCase) -> Sequence[Finding]:
    found = list(_state(case).get("left_out", {}))
    if not found:
        return ()
    return (
        Finding(
            "adapter.not_read",
            "Files that could not be read",
            _named(found),
            6,
            "Calls that stand there go on as they are.",
            "Look through those files by hand.",
        ),
    )


def removes_code(case: RiskCase) -> Sequence[Finding]:
    found = _state(case).get("removed", ())
    if not found:
        return ()
    return (
        Finding(
            "adapter.removes_code",
            "The old adapter is removed",
            _named(list(found)),
            10,
            "Whoever outside of the project uses it finds nothing.",
            "Leave it for a while, and remove it in a plan of its own.",
        ),
    )


def workers_by_hand(case: RiskCase) -> Sequence[Finding]:
    if POOL in case.spec.targets:
        return ()
    return (
        Finding(
            "adapter.workers_by_hand",
            "Nobody restarts the workers",
            "no worker pool is named",
            8,
            "They go on with the old adapter for a while, and the run cannot see whether the new ones get healthy.",
            "Name the worker pool as a target.",
        ),
    )


def old_and_new_together(case: RiskCase) -> Iterable[Finding]:
    return of_upgrade.old_and_new_together(case)


def requests_are_cut(case: RiskCase) -> Iterable[Finding]:
    return of_upgrade.requests_are_cut(case) if POOL in case.spec.targets else ()


def no_time_to_prove_itself(case: RiskCase) -> Iterable[Finding]:
    return of_upgrade.no_time_to_prove_itself(case) if POOL in case.spec.targets else ()


def without_extra_workers(case: RiskCase) -> Iterable[Finding]:
    return of_upgrade.without_extra_workers(case) if POOL in case.spec.targets else ()


RULES: tuple[RiskRule, ...] = (
    no_proof,
    few_cases,
    recorded_calls,
    assumed,
    by_hand,
    two_adapters,
    calls_by_hand,
    nothing_names_it,
    not_read,
    removes_code,
    workers_by_hand,
    old_and_new_together,
    requests_are_cut,
    no_time_to_prove_itself,
    without_extra_workers,
)


def _state(case: RiskCase) -> Mapping[str, Any]:
    state: Mapping[str, Any] = case.analysis.target_state["adapter"]
    return state


def _served(case: RiskCase) -> list[Mapping[str, Any]]:
    return [tool for tool in _state(case).get("tools", ()) if tool["served"]]


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more
