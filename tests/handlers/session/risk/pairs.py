"""Every session rule with what raises it and what lowers it."""

from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import RiskCase
from migrations_app.engine.plan import Step, Target
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.session.risk import amounts, contents, nodes, procedure, stores
from tests.handlers.session.risk_cases import SOURCE, TARGET, analysis, spec
from tests.risk_pairs import Pair

OPAQUE = {"size": 10, "unreadable": {}, "codecs": {"opaque": 10}, "shortest_left_ms": 900_000}
ENDING = {"size": 10, "unreadable": {}, "codecs": {"json": 10}, "shortest_left_ms": 500}
ENDLESS = {**ENDING, "shortest_left_ms": 900_000, "without_deadline": 3}
BROKEN = {**OPAQUE, "unreadable": {"no JSON": 2}}
FILE_FOR_A_NODE = {"store": "snapshot", "layout": "etf"}
CALLS = {"store": "beam", "layout": "calls"}
GIB = 1 << 30


def look(source: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **sizes: int) -> RiskCase:
    return RiskCase(spec(), analysis(source, target, sizes))


def chosen(parameters: dict[str, Any] | None = None, **options: Any) -> RiskCase:
    return RiskCase(spec(options, parameters), analysis())


def between(source: dict[str, Any], target: dict[str, Any]) -> RiskCase:
    """Their configurations, over those of a calm case."""
    targets = {"source": configured(SOURCE, source), "target": configured(TARGET, target)}
    return RiskCase(spec(targets=targets), analysis())


def configured(target: Target, config: dict[str, Any]) -> Target:
    return replace(target, config={**target.config, **config})


def copying(seconds: int) -> RiskCase:
    step = Step("transfer", StepKind.MIGRATION, "Copy", "transfer", estimated_seconds=seconds, partitioned=True)
    return replace(look({"sample": ENDING}), steps=(step,))


LEFT = RiskCase(spec(parameters={"unreadable": "leave"}), analysis({"sample": BROKEN}))
STOPPED = RiskCase(spec(parameters={"unreadable": "stop"}), analysis({"sample": BROKEN}))
ON_A_NODE = replace(TARGET, config={"store": "beam", "node": "snakepit@10.0.0.5"})
TO_A_NODE = RiskCase(spec(targets={"source": SOURCE, "target": ON_A_NODE}), analysis())
NODE = replace(SOURCE, config={**ON_A_NODE.config, "gateway": "http://10.0.0.6:8440"})
TERMS = replace(TARGET, config={"store": "redis", "host": "127.0.0.1", "codec": "etf"})
HANDED_OVER = RiskCase(spec({"zero_downtime": True}, targets={"source": NODE, "target": TARGET}), analysis())
HANDED_OVER_TO_REDIS = RiskCase(spec({"zero_downtime": True}, targets={"source": NODE, "target": TERMS}), analysis())

AMOUNTS = [
    Pair(amounts.amount, look(sessions=250_000), look(sessions=99_999)),
    Pair(amounts.volume, look(bytes=2 * GIB), look(bytes=GIB - 1)),
    Pair(amounts.large_values, look({"mean_bytes": 200_000}), look({"mean_bytes": 2_000})),
    Pair(amounts.room, look(target={"free_bytes": 9_999}), look(target={"free_bytes": 10_000})),
    Pair(amounts.memory, look(target={"machine_free_bytes": 19_999}), look(target={"machine_free_bytes": 20_000})),
    Pair(amounts.write_pause, look(sessions=80_000), look(sessions=8_000)),
    Pair(
        amounts.write_pause, look(sessions=80_000), replace(look(sessions=80_000), spec=spec({"zero_downtime": True}))
    ),
    Pair(amounts.short_lived, look({"sample": ENDING}, sessions=20_000), look({"sample": ENDING}, sessions=2_000)),
    Pair(amounts.short_lived, copying(seconds=1), copying(seconds=0)),
]
STORES = [
    Pair(
        stores.eviction, look(target={"eviction_policy": "allkeys-lru"}), look(target={"eviction_policy": "noeviction"})
    ),
    Pair(stores.latency, look({"latency_us": 20_000}), look({"latency_us": 900})),
    Pair(stores.clocks, look({"clock_skew_ms": -700}, {"clock_skew_ms": 700}), look({"clock_skew_ms": -7})),
    Pair(
        stores.unencrypted,
        between({"host": "cache.internal"}, {}),
        between({"host": "cache.internal", "tls": True}, {}),
    ),
    Pair(stores.unencrypted, between({"host": "10.0.0.7"}, {}), between({"host": "127.0.0.1"}, {})),
    Pair(stores.shared_target, look(target={"other_records": 5_000}), look(target={"other_records": 3})),
    Pair(stores.replica, look({"replica": True}), look({"replica": False})),
    Pair(stores.replica_lag, look({"replica_lag_ms": 9_000}), look({"replica_lag_ms": 0})),
    Pair(stores.durability, look({"durable": True}, {"durable": False}), look({"durable": True}, {"durable": True})),
    Pair(stores.durability, look(target={"durable": False}), look({"durable": False}, {"durable": False})),
    Pair(stores.no_fences, TO_A_NODE, between({}, {})),
]
NODES = [
    Pair(nodes.callers_on_a_node, look({"store": "beam"}), look({"store": "redis"})),
    Pair(nodes.renewed_by_reading, look(CALLS), look({"store": "beam", "layout": "ets"})),
    Pair(nodes.length_becomes_rest, look(target={"layout": "calls"}), look({"layout": "calls"}, {"layout": "ets"})),
    Pair(nodes.import_by_a_node, look(target=FILE_FOR_A_NODE), look(target={"store": "beam", "layout": "ets"})),
    Pair(nodes.way_of_the_node, HANDED_OVER, HANDED_OVER_TO_REDIS),
]
CONTENTS = [
    Pair(contents.opaque_values, look({"sample": OPAQUE}), look()),
    Pair(
        contents.fixed_deadlines,
        look({"sample": {"size": 10, "sliding": 4}}, {"store": "beam"}),
        look({"sample": {"size": 10, "sliding": 10}}, {"store": "beam"}),
    ),
    Pair(
        contents.codecs, between({"codec": "json"}, {"codec": "msgpack"}), between({"codec": "json"}, {"codec": "json"})
    ),
    Pair(contents.value_meaning, between({}, {"value_type": "jsonb"}), between({}, {"value_type": "bytea"})),
    Pair(contents.endless, look({"sample": ENDLESS}), look()),
    Pair(contents.left_behind, LEFT, STOPPED),
]
PROCEDURE = [
    Pair(procedure.no_catch_up, chosen({"catch_up_passes": 0}), chosen({"catch_up_passes": 1})),
    Pair(procedure.no_catch_up, chosen({"catch_up_passes": 0}), chosen({"catch_up_passes": 0}, zero_downtime=True)),
    Pair(procedure.source_removed, chosen(cleanup_source=True), chosen(cleanup_source=False)),
]
PAIRS = [*AMOUNTS, *STORES, *NODES, *CONTENTS, *PROCEDURE]
