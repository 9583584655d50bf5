"""What is particular to the sessions of a Snakepit node. One function a rule."""

from collections.abc import Sequence

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.session.node.steps import is_node
from migrations_app.handlers.session.node.ways import why_gateway
from migrations_app.handlers.session.parameters import TARGET
from migrations_app.stores.sessions.configuration import BY_CALLS


def callers_on_a_node(case: RiskCase) -> Sequence[Finding]:
    nodes = [
        f"“{state['name']}”"
        for state in (case.analysis.source_state, case.analysis.target_state)
        if state.get("store") == "beam"
    ]
    if not nodes or case.spec.options.get("zero_downtime"):
        return ()
    return (
        Finding(
            "session.callers_on_a_node",
            "Callers on the node do not wait",
            f"{' and '.join(nodes)}: a session table of a Snakepit node",
            15,
            "Applications on the node know no route. What they write after the last comparison stays behind there.",
            "Stop the traffic of the node before the switch, in a maintenance window.",
        ),
    )


def way_of_the_node(case: RiskCase) -> Sequence[Finding]:
    if not (case.spec.options.get("zero_downtime") and is_node(case.spec)):
        return ()
    if why := why_gateway(case.spec):
        return (
            Finding(
                "session.node_by_gateway",
                "A gateway stands between node and store",
                why,
                4,
                "From the hand-over on each call of the node needs it too, until a release for the new store runs.",
                "Choose a Redis store (layout string, codec etf), which the node speaks to itself; or run the gateway "
                "as carefully as the store.",
            ),
        )
    return (
        Finding(
            "session.node_by_itself",
            "The node speaks to the store itself",
            f"“{case.spec.targets[TARGET].name}” is a Redis store of Erlang terms",
            -2,
            "Its calls depend on nothing but the store, whose fences refuse what comes too late. The store's user and "
            "password lie in the node's memory.",
            "Set forward_by to gateway where the node must not know them, or does not reach the store.",
        ),
    )


def renewed_by_reading(case: RiskCase) -> Sequence[Finding]:
    """Of a node's store that is known by its calls alone (`stores/sessions/beam/call_expressions.py`)."""
    tolerance = case.spec.parameters["deadline_tolerance_ms"]
    states = (case.analysis.source_state, case.analysis.target_state)
    named = [str(state["name"]) for state in states if state.get("layout") == BY_CALLS]
    if not named:
        return ()
    return (
        Finding(
            "session.renewed_by_reading",
            "Reading renews deadlines",
            f"“{'” and “'.join(named)}” is reached through its calls; deadlines may differ by {tolerance} ms",
            12,
            "Each look at a session gives it its whole length again, so that copy and comparison see other deadlines.",
            "Reach the store through its table, or set deadline_tolerance_ms above the time that the run takes.",
        ),
    )


def length_becomes_rest(case: RiskCase) -> Sequence[Finding]:
    if case.analysis.target_state.get("layout") != BY_CALLS:
        return ()
    return (
        Finding(
            "session.length_becomes_rest",
            "Sliding length becomes the remainder",
            f"“{case.analysis.target_state['name']}” begins a session with what is left of it",
            8,
            "Sessions end when they would have, but slide by less from then on: people are signed out earlier.",
            "Reach the store through its table.",
        ),
    )


def import_by_a_node(case: RiskCase) -> Sequence[Finding]:
    if (case.analysis.target_state.get("store"), case.analysis.target_state.get("layout")) != ("snapshot", "etf"):
        return ()
    return (
        Finding(
            "session.import_by_a_node",
            "A node makes the sessions anew",
            f"“{case.spec.targets[TARGET].name}” is a file for a node to import",
            5,
            "By its own public calls a node creates sessions that keep deadline, metadata and programs. They begin at "
            "the import, and what was left of one becomes its sliding length: a later access adds that and no more.",
            "Let the workers reach the node and write to it: then sessions keep their times. Else accept it.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    callers_on_a_node,
    way_of_the_node,
    renewed_by_reading,
    length_becomes_rest,
    import_by_a_node,
)
