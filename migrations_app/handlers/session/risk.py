"""What makes moving sessions riskier or safer, beyond the engine's general rules. One function a rule."""

from collections.abc import Sequence

from migrations_app.engine.handler import RiskRule, Spec
from migrations_app.engine.plan import Analysis, Finding, Step
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.steps import SESSIONS_A_SECOND

MANY = 100_000
VERY_MANY = 1_000_000
SLOW_US = 5_000
SKEW_MS = 1_000
LONG_PAUSE_SECONDS = 5
SAFE_POLICIES = ("", "noeviction")


def amount(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    sessions = analysis.sizes.get("sessions", 0)
    if sessions < MANY:
        return ()
    return (
        Finding(
            "session.amount",
            "Many sessions",
            f"{sessions} sessions are to be moved",
            15 if sessions >= VERY_MANY else 8,
            "The longer the copy runs, the more can happen to either store meanwhile.",
            "Let old sessions expire first, or move at a quiet time.",
        ),
    )


def eviction(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    policy = str(analysis.target_state.get("eviction_policy", ""))
    if policy in SAFE_POLICIES:
        return ()
    return (
        Finding(
            "session.eviction",
            "The target may drop sessions",
            f"maxmemory-policy of “{spec.targets[TARGET].name}” is {policy}",
            20,
            "When its memory is full, the store deletes sessions that are still alive, without a word.",
            "Set maxmemory-policy to noeviction on the target.",
        ),
    )


def room(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    free, needed = analysis.target_state.get("free_bytes"), analysis.sizes.get("bytes", 0)
    if free is None or free >= 2 * needed:
        return ()
    return (
        Finding(
            "session.room",
            "The target has little room",
            f"{free} bytes free, about {needed} needed",
            12,
            "A store that fills up refuses writes in the middle of the copy, or right after the switch.",
            "Give the target at least twice the room that the sessions need.",
        ),
    )


def latency(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    slowest = max(analysis.source_state.get("latency_us", 0), analysis.target_state.get("latency_us", 0))
    if slowest <= SLOW_US:
        return ()
    return (
        Finding(
            "session.latency",
            "A store is slow to answer",
            f"a round trip takes {slowest} microseconds",
            6,
            "Every batch waits for several round trips, also while writes wait at the switch.",
            "Run the workers nearer to both stores, or raise the batch size.",
        ),
    )


def clocks(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    skews = [state.get("clock_skew_ms", 0) for state in (analysis.source_state, analysis.target_state)]
    apart = max(abs(skews[0] - skews[1]), *map(abs, skews))
    if apart <= SKEW_MS:
        return ()
    return (
        Finding(
            "session.clocks",
            "The clocks differ",
            f"the clocks are {apart} ms apart",
            10,
            "A session ends when the store's own clock says so; after the switch that is another clock.",
            "Synchronise the clocks of both stores.",
        ),
    )


def write_pause(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    # Levelling reads both stores once, verifying once more, both at the pace of the copy.
    seconds = 2 * analysis.sizes.get("sessions", 0) // SESSIONS_A_SECOND + spec.parameters["settle_ms"] // 1000
    if seconds <= LONG_PAUSE_SECONDS:
        return ()
    return (
        Finding(
            "session.write_pause",
            "Writes wait for long",
            f"writes wait for about {seconds} s at the switch",
            min(20, 5 + seconds // 10),
            "Requests that write a session are held back until everything is verified.",
            "Move at a quiet time, or let old sessions expire first.",
        ),
    )


def opaque_values(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    opaque = analysis.source_state.get("sample", {}).get("codecs", {}).get("opaque", 0)
    if not opaque or analysis.source_state.get("store") == analysis.target_state.get("store"):
        return ()
    return (
        Finding(
            "session.opaque_values",
            "Values are not looked into",
            f"{opaque} of {analysis.source_state['sample']['size']} sampled values are opaque bytes",
            3,
            "They arrive byte for byte, but nobody checks that your services can read them there.",
            "Declare the codec (JSON or MessagePack) on both targets.",
        ),
    )


def short_lived(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    shortest = analysis.source_state.get("sample", {}).get("shortest_left_ms", -1)
    copy_ms = 1000 * analysis.sizes.get("sessions", 0) // SESSIONS_A_SECOND
    if not 0 <= shortest < copy_ms:
        return ()
    return (
        Finding(
            "session.short_lived",
            "Sessions end during the copy",
            f"the shortest has {shortest} ms left, the copy takes about {copy_ms} ms",
            2,
            "They are not copied, or end on both sides; a wrong clock would show here first.",
            "Nothing needs to be done while the clocks agree.",
        ),
    )


def no_catch_up(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    if spec.parameters["catch_up_passes"]:
        return ()
    return (
        Finding(
            "session.no_catch_up",
            "No catch-up before the switch",
            "catch_up_passes is 0",
            6,
            "Everything that changed since the copy began is then brought over while writes wait.",
            "Set catch_up_passes to 1 or more.",
        ),
    )


def source_removed(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    if not spec.options.get("cleanup_source"):
        return (
            Finding(
                "session.source_kept",
                "The source keeps its sessions",
                f"“{spec.targets[SOURCE].name}” is left as it is",
                -5,
                "Going back then moves only what changed since.",
                "Leave cleanup_source off.",
            ),
        )
    return (
        Finding(
            "session.source_removed",
            "The source is emptied at the end",
            "cleanup_source is on",
            10,
            "Going back then has to bring every session back from the target.",
            "Leave cleanup_source off and clean up some days later.",
        ),
    )


def callers_on_a_node(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    nodes = [
        f"“{state['name']}”" for state in (analysis.source_state, analysis.target_state) if state.get("store") == "beam"
    ]
    if not nodes or spec.options.get("zero_downtime"):
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


def fixed_deadlines(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    sample = analysis.source_state.get("sample", {})
    fixed = sample.get("size", 0) - sample.get("sliding", 0)
    if analysis.target_state.get("store") != "beam" or fixed <= 0:
        return ()
    return (
        Finding(
            "session.fixed_deadlines",
            "Fixed deadlines begin to slide",
            f"{fixed} of {sample['size']} sampled sessions have a deadline of their own",
            5,
            "A node's sessions slide: the first access makes the time that was left the length of each later one.",
            "Give the source's sessions a sliding length, or accept it.",
        ),
    )


def import_by_a_node(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
    if (analysis.target_state.get("store"), analysis.target_state.get("layout")) != ("snapshot", "etf"):
        return ()
    return (
        Finding(
            "session.import_by_a_node",
            "A node makes the sessions anew",
            f"“{spec.targets[TARGET].name}” is a file for a node to import",
            5,
            "By its own public calls a node creates sessions that keep deadline, metadata and programs. They begin at "
            "the import, and what was left of one becomes its sliding length: a later access adds that and no more.",
            "Let the workers reach the node and write to it: then sessions keep their times. Else accept it.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    amount,
    eviction,
    room,
    latency,
    clocks,
    write_pause,
    opaque_values,
    short_lived,
    no_catch_up,
    source_removed,
    callers_on_a_node,
    fixed_deadlines,
    import_by_a_node,
)
