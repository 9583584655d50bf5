"""Adapters: modules and Python classes that went, and the class that runs where none is named."""

from collections.abc import Iterator

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Change, Ground
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.schema import adapters
from migrations_app.configuration.schema.adapters import GRPC_PYTHON
from migrations_app.configuration.values import Literal, Module, Table


def _successors(until: str) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        for named, gone in adapters.gone(ground.configuration, ground.to):
            if gone.until == until and gone.successor:
                reason = (
                    f"{named.name} is gone: {gone.why}. The Python side has to be an adapter with `execute_tool`; "
                    "command handlers of before do not fit."
                )
                new = Module(gone.successor)
                yield Change(named.key, named.value.span, ground.replace(named.value, new), reason)

    return Rule(
        f"adapter-module-{until}",
        until,
        Manner.AUTOMATIC,
        "adapter modules that went become `Snakepit.Adapters.GRPCPython`",
        "The adapter module is gone.",
        forward,
        WayBack.SNAPSHOT,
        leftovers=True,
    )


def _without_successor(until: str) -> Rule:
    def forward(ground: Ground) -> Iterator[Change]:
        for named, gone in adapters.gone(ground.configuration, ground.to):
            if gone.until == until and not gone.successor:
                reason = f"{named.name} is gone and {gone.why}. Write an adapter of your own and name it here."
                yield Change(named.key, named.value.span, reason=reason)

    return Rule(
        f"adapter-without-successor-{until}",
        until,
        Manner.MANUAL,
        "adapters that went without a successor",
        "The adapter is gone, and nothing takes its place.",
        forward,
        leftovers=True,
    )


def _names_no_class(ground: Ground) -> Iterator[Change]:
    """Up to 0.4.0 the default adapter was another one than from 0.4.2 on."""
    for environment in ground.pooling():
        module = ground.places.standing("adapter_module", environment)
        if module is None or not isinstance(module.value, Literal) or module.value.value != Module(GRPC_PYTHON):
            continue
        if "adapter_args" not in ground.places.merged("pool_config", environment):
            yield Change("pool_config.adapter_args", module.key_span)


def _top_level(ground: Ground) -> Iterator[Change]:
    for setting in ground.of("adapter_args"):
        yield Change("adapter_args", setting.key_span)


def _mixed(ground: Ground) -> Iterator[Change]:
    """A literal `--max-workers` of one pool chose the threaded server for all of them up to 0.12.0."""
    for setting in ground.of("pools"):
        if isinstance(setting.value, Table) or not hasattr(setting.value, "items"):
            continue
        pools = [pool for pool in setting.value.items if isinstance(pool, Table)]
        threaded = [
            pool for pool in pools if (args := pool.get("adapter_args")) and "--max-workers" in ground.text(args.span)
        ]
        if threaded and len(threaded) < len(pools):
            yield Change("pools", threaded[0].span)


RULES = (
    _successors("0.4.0"),
    _without_successor("0.4.0"),
    _successors("0.4.2"),
    _without_successor("0.4.2"),
    Rule(
        "default-adapter",
        "0.4.2",
        Manner.WARN,
        "workers without `adapter_args` run the showcase adapter",
        "No Python adapter is named. Up to 0.4.0 workers then ran Snakepit's streaming or enhanced adapter; from "
        "0.4.2 on they run the showcase adapter. Name your own in `adapter_args`.",
        _names_no_class,
    ),
    Rule(
        "adapter-args-at-the-top",
        "0.6.0",
        Manner.WARN,
        "`adapter_args` at the top level never worked",
        "`adapter_args` at the top level has never been read: workers run the showcase adapter instead of yours. "
        "It is left as it is, because moving it into `pool_config` changes which adapter runs.",
        _top_level,
        leftovers=True,
    ),
    Rule(
        "threaded-server-per-pool",
        "0.13.0",
        Manner.WARN,
        "`--max-workers` chooses the threaded server for its own pool only",
        "One pool has `--max-workers` among its arguments. Up to 0.12.0 that gave the threaded Python server to every "
        "pool; from 0.13.0 on the others get the plain one.",
        _mixed,
    ),
)
